"""A graph that several parties built together, as its folder: `config.toml`, `together.json`, `journal.jsonl`, `story.json`.

The journal holds what passed, by name and bytes, as a run's does. The story is for the viewer of a demonstration, where all parties live on one machine: it
also knows what stayed at home, which in a deployment each party would see of itself alone.
"""

import re
import secrets
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import ValidationError

from fedviz import __version__
from fedviz.carriers.home import data_home
from fedviz.core import events as e
from fedviz.core.config import RunConfig
from fedviz.core.errors import FedvizError, InputError, UnknownNameError
from fedviz.core.files import write_atomic
from fedviz.core.passed import Content, Passed
from fedviz.core.types import ClientInfo, Record
from fedviz.kg.store import folder as graphs
from fedviz.kg.store.memory import relation_name
from fedviz.runs.journal import JournalWriter, read

if TYPE_CHECKING:
    from fedviz.federation.together.fusion import Fused
    from fedviz.federation.together.options import TogetherOptions
    from fedviz.federation.together.party import Home

_ID = re.compile(r"[a-z0-9]{8,32}\Z")
Fate = Literal["released", "refused", "bounded", "few", "noise"]
"""What became of a party's triple: it left; its relation is not consented to; it is more than the unit may add; too few parties hold it; its noisy count stayed below the threshold."""
Progress = Callable[[int, int, str], None]


class LocalRow(Record):
    """A triple of a party's own graph, by names: how many of its texts say it, and what became of it."""

    head: str
    relation: str
    tail: str
    support: int
    fate: Fate


class FusedRow(Record):
    """A triple of the fused graph: compact ids and names, the parties that hold it (empty where that is not told), the count that released it, whether it is disputed."""

    head: str
    relation: str
    tail: str
    head_name: str
    tail_name: str
    parties: tuple[int, ...]
    count: int
    disputed: bool


class PartyStory(Record):
    """One party: its texts and graph, what the fused graph gave it, and the first of the tags that it sent (hexadecimal)."""

    client: int
    name: str
    texts: int
    rows: tuple[LocalRow, ...]
    new_triples: int
    new_entities: int
    known_before: int
    known_after: int
    test_texts: int
    tags: tuple[str, ...] = ()

    @property
    def fates(self) -> dict[Fate, int]:
        """How many of its triples met which fate."""
        return dict(Counter(row.fate for row in self.rows))


class Story(Record):
    """A construction, told. `threshold`: of the private rule, 0 elsewhere. `graph`, `digest`: where the fused graph lies in the store."""

    id: str
    title: str
    scenario: str
    party_word: str
    graph: str
    digest: str
    options: dict[str, str | int | float | list[str]]
    threshold: int
    parties: tuple[PartyStory, ...]
    fused: tuple[FusedRow, ...]

    def contradictions(self) -> list[tuple[str, str, tuple[FusedRow, ...]]]:
        """(subject, relation, the triples that contradict each other), most disputed first."""
        groups: dict[tuple[str, str], list[FusedRow]] = {}
        for row in self.fused:
            if row.disputed:
                groups.setdefault((row.head, row.relation), []).append(row)
        ordered = sorted(groups.values(), key=lambda rows: (-len(rows), rows[0].head_name))
        return [(rows[0].head_name, rows[0].relation, tuple(sorted(rows, key=lambda row: -row.count))) for rows in ordered]


def root() -> Path:
    """The folder of all constructions. It need not exist yet."""
    return data_home() / "together"


def stories() -> tuple[str, ...]:
    """Ids of the constructions that are complete, newest first."""
    found = [path.parent for path in root().glob("*/story.json") if _ID.match(path.parent.name)]
    return tuple(path.name for path in sorted(found, key=lambda path: (-(path / "story.json").stat().st_mtime, path.name)))


def story(name: str) -> Story:
    """A construction; `UnknownNameError` where there is none, `InputError` where its file is damaged."""
    if name not in stories():
        raise UnknownNameError("construction", name, stories())
    try:
        return Story.model_validate_json((root() / name / "story.json").read_bytes())
    except (OSError, ValidationError, ValueError):
        raise InputError(f"The story of the construction {name} is damaged; build it again.") from None


def book(name: str) -> tuple[tuple[Content, ...], tuple[Passed, ...]]:
    """What every message of a construction looked like, and how many passed at each party."""
    contents: list[Content] = []
    sums: dict[tuple[int, str], tuple[int, int]] = {}
    for event in read(root() / name / "journal.jsonl"):
        if isinstance(event, e.MessagesPassed):
            contents += event.contents
            for row in event.rows:
                count, size = sums.get((row.client, row.content), (0, 0))
                sums[row.client, row.content] = count + row.messages, size + row.bytes
    return tuple(contents), tuple(Passed(client, content, *both) for (client, content), both in sorted(sums.items()))


def whole(config: RunConfig) -> RunConfig:
    """The configuration with all training texts: a demonstration that trains on few labels still has all its texts to read."""
    return config.updated({"scenario.labels_per_class": 0})


def build(config: RunConfig, options: "TogetherOptions", title: str = "", graph: str = "", progress: Progress = lambda done, total, step: None, cancelled: Callable[[], bool] = lambda: False) -> Story:
    """Build a graph with the parties of a configuration's scenario. `graph`: its name in the store (by default of the title); it must not be there yet.

    Raises `InputError` where somebody cancels: then no graph and no story is left, and the journal says what had left by then.
    """
    from fedviz.core.registry import SCENARIOS
    from fedviz.federation.grid import Stopped

    title = title.strip()[:120] or f"Together: {config.scenario.name}"
    graph = graph or graphs.slug(title)
    if graph in {info.name for info in graphs.list_graphs()}:
        raise InputError(f"There is a graph named {graph!r} already; choose another name.")
    graphs.graph_folder(graph)
    place = root() / secrets.token_hex(6)
    write_atomic(place / "config.toml", config.to_toml())
    write_atomic(place / "together.json", options.model_dump_json(indent=1))
    start = time.perf_counter()
    with JournalWriter(place / "journal.jsonl") as journal:
        journal.append(e.RunQueued(run_id=place.name, title=title, config_digest=config.digest(), fedviz_version=__version__))

        done = 0

        def emit(event: e.Event) -> None:
            nonlocal done
            done += isinstance(event, e.RoundEnded)
            journal.append(event)

        def ended(status: e.RunStatus, reason: str = "", digest: str = "") -> None:
            journal.append(e.RunEnded(status=status, reason=reason, rounds_done=done, elapsed_s=time.perf_counter() - start, weights_digest=digest))

        try:
            told = _build(place, title, graph, config, options, emit, progress, cancelled)
        except Stopped:
            ended("cancelled")
            raise InputError("The construction was cancelled; what had left the parties by then stands in its journal, and no graph was made.") from None
        except FedvizError as error:
            ended("failed", str(error))
            raise
        told = told.model_copy(update={"party_word": SCENARIOS.get(config.scenario.name).party_word})
        write_atomic(place / "story.json", told.model_dump_json())
        ended("finished", digest=told.digest)
    return told


def _build(place: Path, title: str, graph: str, config: RunConfig, options: "TogetherOptions", emit: Callable[[e.Event], None], progress: Progress, cancelled: Callable[[], bool]) -> Story:
    from flwr.app import Message

    from fedviz.federation.client_app import client_contexts
    from fedviz.federation.contents import Contents
    from fedviz.federation.grid import InProcessGrid, Stopped
    from fedviz.federation.together.gain import gain
    from fedviz.federation.together.keep import keep
    from fedviz.federation.together.local import at_home
    from fedviz.federation.together.party import Home, client_app
    from fedviz.federation.together.release import Budget
    from fedviz.federation.together.server import Server
    from fedviz.federation.together.wire import Told, sample
    from fedviz.scenarios import load as scenarios

    def check(done: int, step: str) -> None:
        if cancelled():
            raise Stopped
        progress(done, 3 * total + 1, step)

    total = config.federation.clients
    data = scenarios.load(config)
    shards = scenarios.shards(config, data)
    homes: list[Home] = []
    for client, rows in enumerate(shards.train):
        check(client, shards.names[client])
        texts, labels = [data.train.texts[row] for row in rows], [data.classes[data.train.labels[row]] for row in rows]
        homes.append(Home(at_home(client, shards.names[client], texts, labels, data.graph, options), options, config.seed))
    infos = tuple(ClientInfo(index=k, name=name, train_examples=len(shards.train[k]), test_examples=len(shards.test[k])) for k, name in enumerate(shards.names))
    rounds = 2 if options.rule == "consent" else 3 if options.alignment == "keyed" else 4
    emit(e.RunStarted(rounds=rounds, first_round=1, classes=data.classes, clients=infos, trainable_parameters=0, total_parameters=0, message_bytes=0))
    books, learned, tags = Contents(), dict[int, tuple[Told, ...]](), dict[int, tuple[str, ...]]()

    def before(client: int, message: Message) -> None:
        check(total + client, shards.names[client])
        books.saw(client, message, "received")

    def after(client: int, reply: Message) -> None:
        if not reply.has_error():
            books.saw(client, reply, "sent")
            tags.setdefault(client, sample(reply))

    grid = InProcessGrid(client_app(homes, learned.__setitem__), client_contexts(total), before, after)
    fused = Server(grid, options, config.seed, emit, lambda number: _some(books.closed(number))).run()
    parties = []
    for client, home in enumerate(homes):
        check(2 * total + client, shards.names[client])
        texts, test = ([part.texts[row] for row in rows[client]] for part, rows in ((data.train, shards.train), (data.test, shards.test)))
        had = gain(home.local, learned.get(client, ()), texts, test, data.graph, options.functional)
        parties.append(
            PartyStory(
                client=client, name=shards.names[client], texts=len(texts), rows=_rows(home, fused, options), new_triples=had.triples, new_entities=had.entities,
                known_before=had.before, known_after=had.after, test_texts=had.test_texts, tags=tags.get(client, ()),
            )
        )  # fmt: skip
    check(3 * total, title)
    digest = keep(graph, title, fused, shards.names, options)
    threshold = Budget(options.epsilon, options.delta, options.most).threshold if options.rule == "private" else 0
    return Story(
        id=place.name, title=title, scenario=config.scenario.name, party_word="client", graph=graph, digest=digest, options=options.model_dump(mode="json"),
        threshold=threshold, parties=tuple(parties), fused=_fused(fused),
    )  # fmt: skip


def _some(books: e.MessagesPassed) -> e.MessagesPassed | None:
    return books if books.rows else None


def _rows(home: "Home", fused: "Fused", options: "TogetherOptions") -> tuple[LocalRow, ...]:
    """The party's triples with their fate, what is released and what many texts say first."""
    local, released, offered = home.local, {entry.name for entry in fused.told}, home.local.contributions(options)
    rows = []
    for said, held in local.held.items():
        name, relation = local.called(said), relation_name(said.predicate)
        fate: Fate = "few" if options.rule == "parties" else "noise"
        if not options.consents(relation, local.client):
            fate = "refused"
        elif name in released:
            fate = "released"
        elif name not in offered:
            fate = "bounded"
        rows.append(LocalRow(head=local.names[said.subject], relation=relation, tail=local.names[said.object], support=held.support, fate=fate))
    return tuple(sorted(rows, key=lambda row: (row.fate != "released", -row.support, row.head, row.relation, row.tail)))


def _fused(fused: "Fused") -> tuple[FusedRow, ...]:
    from fedviz.kg.store.terms import compact

    return tuple(
        FusedRow(
            head=compact(entry.triple.head), relation=relation_name(entry.triple.relation), tail=compact(entry.triple.tail), head_name=entry.triple.head_name,
            tail_name=entry.triple.tail_name, parties=entry.parties, count=entry.count, disputed=entry.disputed,
        )
        for entry in fused.told
    )  # fmt: skip

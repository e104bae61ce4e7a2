"""A comparison of federated embeddings as its folder: `options.json`, `journal.jsonl` (what passed, by way), `story.json` (what came of it)."""

import re
import secrets
import statistics
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from pydantic import ValidationError

from fedviz import __version__
from fedviz.carriers.home import data_home
from fedviz.core import events as e
from fedviz.core.errors import FedvizError, InputError, UnknownNameError
from fedviz.core.files import write_atomic
from fedviz.core.i18n import N_
from fedviz.core.passed import Content, Passed
from fedviz.core.types import ClientInfo, Record
from fedviz.kg.embed.ranking import Ranking
from fedviz.kg.store.change import Cancelled
from fedviz.kg.store.store import GraphStore
from fedviz.runs.journal import JournalWriter, read

if TYPE_CHECKING:
    from fedviz.federation.embeddings.options import FederatedOptions
    from fedviz.federation.embeddings.parties import Party
    from fedviz.kg.embed.triples import Indexed

ISOLATION, POOLED = "isolation", "pooled"
MAX_TRIPLES = 50_000
_ID = re.compile(r"[a-z0-9]{8,32}\Z")
_FIXED = {"batch": 1024, "negatives": 64, "rate": 0.2, "every": 5, "patience": 3}
"""As in `bench embeddings`."""
Progress = Callable[[int, int, str], None]


class Found(Record):
    """How well a party's held-out triples were ranked in one repetition of one way."""

    way: str
    repetition: int
    party: int
    ranking: Ranking


class Attacked(Record):
    """The attack on what the first party sent: area under the ROC curve, the same with permuted rows, and over how many triples."""

    way: str
    repetition: int
    auc: float
    control: float
    triples: int


class EmbeddingStory(Record):
    """A comparison, told. `parties`: names (empty where the graph was dealt); `triples` [party]: what each learned from in the first repetition."""

    id: str
    title: str
    graph: str
    digest: str
    options: dict[str, str | int | float]
    parties: tuple[str, ...]
    triples: tuple[int, ...]
    found: tuple[Found, ...]
    attacks: tuple[Attacked, ...]

    @property
    def ways(self) -> tuple[str, ...]:
        """The ways in the order in which they were tried; pooling last."""
        return tuple(dict.fromkeys(entry.way for entry in self.found))

    def over(self, way: str, measure: str, party: int | None = None) -> tuple[float, float | None]:
        """Mean and sample standard deviation over repetitions of a measure of `Ranking`, of one party or over all ranks."""
        return spread(self._each(way, measure, party))

    def gain(self, way: str) -> tuple[float, float | None]:
        """MRR above isolation, in the same repetitions."""
        return spread([one - alone for one, alone in zip(self._each(way, "mrr", None), self._each(ISOLATION, "mrr", None), strict=True)])

    def attack(self, way: str) -> tuple[tuple[float, float | None], tuple[float, float | None]] | None:
        """(AUC, control) of the attack over repetitions; None where nothing was sent."""
        rows = [entry for entry in self.attacks if entry.way == way]
        return (spread([row.auc for row in rows]), spread([row.control for row in rows])) if rows else None

    def _each(self, way: str, measure: str, party: int | None) -> list[float]:
        groups: dict[int, list[Ranking]] = {}
        for entry in self.found:
            if entry.way == way and party in (None, entry.party):
                groups.setdefault(entry.repetition, []).append(entry.ranking)
        return [sum(getattr(one, measure) * one.count for one in some) / max(1, sum(one.count for one in some)) for some in groups.values()]


class Book(NamedTuple):
    """What passed in one way: what messages looked like, and how many of them at each party."""

    contents: tuple[Content, ...]
    passed: tuple[Passed, ...]


def spread(values: Sequence[float]) -> tuple[float, float | None]:
    """Mean and sample standard deviation (None of a single value)."""
    return statistics.mean(values), statistics.stdev(values) if len(values) > 1 else None


def root() -> Path:
    """The folder of all comparisons. It need not exist yet."""
    return data_home() / "embeddings"


def stories() -> tuple[str, ...]:
    """Ids of the comparisons that are complete, newest first."""
    found = [path.parent for path in root().glob("*/story.json") if _ID.match(path.parent.name)]
    return tuple(path.name for path in sorted(found, key=lambda path: (-(path / "story.json").stat().st_mtime, path.name)))


def story(name: str) -> EmbeddingStory:
    """A comparison; `UnknownNameError` where there is none, `InputError` where its file is damaged."""
    if name not in stories():
        raise UnknownNameError("comparison", name, stories())
    try:
        return EmbeddingStory.model_validate_json((root() / name / "story.json").read_bytes())
    except (OSError, ValidationError, ValueError):
        raise InputError(f"The comparison {name} is damaged; compare again.") from None


def book(name: str, way: int) -> Book:
    """What passed in the way of that number (from 1) in the first repetition."""
    passed = [event for event in read(root() / name / "journal.jsonl") if isinstance(event, e.MessagesPassed) and event.round == way]
    return Book(tuple(content for event in passed for content in event.contents), tuple(row for event in passed for row in event.rows))


def compare(graph: str, options: "FederatedOptions", progress: Progress = lambda done, total, step: None, cancelled: Callable[[], bool] = lambda: False) -> EmbeddingStory:
    """Train on a graph of the data folder in isolation, by FedE, FedR, both and pooled, attack what was sent, and write it all down.

    Raises `InputError` where the graph has too little or too much, and `Cancelled`: then the journal says what had passed by then, and no story is left.
    """
    store = GraphStore(graph)
    whole, names, held = _read(store, options)
    place = root() / secrets.token_hex(6)
    write_atomic(place / "options.json", options.model_dump_json(indent=1))
    start = time.perf_counter()
    with JournalWriter(place / "journal.jsonl") as journal:
        journal.append(e.RunQueued(run_id=place.name, title=store.info.title, config_digest=store.digest, fedviz_version=__version__))

        def ended(status: e.RunStatus, reason: str = "", digest: str = "") -> None:
            journal.append(e.RunEnded(status=status, reason=reason, rounds_done=0, elapsed_s=time.perf_counter() - start, weights_digest=digest))

        try:
            told = _compare(place.name, store, options, whole, names, held, journal.append, progress, cancelled)
        except Cancelled:
            ended("cancelled")
            raise
        except FedvizError as error:
            ended("failed", str(error))
            raise
        write_atomic(place / "story.json", told.model_dump_json())
        ended("finished", digest=told.digest)
    return told


def _read(store: GraphStore, options: "FederatedOptions") -> tuple["Indexed", tuple[str, ...], list[set[tuple[str, str, str]]]]:
    """The graph as numbers, and where its sources' parties hold it, their names and triples."""
    from fedviz.kg.embed.propose import linked
    from fedviz.kg.embed.triples import indexed

    if store.info.triples > 4 * MAX_TRIPLES:
        raise InputError(f"Embeddings are compared on graphs of at most {4 * MAX_TRIPLES:,} statements, but {store.info.title!r} has {store.info.triples:,}.")
    links = linked(store.match(statuses=("asserted",)))
    if len(links) > MAX_TRIPLES:
        raise InputError(f"Embeddings are compared on at most {MAX_TRIPLES:,} links, but {store.info.title!r} has {len(links):,}.")
    if options.by != "party":
        return indexed(links), (), []
    wanted, parties = set(links), {source.key: source.party for source in store.info.sources if source.party}
    held: dict[str, set[tuple[str, str, str]]] = {}
    for row, key, _status in store.said(statuses=("asserted",), sources=parties):
        if row in wanted:
            held.setdefault(parties[key], set()).add(tuple(row))
    if len(held) < 2:
        raise InputError(f"The sources of this graph belong to {len(held)} parties; embeddings are learned together by two or more.")
    return indexed(row for rows in held.values() for row in rows), tuple(held), list(held.values())


def _dealt(whole: "Indexed", held: Sequence[Iterable[tuple[str, str, str]]], options: "FederatedOptions", seed: int) -> tuple["Party", ...]:
    import numpy as np

    from fedviz.federation.embeddings.parties import deal, owned

    if options.by != "party":
        return deal(whole, options.parties, options.by, options.share, seed)
    entity, relation = ({name: number for number, name in enumerate(names)} for names in (whole.entities, whole.relations))
    return owned(whole, [np.array(sorted((entity[h], relation[r], entity[t]) for h, r, t in rows), dtype=np.int64) for rows in held], seed)


def _compare(
    name: str, store: GraphStore, options: "FederatedOptions", whole: "Indexed", names: tuple[str, ...], held: Sequence[Iterable[tuple[str, str, str]]],
    emit: Callable[[e.Event], object], progress: Progress, cancelled: Callable[[], bool],
) -> EmbeddingStory:  # fmt: skip
    from fedviz.federation.contents import Contents
    from fedviz.federation.embeddings.inference import infer
    from fedviz.federation.embeddings.parties import pooled
    from fedviz.federation.embeddings.rounds import WAYS, federate
    from fedviz.kg.embed.models import ENTITY, RELATION, model_of
    from fedviz.kg.embed.ranking import judged
    from fedviz.kg.embed.training import EmbedOptions

    found: list[Found] = []
    attacks: list[Attacked] = []
    sizes = {ENTITY: len(whole.entities), RELATION: len(whole.relations)}
    steps, triples = options.repetitions * (len(WAYS) + 1), tuple[int, ...]()
    for repetition in range(options.repetitions):
        seed = options.seed + repetition
        parties = _dealt(whole, held, options, seed)
        own = EmbedOptions(**_FIXED, model=options.model, width=options.width, epochs=options.epochs, seed=seed)
        if repetition == 0:
            triples = tuple(len(party.parts.train) for party in parties)
            infos = tuple(ClientInfo(index=k, name=names[k] if names else str(k + 1), train_examples=count, test_examples=len(parties[k].parts.test)) for k, count in enumerate(triples))
            emit(e.RunStarted(rounds=len(WAYS), first_round=1, classes=(), clients=infos, trainable_parameters=0, total_parameters=0, message_bytes=0))
        for number, (way, shared) in enumerate((WAYS | {POOLED: ()}).items(), 1):
            books = Contents()

            def told(done: int, total: int, step: int = repetition * (len(WAYS) + 1) + number - 1, way: str = way) -> None:
                if cancelled():
                    raise Cancelled(N_("The comparison was cancelled; what had passed by then stands in its journal."))
                progress(step * total + done, steps * total, way)

            told(0, options.epochs)
            if way == POOLED:
                tables = federate([pooled(whole, parties)], sizes, (), own, 1, told).kept[0]
                rankings = tuple(judged(model_of(own.model), party.mine(tables), party.parts.test, party.known) for party in parties)
            else:
                result = federate(parties, sizes, shared, own, 1, told, books.saw)
                rankings = result.judged
                if repetition == 0:
                    emit(books.closed(number))
                if shared:
                    seen = infer(parties[0], result.sent[0], own, options.hints, seed)
                    attacks.append(Attacked(way=way, repetition=repetition, auc=seen.auc, control=seen.control, triples=seen.triples))
            found += [Found(way=way, repetition=repetition, party=party, ranking=ranking) for party, ranking in enumerate(rankings)]
    return EmbeddingStory(
        id=name, title=store.info.title, graph=store.name, digest=store.digest, options=options.model_dump(mode="json"), parties=names, triples=triples, found=tuple(found), attacks=tuple(attacks)
    )

"""Missing links of a graph on disk, proposed with their score and never added: what a person decides about them is kept by `decide`.

Entities and values take part alike: a value (a literal) is a possible answer where its relation has few of them, each used more than once, as kinds and
units have; so missing attributes are proposed as missing links are. Names, synonyms and definitions take no part.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from typing import NamedTuple

import numpy as np

from fedviz.core.errors import InputError
from fedviz.core.types import Record
from fedviz.kg.embed.models import ENTITY, RELATION
from fedviz.kg.embed.ranking import Ranking, judged
from fedviz.kg.embed.training import EmbedOptions, Trained, train
from fedviz.kg.embed.triples import Indexed, Known, Rows, indexed, split
from fedviz.kg.store.memory import DEFINITIONS, KIND, LABELS, SYNONYMS
from fedviz.kg.store.store import GraphStore
from fedviz.kg.store.terms import Statement, is_iri

HELD_OUT = 0.1
"""Share of the triples that training stops by, and as many that it is judged by."""
MAX_TRIPLES, MAX_ENTITIES, MAX_VALUES = 200_000, 30_000, 50
METHOD = "link prediction"
_CHUNK = 512
_DEEP = 5
"""Answers that are looked at for each question."""


class Proposal(Record):
    """A statement that the graph lacks and its embeddings find likely.

    `score`: of the model, comparable within one training alone; `tail_rank`, `head_rank`: its place among all unknown answers to (subject, predicate, ?) and to
    (?, predicate, object); `share`: the part of these unknown answers that it beats, the smaller of the two, in [0, 1]. None of them is a probability.
    """

    subject: str
    predicate: str
    object: str
    score: float
    share: float
    tail_rank: int
    head_rank: int

    @property
    def statement(self) -> Statement:
        """What it would say."""
        return Statement(self.subject, self.predicate, self.object)

    @property
    def method(self) -> str:
        """How it was found."""
        return METHOD

    @property
    def confidence(self) -> float:
        """Its share, for want of a probability."""
        return self.share


class Trust(NamedTuple):
    """How the embeddings rank held-out triples of one relation, and how many triples of it they learned from."""

    predicate: str
    learned: int
    ranking: Ranking


class Proposed(NamedTuple):
    """Proposals, likeliest first; how well held-out triples were found, over all and for each relation; and how long training took, in epochs."""

    proposals: tuple[Proposal, ...]
    test: Ranking
    relations: tuple[Trust, ...]
    epochs: int
    triples: int


def linked(statements: Iterable[Statement]) -> list[Statement]:
    """The statements that embeddings can learn from: links between things, and values that several things share."""
    aside = {*LABELS, *SYNONYMS, *DEFINITIONS, KIND}
    links: list[Statement] = []
    values: dict[str, list[Statement]] = {}
    for row in statements:
        if row.predicate in aside:
            continue
        if is_iri(row.object):
            links.append(row)
        else:
            values.setdefault(row.predicate, []).append(row)
    for rows in values.values():
        counts = Counter(row.object for row in rows)
        if len(counts) <= MAX_VALUES and min(counts.values()) > 1:
            links += rows
    return links


def propose(
    store: GraphStore, options: EmbedOptions, count: int = 50, predicate: str = "", progress: Callable[[int, int], None] = lambda done, total: None
) -> Proposed:
    """Train on a graph's active statements and give its `count` likeliest missing ones, of one predicate (a term) or ("") of all. Nothing is written.

    `InputError` where the graph is too large for that, has no links, or has none of that predicate.
    """
    graph = indexed(linked(store.match()))
    if len(graph.rows) > MAX_TRIPLES or len(graph.entities) > MAX_ENTITIES:
        raise InputError(
            f"Links are predicted in graphs of at most {MAX_TRIPLES:,} triples and {MAX_ENTITIES:,} entities, but this one has {len(graph.rows):,} and {len(graph.entities):,}."
        )
    if predicate and predicate not in graph.relations:
        raise InputError(f"The graph has no links of the relation {predicate[:80]}.")
    parts = split(graph.rows, HELD_OUT, options.seed)
    found = train(parts, len(graph.entities), len(graph.relations), options, progress)
    every = Known(graph.rows, len(graph.entities), len(graph.relations))
    rejected = _rows_of(graph, store.match(statuses=("rejected",)))
    taken = Known(np.concatenate([graph.rows, rejected]), len(graph.entities), len(graph.relations))
    kinds = [graph.relations.index(predicate)] if predicate else range(len(graph.relations))
    trust = tuple(
        Trust(graph.relations[kind], int((parts.train[:, 1] == kind).sum()), judged(found.model, found.tables, parts.test[parts.test[:, 1] == kind], every)) for kind in kinds
    )
    return Proposed(_likeliest(graph, found, taken, kinds, count), found.test, trust, found.epochs, len(graph.rows))


def _likeliest(graph: Indexed, found: Trained, taken: Known, kinds: Iterable[int], count: int) -> tuple[Proposal, ...]:
    """Of each question (head, relation, ?) that the graph answers at least once, its best unknown answers that are ends of that relation already; the best of all these."""
    entities, relations = found.tables[ENTITY], found.tables[RELATION]
    best: list[tuple[float, int, int, int]] = []
    for kind in kinds:
        held = graph.rows[graph.rows[:, 1] == kind]
        heads, tails = np.unique(held[:, 0]), np.unique(held[:, 2])
        for start in range(0, len(heads), _CHUNK):
            some = heads[start : start + _CHUNK]
            scores = found.model.scores(found.model.query(entities[some], relations[[kind]], False), entities[tails])
            scores[taken.holds(some[:, None], np.int64(kind), tails[None, :]) | (some[:, None] == tails[None, :])] = -np.inf
            deep = min(_DEEP, len(tails))
            top = np.argpartition(-scores, deep - 1, axis=1)[:, :deep]
            values = np.take_along_axis(scores, top, axis=1)
            place = np.argsort(-values, axis=None)[:count]
            rows, columns = np.unravel_index(place, values.shape)
            best += [(float(values[r, c]), int(some[r]), kind, int(tails[top[r, c]])) for r, c in zip(rows, columns, strict=True) if np.isfinite(values[r, c])]
        best = sorted(best, key=lambda entry: (-entry[0], *entry[1:]))[:count]
    return tuple(_proposal(graph, found, taken, *entry) for entry in best)


def _proposal(graph: Indexed, found: Trained, taken: Known, score: float, head: int, kind: int, tail: int) -> Proposal:
    entities, relation = found.tables[ENTITY], found.tables[RELATION][[kind]]
    everything = np.arange(len(entities))
    above, shares = [], []
    for given, tail_is_known in ((head, False), (tail, True)):
        scores = found.model.scores(found.model.query(entities[[given]], relation, tail_is_known), entities)[0]
        known = taken.holds(everything, np.int64(kind), np.int64(given)) if tail_is_known else taken.holds(np.int64(given), np.int64(kind), everything)
        better = int(((scores > score + 1e-5 * abs(score)) & ~known).sum())
        above.append(1 + better)
        shares.append(1 - better / max(1, int((~known).sum())))
    return Proposal(
        subject=graph.entities[head], predicate=graph.relations[kind], object=graph.entities[tail], score=round(score, 4), share=round(min(shares), 4),
        tail_rank=above[0], head_rank=above[1],
    )  # fmt: skip


def _rows_of(graph: Indexed, statements: Iterable[Statement]) -> Rows:
    """Those statements as rows that speak of the graph's entities and relations alone."""
    place, kind = {name: number for number, name in enumerate(graph.entities)}, {name: number for number, name in enumerate(graph.relations)}
    rows = [(place[row.subject], kind[row.predicate], place[row.object]) for row in statements if row.subject in place and row.object in place and row.predicate in kind]
    return np.array(rows, dtype=np.int64).reshape(-1, 3)

"""The summands of many texts at once: which triples carry a class, a client, a round, and what every client loses when some go.

A summand is a factor times a vector that belongs to its triple, and a prior. The vectors and factors are frozen, so they are computed once for all
rounds; a model then costs one product of V with as many vectors as there are different triples.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from fedviz.core.types import Record, Triple
from fedviz.explain.above import Above, survives
from fedviz.kg.graph import KnowledgeGraph
from fedviz.models.predictor import Predictor

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
_SAME = 1e-4


class Carried(Record):
    """A triple over a selection of texts: `mean` of its signed contribution to the true class against the average class (0 in a text without it),
    and the `share` of the texts that have it, in [0, 1].
    """

    triple: Triple
    mean: float
    share: float


@dataclass(frozen=True, eq=False)
class Corpus:
    """Texts with their class and client, and their summands [S]: text, triple, factor and vector of each, and its prior [S, classes], gates included."""

    graph: KnowledgeGraph
    texts: tuple[str, ...]
    labels: Ints
    clients: Ints
    triples: tuple[Triple, ...]
    text_of: Ints
    triple_of: Ints
    factors: Floats
    vector_of: Ints
    vectors: Floats
    priors: NDArray[np.float32]

    @cached_property
    def above(self) -> Above:
        """What is above all entities that the texts name."""
        return Above(self.graph, (triple.head for triple in self.triples))

    def values(self, matrix: Floats) -> Floats:
        """What each summand adds to the logits [S, classes] of a model whose V is `matrix` [classes, dimensions]."""
        if not matrix.size:
            return self.priors.astype(np.float64)
        return self.factors[:, None] * (self.vectors @ matrix.T)[self.vector_of] + self.priors

    def logits(self, text_logits: Floats, values: Floats, kept: NDArray[np.bool_] | None = None) -> Floats:
        """Logits [texts, classes] of the summands that are kept [S] (None: all)."""
        out = text_logits.copy()
        some = values if kept is None else values[kept]
        rows = self.text_of if kept is None else self.text_of[kept]
        if len(rows):
            starts = np.flatnonzero(np.r_[True, rows[1:] != rows[:-1]])
            out[rows[starts]] += np.add.reduceat(some, starts, axis=0)
        return out

    def kept(self, removed: Collection[Triple]) -> NDArray[np.bool_]:
        """Which summands are left [S] when these triples of the graph are gone."""
        gone = frozenset(removed)
        heads: dict[str, frozenset[str]] = {}
        left = np.ones(len(self.triples), bool)
        touched = {triple.head for triple in gone}
        for place, triple in enumerate(self.triples):
            if triple.head not in heads:
                whole = self.above.whole(triple.head)
                heads[triple.head] = whole if not touched & (whole | {triple.head}) else self.above.reach(triple.head, gone)
            left[place] = triple.tail in heads[triple.head] if triple.relation.startswith("is_a") else survives(self.above, triple, gone)
        return left[self.triple_of]

    def carried(self, values: Floats, rows: NDArray[np.bool_]) -> tuple[Carried, ...]:
        """The triples of the selected texts (`rows` [texts]), those with the greatest absolute mean first."""
        count = int(rows.sum())
        if not count or not len(self.text_of):
            return ()
        labels = self.labels[self.text_of]
        signed = values[np.arange(len(values)), labels] - values.mean(1)
        inside = rows[self.text_of]
        sums = np.bincount(self.triple_of[inside], signed[inside], len(self.triples)) / count
        shares = np.bincount(self.triple_of[inside], minlength=len(self.triples)) / count
        order = [place for place in np.lexsort((np.arange(len(sums)), -np.abs(sums))) if shares[place]]
        return tuple(Carried(triple=self.triples[place], mean=float(sums[place]), share=float(min(shares[place], 1.0))) for place in order)

    def accuracy(self, logits: Floats, clients: int) -> tuple[list[float | None], float]:
        """Accuracy of each client on its texts (None where it has none), and of all texts, in [0, 1]."""
        right = logits.argmax(1) == self.labels
        each = [float(right[self.clients == client].mean()) if (self.clients == client).any() else None for client in range(clients)]
        return each, float(right.mean()) if len(right) else 0.0


def corpus_of(
    predictor: Predictor, texts: Sequence[str], labels: Sequence[int], clients: Sequence[int], progress: Callable[[int, int], None] = lambda done, total: None
) -> Corpus:
    """The summands of these texts under the predictor's graph; any model of the same run may read them."""
    mentions = predictor.knowledge.mentions(list(texts))
    places: dict[Triple, int] = {}
    vectors: list[NDArray[np.float32]] = []
    known: dict[Triple, list[int]] = {}
    rows: list[tuple[int, int, float, int]] = []
    priors: list[NDArray[np.float32]] = []
    for number, some in enumerate(mentions):
        if number % 100 == 0:
            progress(number, len(mentions))
        for term in predictor.knowledge.terms(some):
            length = float(np.linalg.norm(term.features))
            unit = term.features / np.float32(length or 1.0)
            mine = known.setdefault(term.triple, [])
            vector = next((place for place in mine if np.abs(vectors[place] - unit).max(initial=0) < _SAME), None)
            if vector is None:
                vector = len(vectors)
                vectors.append(unit)
                mine.append(vector)
            rows.append((number, places.setdefault(term.triple, len(places)), term.gate * length, vector))
            priors.append(np.float32(term.gate) * term.prior)
    progress(len(mentions), len(mentions))
    columns = list(zip(*rows, strict=True)) or [()] * 4
    return Corpus(
        graph=predictor.graph,
        texts=tuple(texts),
        labels=np.array(labels, np.int64),
        clients=np.array(clients, np.int64),
        triples=tuple(places),
        text_of=np.array(columns[0], np.int64),
        triple_of=np.array(columns[1], np.int64),
        factors=np.array(columns[2], np.float64),
        vector_of=np.array(columns[3], np.int64),
        vectors=np.stack(vectors).astype(np.float64) if vectors else np.zeros((0, predictor.knowledge.dimensions)),
        priors=np.stack(priors) if priors else np.zeros((0, len(predictor.classes)), np.float32),
    )

"""Two meanings of taking triples out of the graph for one text: mask and rebuild.

*Mask*: the model and all weights stay; summands whose every path is broken go. *Rebuild*: the graph is weighted anew without the triples (how rare an
entity is, and all norms), and the trained matrix reads it as it is: nothing is trained again. Masks of summands add up. Those of triples do not where
paths share them, and rebuilding never does; there Shapley values say how much belongs to which.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from functools import cached_property
from itertools import pairwise
from math import log
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from fedviz.core.types import Triple
from fedviz.explain.above import Above, survives
from fedviz.kg.graph import KnowledgeGraph
from fedviz.models.predictor import Predictor

Mode = Literal["mask", "rebuild"]


class Removal:
    """The logits of one text when triples of the graph are gone; each set of triples is computed once."""

    def __init__(self, predictor: Predictor, text: str, added: Sequence[Triple] = ()) -> None:
        self.predictor = predictor
        self.reading = predictor.read(text, added)
        self.above = Above(predictor.graph, (mention.entity for mention in self.reading.mentions), added)
        self._local = Local(predictor.graph, self.above)
        self._known: dict[tuple[Mode, frozenset[Triple]], NDArray[np.float64]] = {}

    @cached_property
    def triples(self) -> tuple[Triple, ...]:
        """The triples of the graph whose removal can change a summand."""
        return self.above.triples

    @cached_property
    def _own(self) -> frozenset[Triple]:
        return frozenset(self.triples)

    def logits(self, removed: Collection[Triple], mode: Mode) -> NDArray[np.float64]:
        """Logits [classes] without these triples, of which those count that are among `triples`."""
        key = (mode, frozenset(removed) & self._own)
        if key not in self._known:
            if mode == "mask":
                terms = [term for term in self.reading.terms if survives(self.above, term.triple, key[1])]
            else:
                terms = self.predictor.knowledge.on(self._local.without(key[1])).terms(self.reading.mentions)
            self._known[key] = sum((self.predictor.values(term) for term in terms), self.reading.text_logits)
        return self._known[key]

    def effects(self, mode: Mode) -> NDArray[np.float64]:
        """What each triple of `triples` adds while all others are there [triples, classes]: the logits with it less those without."""
        whole = self.logits((), mode)
        return np.stack([whole - self.logits((triple,), mode) for triple in self.triples]) if self.triples else np.zeros((0, len(whole)))

    def shapley(self, mode: Mode, permutations: int, seed: int, weights: Sequence[float] | None = None) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Shapley values of `triples` and their standard errors, both [triples, classes]; of the score `sum(weights * logits)` both [triples]."""
        read = np.eye(len(self.predictor.classes)) if weights is None else np.array(weights)
        everything = frozenset(self.triples)

        def value(present: frozenset[int]) -> NDArray[np.float64]:
            return self.logits(everything - {self.triples[place] for place in present}, mode) @ read

        return shapley(value, len(self.triples), permutations, seed)


def shapley(value: Any, players: int, permutations: int, seed: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Permutation Shapley values and their standard errors [players, ...]; `value(present)` is an array for a set of players.

    Castro, Gomez, Tejada 2009 (Computers and Operations Research 36); each order is taken with its reverse (Mitchell, Cooper, Frank, Holmes 2022,
    JMLR 23), and the standard error is that over the pairs. Their sum is `value(all) - value(none)` exactly, however few orders there are.
    """
    generator = np.random.default_rng(seed)
    rows = []
    for _pair in range(max(2, permutations // 2)):
        order = [int(place) for place in generator.permutation(players)]
        gain = np.zeros((players, *np.shape(value(frozenset()))))
        for one in (order, order[::-1]):
            sets = [frozenset(one[:count]) for count in range(players + 1)]
            for place, (before, after) in zip(one, pairwise(sets), strict=True):
                gain[place] += (value(after) - value(before)) / 2
        rows.append(gain)
    found = np.stack(rows)
    return found.mean(0), found.std(0, ddof=1) / np.sqrt(len(rows))


class Local:
    """The weights of a graph above some entities, for any of its triples there removed, without building the whole graph anew.

    Nothing elsewhere is removed, so an entity elsewhere enters this part always at the same ones; it is below all that these reach.
    """

    def __init__(self, graph: KnowledgeGraph, over: Above) -> None:
        self.graph, self.above = graph, over
        self.nodes = tuple(sorted(over.parents))
        self._place = {node: place for place, node in enumerate(self.nodes)}

    @cached_property
    def _entries(self) -> tuple[csr_array, NDArray[np.float64]]:
        """Distinct sets of entries [sets, nodes] and how many entities have each [sets]."""
        known: dict[str, frozenset[int]] = {node: frozenset({place}) for node, place in self._place.items()}
        for entity in self.graph.entities:
            waiting, open_ = [entity], set()
            while waiting:
                here = waiting[-1]
                if here in known:
                    waiting.pop()
                    continue
                missing = [parent for parent in self.graph.parents(here) if parent not in known and parent not in open_]
                if missing and here not in open_:
                    open_.add(here)
                    waiting += missing
                    continue
                known[here] = frozenset().union(*(known.get(parent, frozenset()) for parent in self.graph.parents(here)))
                waiting.pop()
        counts = Counter(found for entity, found in known.items() if entity not in self._place and found)
        sizes = [len(found) for found in counts]
        places = np.fromiter((place for found in counts for place in found), np.int64, sum(sizes))
        rows = np.repeat(np.arange(len(counts)), sizes)
        return csr_array((np.ones(len(rows)), (rows, places)), shape=(len(counts), len(self.nodes))), np.array(list(counts.values()), float)

    def without(self, removed: frozenset[Triple]) -> "Cut":
        """The graph as models read it, without these triples."""
        reached = [[self._place[node], *(self._place[other] for other in self.above.reach(node, removed))] for node in self.nodes]
        rows = np.repeat(np.arange(len(self.nodes)), [len(some) for some in reached])
        places = np.fromiter((place for some in reached for place in some), np.int64, len(rows))
        up = csr_array((np.ones(len(rows)), (rows, places)), shape=(len(self.nodes), len(self.nodes)))
        table, counts = self._entries
        above = table @ up
        above.data[:] = 1.0  # an entity is below another once, over however many ways
        below = above.T @ counts + up.sum(0) - 1
        return Cut(self.graph, self.above, removed, dict(zip(self.nodes, below, strict=True)))


class Cut:
    """As much of a graph as the evidence of a text asks for."""

    def __init__(self, graph: KnowledgeGraph, over: Above, removed: frozenset[Triple], below: dict[str, float]) -> None:
        self.entities, self.features = graph.entities, graph.features
        self._above, self._removed, self._below = over, removed, below
        self._orders: dict[str, tuple[str, ...]] = {}

    def parents(self, entity: str) -> tuple[str, ...]:
        """As a graph says it."""
        return tuple(sorted(tail for tail in self._above.parents.get(entity, ()) if (entity, "is_a", tail) not in self._removed))

    def ancestors(self, entity: str) -> tuple[str, ...]:
        """As a graph says it, in any order."""
        if entity not in self._orders:
            self._orders[entity] = tuple(sorted(self._above.reach(entity, self._removed)))
        return self._orders[entity]

    def information_content(self, entity: str) -> float:
        """As a graph says it."""
        below = self._below[entity]
        return 1.0 if not below else max(0.0, 1.0 - log(below + 1) / log(len(self.entities)))


def without(graph: KnowledgeGraph, removed: Collection[Triple]) -> KnowledgeGraph:
    """The whole graph without these triples; its entities stay."""
    gone = frozenset(removed)
    return KnowledgeGraph(graph.name, graph.source, graph.entities, tuple(triple for triple in graph.triples if triple not in gone), graph.features)

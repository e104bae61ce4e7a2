"""A way for the graph to enter that counts only so much as the federation trusts it."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from fedviz.core.types import GraphTrust, Triple
from fedviz.models.knowledge.base import Knowledge, Term, Vectors


class Trusted:
    """The same links and triples; every summand is multiplied by the factors of `trust`, in terms and in sums alike."""

    def __init__(self, knowledge: Any, trust: GraphTrust) -> None:
        self._knowledge = knowledge
        self._trust = trust
        self._evidence, self._structure = np.float32(trust.evidence), np.float32(trust.structure)
        self.dimensions: int = knowledge.dimensions
        self.graph = knowledge.graph

    def on(self, graph: Any) -> "Trusted":
        """The same with another graph of the same entities, trusted as much."""
        return Trusted(self._knowledge.on(graph), self._trust)

    def mentions(self, texts: Sequence[str]) -> list[tuple[Any, ...]]:
        """The linked entities of each text."""
        return self._knowledge.mentions(texts)

    def terms(self, mentions: Sequence[Any], added: Sequence[Triple] = ()) -> list[Term]:
        """The terms of one text from its mentions, with the factors in them."""
        return [replace(term, prior=term.prior * self._evidence, features=term.features * self._structure) for term in self._knowledge.terms(mentions, added)]

    def sums(self, texts: Sequence[str], progress: Callable[[int, int], None] = lambda done, total: None) -> tuple[Vectors, Vectors]:
        """Summed features [texts, dimensions] and priors [texts, classes], with the factors in them."""
        features, priors = self._knowledge.sums(texts, progress)
        return features * self._structure, priors * self._evidence


def trusted(knowledge: Knowledge, trust: GraphTrust) -> Knowledge:
    """`knowledge` as far as it is trusted; the very same object where that is in full."""
    return knowledge if trust.evidence == trust.structure == 1 else Trusted(knowledge, trust)

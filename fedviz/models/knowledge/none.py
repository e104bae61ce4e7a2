"""Text alone: the graph is not used. The baseline beside every gain."""

from collections.abc import Callable, Sequence
from typing import Any, Literal

import numpy as np

from fedviz.core.i18n import N_
from fedviz.core.options import Options
from fedviz.core.types import Triple
from fedviz.models.knowledge.base import KnowledgeInputs, Term, Vectors
from fedviz.models.options import KnowledgeEntry


class NoneOptions(Options):
    """No options."""

    name: Literal["none"] = "none"


class NoKnowledge:
    """No mentions, no terms, sums of width zero."""

    dimensions = 0

    def __init__(self, inputs: KnowledgeInputs) -> None:
        self.graph = inputs.graph
        self._classes = len(inputs.classes)

    def on(self, graph: Any) -> "NoKnowledge":
        """Itself: there is nothing to weight."""
        return self

    def mentions(self, texts: Sequence[str]) -> list[tuple[Any, ...]]:
        """None in any text."""
        return [()] * len(texts)

    def terms(self, mentions: Sequence[Any], added: Sequence[Triple] = ()) -> list[Term]:
        """No terms."""
        return []

    def sums(self, texts: Sequence[str], progress: Callable[[int, int], None] = lambda done, total: None) -> tuple[Vectors, Vectors]:
        """Zeros: [texts, 0] and [texts, classes]."""
        return np.zeros((len(texts), 0), np.float32), np.zeros((len(texts), self._classes), np.float32)


NONE = KnowledgeEntry("none", N_("Text alone"), N_("The graph does not enter the model. The baseline for every gain."), NoneOptions, lambda options, inputs: NoKnowledge(inputs))

"""What the graph says about a text, as a sum of one term per triple."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from fedviz.core.types import Triple

Vectors = NDArray[np.float32]


@dataclass(frozen=True)
class KnowledgeInputs:
    """What a way of using the graph may read. `width` is the length of the text vector's components; `embed(texts)` gives unit rows [texts, width] of
    the frozen language model, and is None where that model knows no language; `encoder` is the key of its weights.

    It holds no training text and no label: what is derived from it is the same on every client.
    """

    graph: Any
    classes: tuple[str, ...]
    class_entities: Mapping[str, int]
    embed: Callable[[Sequence[str]], Vectors] | None
    width: int
    seed: int
    encoder: str = ""


@dataclass(frozen=True)
class Term:
    """One triple's part in one text: logits gain `gate * (prior + V @ features)`.

    `prior` [classes] is frozen evidence for classes; `features` [dimensions] is what the trained matrix V reads. Rarity
    weight and the text's norm are already in both; `weight` says the rarity alone. `mention` indexes the text's mentions.
    """

    triple: Triple
    mention: int | None
    gate: float
    weight: float
    prior: Vectors
    features: Vectors


class Knowledge(Protocol):
    """A way for the graph to enter the logits; frozen once built."""

    dimensions: int
    """Columns of the trained matrix V [classes, dimensions]; 0 where nothing is trained."""

    graph: Any
    """The graph that is used."""

    def mentions(self, texts: Sequence[str]) -> list[tuple[Any, ...]]:
        """The linked entities of each text."""
        ...

    def terms(self, mentions: Sequence[Any], added: Sequence[Triple] = ()) -> list[Term]:
        """The terms of one text from its mentions; `added` triples are as if the graph held them, all other weights as before."""
        ...

    def on(self, graph: Any) -> "Knowledge":
        """The same with another graph of the same entities, weighted anew; what was trained stays."""
        ...

    def sums(self, texts: Sequence[str], progress: Callable[[int, int], None] = ...) -> tuple[Vectors, Vectors]:
        """Summed features [texts, dimensions] and summed priors [texts, classes]."""
        ...

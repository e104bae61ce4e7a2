"""A prediction in parts: by path, by linked entity, by source, by who taught it. Each way of cutting adds up to the same logits.

By source: the value of a path is shared evenly by its triples, and that of a triple evenly by the sources that say it. That is a rule for sharing and
not an effect of removal; what is lost when a source goes is asked in `explain.corpus`.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from fedviz.core.types import Record, Triple
from fedviz.explain.above import Above, Path, path_of
from fedviz.explain.records import Explanation, triple_key
from fedviz.models.predictor import Predictor

NOBODY = "graph"
"""Key of the class evidence of the graph, which is there before any training: nobody taught it."""
TEXT = "text:"
UNKNOWN = ""
"""Key of what has no source in the store: features, and triples that an edit added."""


class Part(Record):
    """A part of the sum: `values` are logits per class, of so many summands."""

    key: str
    values: tuple[float, ...]
    count: int


class PathPart(Record):
    """One summand as the path that it stands for: `path` are the triples of the graph from the entity up; `ways`: how many paths lead there (64: or more)."""

    triple: Triple
    path: tuple[Triple, ...]
    ways: int
    values: tuple[float, ...]

    @property
    def key(self) -> str:
        """As an edit names it."""
        return triple_key(self.triple)


class Parts(Record):
    """`text + sum of the parts' values == logits`, up to rounding; largest parts of the predicted class first."""

    kind: Literal["entity", "source", "teacher"]
    text: tuple[float, ...]
    parts: tuple[Part, ...]


def above(predictor: Predictor, explanation: Explanation) -> Above:
    """What is above the linked entities of a prediction, with the triples that its edits added."""
    added = [c.triple for c in explanation.contributions if c.added]
    return Above(predictor.graph, (mention.entity for mention in explanation.mentions), added)


def by_path(over: Above, explanation: Explanation) -> tuple[PathPart, ...]:
    """Each summand with its path, in the order of the contributions."""
    return tuple(
        PathPart(triple=c.triple, path=path_of(over, c.triple), ways=max(1, len(over.paths(*c.triple[::2]))), values=c.values) for c in explanation.contributions
    )


def by_entity(explanation: Explanation) -> Parts:
    """What each linked entity adds: all its triples together."""
    return Parts(kind="entity", text=explanation.text_logits, parts=_grouped(explanation, ((c.triple.head, 1, c.values) for c in explanation.contributions)))


def by_source(over: Above, explanation: Explanation, sources: Callable[[Triple], Sequence[str]]) -> Parts:
    """What each source adds; `sources(triple)` names those that say a triple of the graph. What no source says is `UNKNOWN`."""
    shares = ((key, share, c.values) for c in explanation.contributions for key, share in source_shares(path_of(over, c.triple), sources).items())
    return Parts(kind="source", text=explanation.text_logits, parts=_grouped(explanation, shares))


def source_shares(path: Path, sources: Callable[[Triple], Sequence[str]]) -> Mapping[str, Fraction]:
    """How a path belongs to sources; the shares add up to 1 exactly."""
    shares: dict[str, Fraction] = {}
    for triple in path:
        said = tuple(dict.fromkeys(sources(triple))) or (UNKNOWN,)
        for key in said:
            shares[key] = shares.get(key, Fraction(0)) + Fraction(1, len(path) * len(said))
    return shares or {UNKNOWN: Fraction(1)}


def by_teacher(
    predictor: Predictor,
    explanation: Explanation,
    matrices: Mapping[str, NDArray[np.float64]],
    heads: Mapping[str, tuple[NDArray[np.float64], NDArray[np.float64]]] | None = None,
) -> Parts:
    """What each client taught of the triples' summands, and the graph's own class evidence, which nobody taught.

    `matrices` are the clients' parts of V [classes, dimensions]; together they are V. `heads`: their parts of the text's matrix W [classes, width] and of b
    [classes], where the language model below is frozen: then the text's share is theirs, too, under keys with `TEXT` in front, and what is left of it is
    rounding.
    """
    reading = predictor.read(explanation.text, [c.triple for c in explanation.contributions if c.added])
    terms = {term.triple: term for term in reading.terms}
    shares: list[tuple[str, float, Sequence[float]]] = []
    for c in explanation.contributions:
        term = terms[c.triple]
        shares.append((NOBODY, c.scale, tuple(term.gate * term.prior.astype(np.float64))))
        shares += [(key, c.scale, tuple(term.gate * (matrix @ term.features.astype(np.float64)))) for key, matrix in matrices.items()]
    text = [(TEXT + key, 1.0, tuple(matrix @ reading.vector + bias)) for key, (matrix, bias) in (heads or {}).items()]
    left = np.array(explanation.text_logits) - sum((np.array(values) for _key, _one, values in text), np.zeros(len(explanation.classes)))
    return Parts(kind="teacher", text=tuple(map(float, left)), parts=_grouped(explanation, [*text, *shares]))


def _grouped(explanation: Explanation, shares: Iterable[tuple[str, Fraction | float, Sequence[float]]]) -> tuple[Part, ...]:
    groups: dict[str, list[list[float]]] = {}
    for key, share, values in shares:
        groups.setdefault(key, []).append([float(share) * value for value in values])
    parts = (Part(key=key, values=tuple(map(math.fsum, zip(*rows, strict=True))), count=len(rows)) for key, rows in groups.items())
    return tuple(sorted(parts, key=lambda part: (-abs(part.values[explanation.predicted]), part.key)))

"""Additive evidence over every relation: what an entity reaches in one step and in two, the second step weighing less.

`logits = text + sum over paths of gate * (prior + V features)`: a path `e -r1-> x -r2-> y` is one summand, like a triple, so that its influence is
exact. Its weight is `decay * sqrt(IC(x))` for one step and `decay^2 * sqrt(IC(y))` for two, over the norm of all that the entity reaches; is_a
is followed to the top without decay, as in plain evidence. Paths as evidence: Lao, Mitchell and Cohen 2011, Random Walk Inference and Learning in a
Large Scale Knowledge Base (EMNLP). That the sum of single paths does as well as a graph network: Wang et al., arXiv 2110.03192.
"""

import math
from typing import Annotated, Literal

from pydantic import Field

from fedviz.core.i18n import N_
from fedviz.kg.graph import IS_A
from fedviz.models.knowledge.base import KnowledgeInputs
from fedviz.models.knowledge.evidence import Evidence, EvidenceOptions, Path
from fedviz.models.options import KnowledgeEntry

STEP = " / "
"""Between the two relations of a path of two steps."""


class PathOptions(EvidenceOptions):
    """Options of additive evidence over paths."""

    name: Literal["paths"] = "paths"  # type: ignore[assignment]
    hops: Annotated[Literal[1, 2], Field(title="Steps", description="1: what an entity is directly related to; 2: also what that is related to.")] = 2
    decay: Annotated[float, Field(ge=0, le=1, title="Decay", description="Each step over a relation other than is_a multiplies the weight by this. 0 leaves plain evidence.")] = 0.5
    most: Annotated[int, Field(ge=1, le=1000, title="Most paths of an entity", description="Of the paths over other relations, the heaviest so many count; entities that are related to everything would say everything.")] = 32


class PathEvidence(Evidence):
    """Evidence whose entities reach further than their ancestors."""

    options: PathOptions

    def __init__(self, options: PathOptions, inputs: KnowledgeInputs) -> None:
        super().__init__(options, inputs)
        self._reached: dict[str, list[Path]] = {}

    def reached(self, entity: str) -> list[Path]:
        """The ancestors, and then the paths over other relations, the heaviest first; one path to each end by each way of relations, none back to the entity."""
        if entity not in self._reached:
            above = super().reached(entity)
            beside = sorted(self._beside(entity), key=lambda path: (-path.weight, path.relation, path.end))
            self._reached[entity] = [*above, *beside[: self.options.most]]
        return self._reached[entity]

    def _beside(self, entity: str) -> set[Path]:
        found: set[Path] = set()
        decay, content = self.options.decay, self.graph.information_content
        if not decay:
            return found
        for first in self.graph.outgoing(entity):
            step = 1.0 if first.relation == IS_A else decay
            if first.relation != IS_A:
                found.add(Path(first.relation, first.tail, step * math.sqrt(content(first.tail))))
            for second in self.graph.outgoing(first.tail) if self.options.hops == 2 else ():
                if IS_A == first.relation == second.relation or second.tail == entity:
                    continue  # ancestors are there already
                weight = step * (1.0 if second.relation == IS_A else decay)
                found.add(Path(f"{first.relation}{STEP}{second.relation}", second.tail, weight * math.sqrt(content(second.tail))))
        return {path for path in found if path.weight}


PATHS = KnowledgeEntry(
    "paths",
    N_("Additive evidence over paths"),
    N_("As triple evidence, and every relation counts, over one step and two; each path is one summand, so its influence is exact."),
    PathOptions,
    PathEvidence,
)

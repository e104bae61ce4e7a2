"""Additive triple evidence: `logits = text + sum over triples of gate * (beta * prior + V features)`.

A text's linked entity e switches on the triples (e, is_a, ancestor). Each adds its own summand to the logits, so a
triple's influence is that summand, exactly. Gate, rarity weight, projection and norm are frozen: they never depend on what
else is switched off. In the line of Wang et al., GNN is a Counter? (arXiv 2110.03192): an additive edge counter is enough.
"""

import math
from collections.abc import Callable, Sequence
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from fedviz.core.i18n import N_
from fedviz.core.options import Options
from fedviz.core.seeds import derive
from fedviz.core.types import Triple
from fedviz.kg.control import shuffled
from fedviz.kg.graph import IS_A
from fedviz.kg.link import Mention
from fedviz.models.knowledge.base import KnowledgeInputs, Term, Vectors
from fedviz.models.knowledge.space import space
from fedviz.models.options import KnowledgeEntry
from fedviz.scenarios.linked import linker

IS_A_FAR = "is_a*"
"""The relation of an entity to an ancestor several steps up: the path of is_a triples between them, taken as one."""


class EvidenceOptions(Options):
    """Options of additive triple evidence."""

    name: Literal["evidence"] = "evidence"
    beta: Annotated[float, Field(ge=0, le=20, title="Weight of class evidence", description="How much a triple that leads to a class adds to that class before any training. It is frozen.")] = 3.0
    gate_slope: Annotated[float, Field(ge=0, le=100, title="Gate slope", description="How sharply the link gate opens: sigmoid(slope * (score - threshold)). An exact name has score 1.")] = 20.0
    gate_threshold: Annotated[float, Field(ge=0, le=1, title="Gate threshold", description="Link score at which the gate is half open.")] = 0.75
    dimensions: Annotated[int, Field(ge=0, le=512, title="Dimensions of the graph features", description="Entities are projected to this many directions of the graph, which the trained matrix V reads. 0 leaves only class evidence.")] = 96
    control: Annotated[Literal["none", "shuffled"], Field(title="Control", description="Shuffled hangs the same structure on other entities. A gain that survives this is not knowledge.")] = "none"


class Evidence:
    """The graph's summands for texts; frozen once built, the same on every client."""

    def __init__(self, options: EvidenceOptions, inputs: KnowledgeInputs) -> None:
        self.options = options
        self.graph = shuffled(inputs.graph, derive(inputs.seed, "control")) if options.control == "shuffled" else inputs.graph
        self._linker = linker(inputs.graph)
        self._classes = len(inputs.classes)
        self._class_of = inputs.class_entities
        self._space = space(self.graph, options.dimensions)
        self.dimensions = self._space.dimensions

    def mentions(self, texts: Sequence[str]) -> list[tuple[Mention, ...]]:
        """The linked entities of each text."""
        return list(self._linker.link_many(texts))

    def gate(self, score: float) -> float:
        """How far a link of that score opens: in (0, 1)."""
        return 1.0 / (1.0 + math.exp(-self.options.gate_slope * (score - self.options.gate_threshold)))

    def terms(self, mentions: Sequence[Mention], added: Sequence[Triple] = ()) -> list[Term]:
        """One term for each linked entity and each of its ancestors; the norm is that of the text without `added`."""
        first: dict[str, int] = {}
        for position, mention in enumerate(mentions):
            if mention.entity not in first or mention.score > mentions[first[mention.entity]].score:
                first[mention.entity] = position
        base = [self._term(entity, above, position, self.gate(mentions[position].score)) for entity, position in first.items() for above in self.graph.ancestors(entity)]
        extra = [
            self._term(entity, above, position, self.gate(mentions[position].score))
            for entity, position in first.items()
            for above in _further(self.graph, entity, added)
        ]
        scale = self._scale(base)
        return [Term(t.triple, t.mention, t.gate, t.weight, t.prior, t.features * scale) for t in (*base, *extra)]

    def sums(self, texts: Sequence[str], progress: Callable[[int, int], None] = lambda done, total: None) -> tuple[Vectors, Vectors]:
        """Summed features [texts, dimensions] and priors [texts, classes]."""
        features = np.zeros((len(texts), self.dimensions), np.float32)
        priors = np.zeros((len(texts), self._classes), np.float32)
        for row, mentions in enumerate(self.mentions(texts)):
            for term in self.terms(mentions):
                features[row] += term.gate * term.features
                priors[row] += term.gate * term.prior
        progress(len(texts), len(texts))
        return features, priors

    def _term(self, entity: str, above: str, position: int, gate: float) -> Term:
        weight = self.graph.information_content(above)
        prior = np.zeros(self._classes, np.float32)
        if above in self._class_of:
            prior[self._class_of[above]] = self.options.beta
        relation = IS_A if above in self.graph.parents(entity) else IS_A_FAR
        return Term(Triple(entity, relation, above), position, gate, weight, prior, self._space.vector(above) * np.float32(weight))

    def _scale(self, terms: Sequence[Term]) -> np.float32:
        if not terms or not self.dimensions:
            return np.float32(0)
        norm = float(np.linalg.norm(np.sum([t.gate * t.features for t in terms], axis=0)))
        return np.float32(math.sqrt(self.dimensions) / norm) if norm > 1e-9 else np.float32(0)


def _further(graph, entity: str, added: Sequence[Triple]) -> list[str]:
    """Ancestors that `entity` has only with the added is_a triples, nearest first."""
    above = [entity, *graph.ancestors(entity)]
    known, new = set(above), []
    queue = list(above)
    while queue:
        here = queue.pop(0)
        for triple in added:
            if triple.relation == IS_A and triple.head == here:
                for found in (triple.tail, *graph.ancestors(triple.tail)):
                    if found not in known:
                        known.add(found)
                        new.append(found)
                        queue.append(found)
    return new


EVIDENCE = KnowledgeEntry("evidence", N_("Additive triple evidence"), N_("Each triple of a linked entity adds one summand to the logits, so the influence of a triple is exact."), EvidenceOptions, Evidence)

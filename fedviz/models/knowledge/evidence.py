"""Additive triple evidence: `logits = text + sum over triples of gate * (prior + V features)`.

A text's linked entity e switches on the triples (e, is_a, ancestor). Each adds its own summand to the logits, so a triple's influence is that
summand, exactly. Gate, weight, direction and norm are frozen: they never depend on what else is switched off. After Wang et al., GNN is a Counter?
(arXiv 2110.03192), where an additive counter of edges does as well as graph neural networks.

Two findings are alike as far as they share ancestors, and rare ancestors count more: with the weight sqrt(information content), the inner
product of two entities' features is the information content that they share, over the norms (after Resnik 1995 and Seco 2004).
"""

import copy
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Annotated, Literal, NamedTuple

import numpy as np
from pydantic import Field

from fedviz.core.errors import ConfigError
from fedviz.core.i18n import N_
from fedviz.core.options import Options
from fedviz.core.types import Triple
from fedviz.kg.graph import IS_A, KnowledgeGraph
from fedviz.kg.link import Mention
from fedviz.kg.near import DEFAULT_THRESHOLD
from fedviz.models.knowledge.align import aligned
from fedviz.models.knowledge.base import KnowledgeInputs, Term, Vectors
from fedviz.models.knowledge.directions import direction
from fedviz.models.knowledge.nearest import nearest
from fedviz.models.options import KnowledgeEntry
from fedviz.scenarios.linked import linker

Progress = Callable[[int, int], None]

IS_A_FAR = "is_a*"
"""The relation of an entity to an ancestor several steps up: the path of is_a triples between them, taken as one."""


class EvidenceOptions(Options):
    """Options of additive triple evidence."""

    name: Literal["evidence"] = "evidence"
    beta: Annotated[
        float,
        Field(ge=0, le=20, title="Weight of class evidence", description="What a text gains for a class, in logits, when all its links lead to that class. Frozen: it counts before any training."),
    ] = 3.0
    strength: Annotated[
        float,
        Field(ge=0, le=10, title="Strength of the graph", description="Length of a text's graph vector, relative to its text vector: how loudly the graph speaks to the trained matrix V."),
    ] = 1.75
    dimensions: Annotated[
        int,
        Field(ge=0, le=4096, title="Dimensions of the graph vector", description="Each entity has a fixed direction among so many dimensions, which the trained matrix V reads. 0 leaves class evidence alone."),
    ] = 512
    gate_slope: Annotated[
        float, Field(ge=0, le=100, title="Gate slope", description="How sharply the link gate opens: sigmoid(slope * (score - threshold)). An exact name has the score 1.")
    ] = 20.0
    gate_threshold: Annotated[float, Field(ge=0, le=1, title="Gate threshold", description="Link score at which the gate is half open.")] = 0.75
    align_threshold: Annotated[
        float,
        Field(ge=0, le=1, title="Alignment threshold", description="Great branches of the graph count as evidence for a class whose name is as near as this (cosine of the frozen language model). 1 switches that off."),
    ] = 0.45
    trust: Annotated[
        Literal["full", "validated"],
        Field(title="Trust in the graph", description="Full: the graph counts as set above. Validated: before the first round, clients hold out a part of their texts in turns, train a head on the rest with more and with less of the graph, and all keep the share that errs least on what was held out. It protects from a graph that is wrong, and takes some seconds."),
    ] = "full"
    link: Annotated[
        Literal["exact", "exact+embedding"],
        Field(
            title="Entity linking",
            description="Exact finds the graph's names and synonyms. With embedding, words that the graph lacks are linked to the nearest name by the language model; the first time it reads all names of the graph, which takes minutes, and keeps the result.",
        ),
    ] = "exact"
    link_threshold: Annotated[
        float, Field(ge=0.5, le=1, title="Least similarity of a link", description="Cosine that a link by embedding must reach. Lower links more words, and more of them wrongly.")
    ] = DEFAULT_THRESHOLD


class Path(NamedTuple):
    """A way from an entity to `end`, taken as one statement: the relation that it is told by, and its weight before all norms."""

    relation: str
    end: str
    weight: float


class Evidence:
    """The graph's summands for texts; frozen once built, the same on every client."""

    def __init__(self, options: EvidenceOptions, inputs: KnowledgeInputs) -> None:
        self.options = options
        self.dimensions = options.dimensions
        self.graph: KnowledgeGraph = inputs.graph
        self._inputs = inputs
        if options.link != "exact" and inputs.embed is None:
            raise ConfigError("`knowledge.link = \"exact+embedding\"` needs a pretrained language model, but the chosen one knows no language.")
        self._classes = len(inputs.classes)
        self.class_of: Mapping[str, int] = {**inputs.class_entities}
        """Entities that stand for a class: the scenario's, or, where it names none, great branches whose name is near to the class's."""
        if not self.class_of and inputs.embed is not None and options.beta and options.align_threshold < 1:
            self.class_of = aligned(inputs.graph, inputs.classes, inputs.embed, options.align_threshold)
        self._length = options.strength * math.sqrt(inputs.width)
        self._rows: dict[str, tuple[Vectors, Vectors]] = {}

    def on(self, graph: KnowledgeGraph) -> "Evidence":
        """The same with another graph of the same entities: its weights and norms are those of that graph; links, and what names a class, stay."""
        other = copy.copy(self)
        other.graph, other._rows = graph, {}
        return other

    def mentions(self, texts: Sequence[str], progress: Progress = lambda done, total: None) -> list[tuple[Mention, ...]]:
        """The linked entities of each text; `progress` over the graph's names where these must be read first."""
        exact = linker(self._inputs.graph)
        if self.options.link == "exact":
            return list(exact.link_many(texts))
        return list(nearest(exact, self._inputs.encoder, self._inputs.embed, self.options.link_threshold, progress).link_many(texts))

    def reached(self, entity: str) -> list[Path]:
        """What an entity switches on: its ancestors, nearest first, without those that say nothing (the root of everything)."""
        content = self.graph.information_content
        parents = self.graph.parents(entity)
        return [Path(IS_A if above in parents else IS_A_FAR, above, math.sqrt(content(above))) for above in self.graph.ancestors(entity) if content(above)]

    def _added(self, entity: str, added: Sequence[Triple]) -> list[Path]:
        """The ancestors that an entity has only with the added triples."""
        content = self.graph.information_content
        further = [above for above in _further(self.graph, entity, added) if content(above)]
        return [Path(IS_A if Triple(entity, IS_A, above) in added else IS_A_FAR, above, math.sqrt(content(above))) for above in further]

    def gate(self, score: float) -> float:
        """How far a link of that score opens: in (0, 1)."""
        return 1.0 / (1.0 + math.exp(-self.options.gate_slope * (score - self.options.gate_threshold)))

    def terms(self, mentions: Sequence[Mention], added: Sequence[Triple] = ()) -> list[Term]:
        """One term for each linked entity and each of its ancestors. With `added`, also for ancestors that these bring; all norms stay those without."""
        first = first_mentions(mentions)
        scale, share = self._norms(first)
        terms = []
        for entity, position in first.items():
            gate, norm = self.gate(mentions[position].score), self._norm(entity)
            for path in (*self.reached(entity), *self._added(entity, added)):
                weight = path.weight / norm
                features = direction(path.end, self.options.dimensions) * np.float32(weight * scale)
                terms.append(Term(Triple(entity, path.relation, path.end), position, gate, weight, self._prior(path.end, weight) * np.float32(share), features))
        return terms

    def sums(self, texts: Sequence[str], progress: Progress = lambda done, total: None) -> tuple[Vectors, Vectors]:
        """Summed features [texts, dimensions] and priors [texts, classes] of the texts' terms, without making the terms."""
        features = np.zeros((len(texts), self.options.dimensions), np.float32)
        priors = np.zeros((len(texts), self._classes), np.float32)
        progress(0, len(texts))
        for row, mentions in enumerate(self.mentions(texts, progress)):
            first = first_mentions(mentions)
            scale, share = self._norms(first)
            for entity, position in first.items():
                vector, prior = self._row(entity)
                gate = self.gate(mentions[position].score)
                features[row] += np.float32(gate * scale) * vector
                priors[row] += np.float32(gate * share) * prior
        progress(len(texts), len(texts))
        return features, priors

    def _norm(self, entity: str) -> float:
        """Euclidean length of the weights of what an entity reaches, before this norm; 1 where it reaches nothing that says anything."""
        return math.sqrt(sum(path.weight**2 for path in self.reached(entity))) or 1.0

    def _prior(self, above: str, weight: float) -> Vectors:
        prior = np.zeros(self._classes, np.float32)
        if above in self.class_of:
            prior[self.class_of[above]] = weight
        return prior

    def _row(self, entity: str) -> tuple[Vectors, Vectors]:
        """An entity's summed direction and summed prior, before gate and the text's norms."""
        if entity not in self._rows:
            norm = self._norm(entity)
            vector, prior = np.zeros(self.options.dimensions, np.float32), np.zeros(self._classes, np.float32)
            for path in self.reached(entity):
                weight = path.weight / norm
                vector += np.float32(weight) * direction(path.end, self.options.dimensions)
                prior += self._prior(path.end, weight)
            self._rows[entity] = vector, prior
        return self._rows[entity]

    def _norms(self, entities: Sequence[str] | dict[str, int]) -> tuple[float, float]:
        """The text's two frozen norms: of the graph vector (to `strength` times the text vector) and of class evidence (to `beta` in all), gates fully open."""
        rows = [self._row(entity) for entity in entities]
        length = float(np.linalg.norm(sum(vector for vector, _ in rows))) if rows else 0.0
        evidence = float(sum(prior.sum() for _, prior in rows))
        return (self._length / length if length > 1e-9 else self._length), (self.options.beta / evidence if evidence > 1e-9 else self.options.beta)


def first_mentions(mentions: Sequence[Mention]) -> dict[str, int]:
    """Each linked entity and its best mention (the first of equals)."""
    first: dict[str, int] = {}
    for position, mention in enumerate(mentions):
        if mention.entity not in first or mention.score > mentions[first[mention.entity]].score:
            first[mention.entity] = position
    return first


def _further(graph: KnowledgeGraph, entity: str, added: Sequence[Triple]) -> Iterator[str]:
    """Ancestors that `entity` has only with the added is_a triples, nearest first."""
    queue = [entity, *graph.ancestors(entity)]
    known = set(queue)
    while queue and added:
        here = queue.pop(0)
        for triple in added:
            if triple.relation == IS_A and triple.head == here:
                for found in (triple.tail, *graph.ancestors(triple.tail)):
                    if found not in known:
                        known.add(found)
                        queue.append(found)
                        yield found


EVIDENCE = KnowledgeEntry(
    "evidence",
    N_("Additive triple evidence"),
    N_("Each triple of a linked entity adds one summand to the logits, so the influence of a triple is exact."),
    EvidenceOptions,
    Evidence,
)

"""Rules: the probability that the answer obeys what the graph says of the text shall be high.

Two kinds of rule, as soft logic. Implication: who speaks of an entity speaks of a class that the entity leads to (it is, or is a kind of, an entity that
stands for the class). Exclusion: a class whose entity is disjoint with what the text speaks of is not meant. The term is the semantic loss of
both together, `-log of the probability that they hold` (Xu et al. 2018, arXiv 1711.11157); where they contradict each other, they say nothing.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from fedviz.core.i18n import N_
from fedviz.kg.graph import KnowledgeGraph
from fedviz.models.knowledge.base import KnowledgeInputs
from fedviz.models.losses.base import LossEntry, LossOptions, Reading, Step
from fedviz.scenarios.linked import linker

if TYPE_CHECKING:
    from torch import Tensor

DISJOINT = frozenset({"disjoint_with", "disjointWith", "disjoint_from", "owl:disjointWith"})
"""What readers call the relation of two things that nothing can be both of (OWL 2, DisjointClasses)."""


class RulesOptions(LossOptions):
    """Which rules are read from the graph."""

    name: Literal["rules"] = "rules"
    implications: Annotated[bool, Field(title="Implications", description="A text that names an entity belongs to one of the classes that the entity leads to.")] = True
    exclusions: Annotated[bool, Field(title="Exclusions", description="A text does not belong to a class whose entity the graph calls disjoint with what the text names.")] = True


class Rules:
    """The classes that the rules allow each training text, worked out once."""

    def __init__(self, options: RulesOptions, inputs: KnowledgeInputs) -> None:
        self._options, self._inputs = options, inputs

    def parameters(self) -> "Mapping[str, Tensor]":
        """Nothing."""
        return {}

    def prepare(self, reading: Reading) -> None:
        """For every text, the classes that break no rule; all of them where no rule speaks."""
        import torch

        from fedviz.models.knowledge.evidence import Evidence, EvidenceOptions

        self._class_of = Evidence(EvidenceOptions(dimensions=0), self._inputs).class_of
        self._disjoint = _disjoint(self._inputs.graph)
        every = frozenset(range(len(self._inputs.classes)))
        self._broken = torch.zeros((len(reading.texts), len(every)), dtype=torch.bool)
        for row, mentions in enumerate(linker(self._inputs.graph).link_many(reading.texts)):
            for label in every - self.allowed({mention.entity for mention in mentions}):
                self._broken[row, label] = True

    def allowed(self, entities: set[str]) -> frozenset[int]:
        """The classes that a text with these entities may have; every class where no rule speaks or where they leave none."""
        every = frozenset(range(len(self._inputs.classes)))
        graph = self._inputs.graph
        above = {other for entity in entities for other in (entity, *graph.ancestors(entity))}
        implied = {self._class_of[entity] for entity in above if entity in self._class_of} if self._options.implications else set()
        opposed = {other for entity in above for other in self._disjoint.get(entity, ())} if self._options.exclusions else set()
        excluded = {label for key, label in self._class_of.items() if opposed & {key, *graph.ancestors(key)}} if opposed else set()
        return frozenset((implied or every) - excluded) or every

    def __call__(self, step: Step, trained: "Mapping[str, Tensor]") -> "Tensor":
        """Mean over all texts of the batch of `-log p(an allowed class)`; texts without a rule add zero."""
        broken = self._broken[step.rows]
        return -step.logits.log_softmax(1).masked_fill(broken, float("-inf")).logsumexp(1).mean()


def _disjoint(graph: KnowledgeGraph) -> dict[str, set[str]]:
    """By entity, what it is disjoint with; the relation goes both ways."""
    found: dict[str, set[str]] = {}
    for triple in graph.triples:
        if triple.relation in DISJOINT:
            found.setdefault(triple.head, set()).add(triple.tail)
            found.setdefault(triple.tail, set()).add(triple.head)
    return found


RULES = LossEntry(
    "rules",
    N_("Rules of the graph"),
    N_("An answer that breaks an implication or an exclusion of the graph costs, however sure the model is."),
    RulesOptions,
    equation=r"\mathcal{L} = \mathcal{L}_{CE} - \lambda \log \sum_{c \,\in\, S(x)} p_w(c \mid x), \quad S(x) = \{c : \text{no rule is broken}\}",
    paper="Xu et al. 2018, A Semantic Loss Function for Deep Learning with Symbolic Knowledge, arXiv:1711.11157",
    when=N_(
        "It helps where the graph leads from what a text names to few classes and is right about it. Between the classes that a rule allows it does not choose. "
        "A rule that is wrong is learned too, and a graph that leads to no class has no rules."
    ),
    build=Rules,
)

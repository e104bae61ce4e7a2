"""Link prediction beside the task: the encoder that reads texts also learns which triples hold of what they name.

After KEPLER (Wang et al. 2021, TACL 9, arXiv 1911.06136): an entity's embedding is what the encoder makes of its description, a triple is scored by
TransE, `d = ||h + r - t||`, and the term is `-log sigmoid(gamma - d) - mean over negatives of log sigmoid(d' - gamma)`. The triples are those
of the entities that the client's own texts name; negatives are the tails of the batch's other triples that the graph does not hold of the same head.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from fedviz.core.i18n import N_
from fedviz.core.types import Triple
from fedviz.models.knowledge.base import KnowledgeInputs
from fedviz.models.losses.base import LossEntry, LossOptions, Reading, Step
from fedviz.models.losses.described import Described, rarest

if TYPE_CHECKING:
    from torch import Tensor

RELATIONS = "relations"


class LinksOptions(LossOptions):
    """How far apart true and false triples shall lie."""

    name: Literal["links"] = "links"
    margin: Annotated[float, Field(gt=0, le=10, title="Margin", description="The distance (gamma) below which a triple counts as true. Entities are unit vectors, so that distances lie between 0 and 2 before relations are learned.")] = 1.0


class Links:
    """One triple for each training text that names an entity with triples; texts of one entity take turns among its triples."""

    def __init__(self, options: LinksOptions, inputs: KnowledgeInputs) -> None:
        self._margin, self._graph, self._width = options.margin, inputs.graph, inputs.width
        self._relation = {relation: place for place, relation in enumerate(self._graph.relations)}

    def parameters(self) -> "Mapping[str, Tensor]":
        """A vector for every relation [relations, width]; zeros at first, when a triple is as good as its ends are near."""
        import torch

        return {RELATIONS: torch.zeros((len(self._relation), self._width))}

    def prepare(self, reading: Reading) -> None:
        """Choose the triples and make their entities ready."""
        heads = {triple.head for triple in self._graph.triples}
        self._triple: list[Triple | None] = []
        for row, entity in enumerate(rarest(self._graph, reading.texts, heads)):
            own = self._graph.outgoing(entity) if entity else ()
            self._triple.append(own[row % len(own)] if own else None)
        ends = {end for triple in self._triple if triple for end in (triple.head, triple.tail)}
        self._described = Described(self._graph, ends, reading)
        self._held = set(self._graph.triples)

    def __call__(self, step: Step, trained: "Mapping[str, Tensor]") -> "Tensor":
        """Over the batch's triples, summed and divided by the batch's size; zero where the batch names none."""
        import torch

        chosen = [self._triple[row] for row in step.rows.tolist()]
        triples = [triple for triple in chosen if triple]
        if not triples:
            return step.logits.new_zeros(())
        ends = sorted({end for triple in triples for end in (triple.head, triple.tail)})
        vectors = torch.nn.functional.normalize(step.read(self._described[ends]), dim=1)
        place = {end: number for number, end in enumerate(ends)}
        heads, tails = (vectors[[place[triple[end]] for triple in triples]] for end in (0, 2))
        moved = heads + trained[RELATIONS][[self._relation[triple.relation] for triple in triples]]
        true = -torch.nn.functional.logsigmoid(self._margin - distance(moved, tails))
        candidates = sorted({triple.tail for triple in triples})
        false = torch.tensor([[Triple(triple.head, triple.relation, tail) not in self._held and tail != triple.head for tail in candidates] for triple in triples])
        apart = -torch.nn.functional.logsigmoid(distance(moved[:, None], vectors[[place[tail] for tail in candidates]][None]) - self._margin)
        negative = (apart * false).sum(1) / false.sum(1).clamp_min(1)
        return (true + negative).sum() / len(chosen)


def distance(one: "Tensor", other: "Tensor") -> "Tensor":
    """Euclidean, over the last axis; its gradient is finite also where the two are equal."""
    return ((one - other).square().sum(-1) + 1e-12).sqrt()


LINKS = LossEntry(
    "links",
    N_("Link prediction on the client's triples"),
    N_("The encoder that reads the texts also learns to tell triples of what they name from false ones."),
    LinksOptions,
    equation=r"\mathcal{L} = \mathcal{L}_{CE} - \frac{\lambda}{B} \sum_{(h, r, t)} \Big( \log \sigma(\gamma - d(h, r, t)) + \frac{1}{n} \sum_{t'} \log \sigma(d(h, r, t') - \gamma) \Big), \quad d = \lVert u_h + r - u_t \rVert",
    paper="Wang et al. 2021, KEPLER: A Unified Model for Knowledge Embedding and Pre-trained Language Representation, TACL 9, arXiv:1911.06136",
    when=N_(
        "It helps where the graph has many relations between what the texts name and labels are few. It acts on the encoder's layers alone, and the relations' vectors travel in "
        "each round beside the model. With a handful of triples a client there is little to learn."
    ),
    build=Links,
    coupled=True,
    needs_layers=True,
)

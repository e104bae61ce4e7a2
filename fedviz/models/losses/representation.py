"""Representation: a text's vector is pulled to that of the entity it speaks of, and pushed from those that the other texts speak of.

InfoNCE (van den Oord et al. 2018, arXiv 1807.03748) over the linked texts of a batch. An entity is read by the same encoder from its name and its
parents' names, so that the graph's structure enters by words. Two texts of one entity are no negatives of each other.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from fedviz.core.i18n import N_
from fedviz.models.knowledge.base import KnowledgeInputs
from fedviz.models.losses.base import LossEntry, LossOptions, Reading, Step
from fedviz.models.losses.described import Described, rarest

if TYPE_CHECKING:
    from torch import Tensor


class RepresentationOptions(LossOptions):
    """How sharp the contrast is."""

    name: Literal["representation"] = "representation"
    temperature: Annotated[float, Field(gt=0, le=10, title="Temperature", description="Cosines are divided by it. A small one cares about the nearest wrong entity, a large one about all of them alike.")] = 0.1


class Representation:
    """Each training text with its most specific entity."""

    def __init__(self, options: RepresentationOptions, inputs: KnowledgeInputs) -> None:
        self._temperature, self._graph = options.temperature, inputs.graph

    def parameters(self) -> "Mapping[str, Tensor]":
        """Nothing: texts and entities are read by the model's own encoder."""
        return {}

    def prepare(self, reading: Reading) -> None:
        """Link the texts and make their entities ready."""
        self._entity = rarest(self._graph, reading.texts)
        self._described = Described(self._graph, filter(None, self._entity), reading)

    def __call__(self, step: Step, trained: "Mapping[str, Tensor]") -> "Tensor":
        """The sum over the batch's linked texts of `-log(e^{s_ii} / sum_j e^{s_ij})`, divided by the batch's size; zero with fewer than two entities."""
        import torch

        named = [self._entity[row] for row in step.rows.tolist()]
        linked = [place for place, entity in enumerate(named) if entity]
        entities = [named[place] for place in linked]
        if len(set(entities)) < 2:
            return step.logits.new_zeros(())
        different = sorted(set(entities))  # type: ignore[type-var]
        names = torch.nn.functional.normalize(step.read(self._described[different]), dim=1)  # type: ignore[index]
        texts = torch.nn.functional.normalize(step.vectors[linked], dim=1)
        wanted = torch.tensor([different.index(entity) for entity in entities])
        return torch.nn.functional.cross_entropy(texts @ names.T / self._temperature, wanted, reduction="sum") / len(named)


REPRESENTATION = LossEntry(
    "representation",
    N_("Texts near their entities"),
    N_("The encoder learns to put a text near the entity that it names, as the graph describes it, and far from others."),
    RepresentationOptions,
    equation=r"\mathcal{L} = \mathcal{L}_{CE} - \frac{\lambda}{B} \sum_{i} \log \frac{e^{\cos(v_i, u_{e(i)}) / \tau}}{\sum_{e} e^{\cos(v_i, u_e) / \tau}}",
    paper="van den Oord et al. 2018, Representation Learning with Contrastive Predictive Coding, arXiv:1807.03748",
    when=N_(
        "It helps where texts are short and the same thing has many names. It acts on the encoder's layers alone, so that a frozen encoder learns nothing from it; "
        "with few texts in a batch there is little to tell apart."
    ),
    build=Representation,
    coupled=True,
    needs_layers=True,
)

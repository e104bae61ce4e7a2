"""What the graph adds to a client's loss: the weighted sum of the terms that a run asks for."""

from collections.abc import Callable, Sequence
from typing import Any

from torch import Tensor, nn

from fedviz.core.config import RunConfig
from fedviz.core.registry import LOSSES
from fedviz.models.knowledge.base import KnowledgeInputs
from fedviz.models.losses.base import GraphLoss, LossOptions, Reading, Step, strength


class Guides(nn.Module):
    """The terms of a run with what is trained beside the model. What the terms read of the texts is shared by all copies of a model."""

    def __init__(self, terms: Sequence[tuple[LossOptions, GraphLoss]]) -> None:
        super().__init__()
        self.terms = _Terms(terms)
        self.trained = nn.ModuleDict({options.name: nn.ParameterDict({name: nn.Parameter(value.clone()) for name, value in term.parameters().items()}) for options, term in terms})

    def prepare(self, texts: Sequence[str], inputs: Callable[[Sequence[str]], list[Any]]) -> None:
        """Let every term look at the training texts once."""
        for _options, term in self.terms:
            term.prepare(Reading(texts, inputs))

    def forward(self, step: Step, number: int) -> Tensor:
        """The weighted sum in round `number`, a scalar in nats."""
        total = step.logits.new_zeros(())
        for options, term in self.terms:
            total = total + strength(options, number) * term(step, self.trained[options.name])  # type: ignore[arg-type]
        return total


class _Terms(tuple[tuple[LossOptions, GraphLoss], ...]):
    """Terms that a copied model shares with the first one."""

    def __deepcopy__(self, memo: dict[int, Any]) -> "_Terms":
        return self


def guides(config: RunConfig, inputs: KnowledgeInputs) -> Guides | None:
    """The terms that a run asks for, in the registry's order; None where it asks for none."""
    asked = [(entry, getattr(config.guidance, entry.name)) for entry in LOSSES]
    terms = [(options, entry.build(options, inputs)) for entry, options in asked if options.weight]
    return Guides(terms) if terms else None

"""What every term of the loss offers that reads the graph.

This module and the entries import no torch at the top: the configuration imports them, and whoever lists options need not wait for it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Protocol

from pydantic import Field

from fedviz.core.options import Options
from fedviz.models.knowledge.base import KnowledgeInputs

if TYPE_CHECKING:
    from torch import Tensor


class LossOptions(Options):
    """The options that all terms share."""

    name: str
    weight: Annotated[float, Field(ge=0, le=100, title="Weight", description="How much this term counts beside the cross-entropy. 0 leaves it out.")] = 0.0
    warmup: Annotated[int, Field(ge=0, le=1000, title="Warm-up rounds", description="The weight grows evenly from the first round to this one, so that a young model is not pulled before it has seen texts. 0: it counts in full at once.")] = 0


@dataclass(frozen=True)
class Step:
    """One batch on its way through the model: logits [n, classes], text vectors [n, width], labels [n], and `rows` [n], the place of each among the training texts.

    `read(inputs)` gives vectors [m, width] of what `Reading.inputs` made, by the weights of this moment.
    """

    logits: "Tensor"
    vectors: "Tensor"
    labels: "Tensor"
    rows: "Tensor"
    read: "Callable[[list[Any]], Tensor]"


@dataclass(frozen=True)
class Reading:
    """What a term sees once, before training: the training texts of all clients row by row, and `inputs(texts)`, which makes encoder inputs of other texts.

    A term may keep of a row only what the client that holds it could work out by itself from the text and the graph.
    """

    texts: Sequence[str]
    inputs: Callable[[Sequence[str]], list[Any]]


class GraphLoss(Protocol):
    """A term of one run. It is called for every batch and gives the mean over the batch's texts, in nats, as a scalar that gradients flow through."""

    def parameters(self) -> "Mapping[str, Tensor]":
        """What is trained beside the model and travels with it, by name, with its first values; known from graph and options alone."""
        ...

    def prepare(self, reading: Reading) -> None:
        """Look at the training texts, once."""
        ...

    def __call__(self, step: Step, trained: "Mapping[str, Tensor]") -> "Tensor":
        """The term of a batch; `trained`: the values of `parameters` now."""
        ...


@dataclass(frozen=True)
class LossEntry:
    """A term of the registry.

    `equation` is LaTeX; `paper` names the source; `when` says when it helps and when it does not. `build(options, KnowledgeInputs)` returns a
    `GraphLoss`. `coupled`: texts of a batch enter together, so that no gradient belongs to a single text. `needs_layers`: it acts on the
    encoder alone, so that a run that trains only the head learns nothing from it.
    """

    name: str
    title: str
    summary: str
    options: type[LossOptions]
    equation: str
    paper: str
    when: str
    build: Callable[[Any, KnowledgeInputs], GraphLoss]
    coupled: bool = False
    needs_layers: bool = False


def strength(options: LossOptions, number: int) -> float:
    """The weight in round `number` (counted from 1); 0 is no round, and the weight counts in full."""
    return options.weight * min(1.0, number / options.warmup) if options.warmup and number else options.weight

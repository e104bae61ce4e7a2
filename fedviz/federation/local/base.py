"""Plain local training, and the places where an algorithm does something else.

A rule lives for one training of one client. What it must remember until the next round it gives back as `memory`, which stays with the
client; what the server must know goes up as `extra`, beside the weights.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from fedviz.federation import task
from fedviz.federation.task import FitResult, FitSettings, OnStep
from fedviz.models.trained import Trained

Arrays = Mapping[str, NDArray[Any]]


@dataclass(frozen=True)
class Job:
    """One training: the client's rows, the weights it received, what the server sent beside them, and what the client remembers.

    For attackers alone: `made`, training rows that this one forged; `together`, the honest jobs of all attackers, this one's included, where they
    work together (without what each remembers); `clients`, how many take part in the federation.
    """

    learner: Trained
    indices: Sequence[int]
    settings: FitSettings
    seed: int
    on_step: OnStep
    received: Arrays
    extra: Arrays = field(default_factory=dict)
    memory: Arrays = field(default_factory=dict)
    made: Sequence[int] = ()
    together: tuple["Job", ...] = ()
    clients: int = 0


@dataclass(frozen=True)
class Outcome:
    """What a training leaves: the client's weights, what else goes to the server, what stays with the client, and what training says of itself.

    `start`: the weights that it began from, where they are not those received.
    """

    arrays: Arrays
    result: FitResult
    extra: Arrays = field(default_factory=dict)
    memory: Arrays = field(default_factory=dict)
    start: Arrays | None = None


class LocalRule:
    """Plain training: the weights received, so many passes, the weights reached."""

    def train(self, job: Job) -> Outcome:
        """Train the job's learner from the weights received."""
        job.learner.load(job.received)
        self.begin(job)
        result = task.fit(job.learner, job.indices, job.settings, job.seed, job.on_step, self.adjust, self.objective)
        return self.end(job, job.learner.arrays(), result)

    def begin(self, job: Job) -> None:
        """Before the first step; the learner holds the weights received."""

    def objective(self, learner: Trained, batch: Any) -> tuple[Tensor, Tensor]:
        """The loss of a batch as it is told, without the rule's terms, and with them."""
        return task.plain(learner, batch)

    def adjust(self, weights: Sequence[nn.Parameter]) -> None:
        """Change the gradients in place, after they were computed and before the step; `weights` in the order of their names."""

    def end(self, job: Job, arrays: Arrays, result: FitResult) -> Outcome:
        """What is sent and what is kept."""
        return Outcome(arrays, result, {}, job.memory)

    def whole(self, learner: Trained, arrays: Arrays, memory: Arrays) -> Arrays:
        """A model as a client with that memory has it, of the arrays that travel; without memory, as everybody has it."""
        return arrays

    def personal(self, job: Job) -> Arrays | None:
        """The client's own model beside the global one, `job.received`; None where the algorithm has none. What is remembered stays as it is."""
        return None


def pulled(weights: Sequence[nn.Parameter], towards: Sequence[torch.Tensor], strength: float) -> None:
    """Adds the gradient of `strength/2 ||w - towards||^2` to the gradients, in place."""
    for weight, anchor in zip(weights, towards, strict=True):
        if weight.grad is not None:
            weight.grad.add_(weight.detach() - anchor, alpha=strength)


def tensors(job: Job, arrays: Arrays) -> list[torch.Tensor]:
    """Arrays by the learner's weights, in the order of their names; zeros where an array is missing, as before the first round."""
    return [
        torch.as_tensor(arrays[name].copy(), dtype=weight.dtype, device=weight.device) if name in arrays else torch.zeros_like(weight)
        for name, weight in zip(sorted(job.received), job.learner.parameters(), strict=True)
    ]

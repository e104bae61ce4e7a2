"""Local training and evaluation of one client. No federation framework here: weights are already in the learner.

FedProx's term: Li et al., Federated Optimization in Heterogeneous Networks (arXiv 1812.06127).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray

from fedviz.core.seeds import generator
from fedviz.core.types import Split
from fedviz.models.trained import Trained

EVALUATION_BATCH = 64
TOKENS = (1, 2)
"""Shape of the counts of a language model's answers."""

OnStep = Callable[[int, int, int, float], None]
"""`on_step(step, steps, examples, loss)` after each training step; what it raises ends the training."""
Adjust = Callable[[Sequence[torch.nn.Parameter]], None]
"""Changes the gradients of the weights in place, before a step."""
Objective = Callable[[Any, Any], tuple[torch.Tensor, torch.Tensor]]
"""The loss of a batch as it is told (mean cross-entropy in nats), and what a step makes smaller."""


@dataclass(frozen=True)
class FitSettings:
    """How a client trains: passes over its texts, texts per step, step size, optimiser, and FedProx's mu (0: no term).

    `rule` names what it does beside plain training (see `fedviz.federation.local`; empty: nothing), `numbers` are that rule's settings.
    `watch`: whether it measures the model it has trained on its own test part. `limit`: so many steps at most; the client's own setting, for a deadline.
    """

    epochs: int = 1
    batch_size: int = 16
    learning_rate: float = 5e-3
    optimizer: Literal["adamw", "sgd"] = "adamw"
    proximal_mu: float = 0.0
    rule: str = ""
    numbers: Mapping[str, float] = field(default_factory=dict)
    watch: bool = False
    limit: int | None = None

    def steps(self, texts: int) -> int:
        """How many steps a client of so many texts takes: `epochs` passes in batches, as far as the limit lets it."""
        steps = self.epochs * -(-texts // self.batch_size)
        return steps if self.limit is None else min(steps, self.limit)


@dataclass(frozen=True)
class FitResult:
    """What training says about itself: texts held, batch losses in nats (cross-entropy without a strategy's terms), and the mean per text over all epochs.

    `loss_before`: mean loss per text of the weights received, where the strategy asks for it. A `mean_loss` that is not a number is kept from the server.
    """

    examples: int
    losses: tuple[float, ...]
    mean_loss: float
    loss_before: float = 0.0


@dataclass(frozen=True)
class Evaluation:
    """Sums over the answers to a split: they add up over clients. `confusion` [classes, classes] counts, rows are the true class.

    A language model answers with tokens: `examples` counts these, and `confusion` [1, 2] those that are wrong and right.
    """

    examples: int
    loss_sum: float
    confusion: NDArray[np.int64]

    def __add__(self, other: "Evaluation") -> "Evaluation":
        return Evaluation(self.examples + other.examples, self.loss_sum + other.loss_sum, self.confusion + other.confusion)

    def metrics(self) -> dict[str, float]:
        """Mean loss (nats), accuracy, and macro-F1 over the classes that occur as truth or answer; of tokens the perplexity instead. Zeros where there is no answer."""
        if self.confusion.shape == TOKENS:
            answers = max(self.examples, 1)
            loss = self.loss_sum / answers
            return {"loss": loss, "accuracy": float(self.confusion[0, 1]) / answers, "perplexity": float(np.exp(min(loss, 700.0))) if self.examples else 0.0}
        right = np.diag(self.confusion)
        seen = self.confusion.sum(0) + self.confusion.sum(1)
        f1 = 2.0 * right[seen > 0] / seen[seen > 0]
        texts = max(self.examples, 1)
        return {"loss": self.loss_sum / texts, "accuracy": float(right.sum()) / texts, "macro_f1": float(f1.mean()) if f1.size else 0.0}


def optimizer_of(weights: Sequence[torch.nn.Parameter], settings: FitSettings) -> torch.optim.Optimizer:
    """The client's optimiser, fresh."""
    if settings.optimizer == "adamw":
        fused = True if weights and weights[0].is_cuda else None  # one kernel for all weights
        return torch.optim.AdamW(weights, lr=settings.learning_rate, weight_decay=0.0, fused=fused)
    return torch.optim.SGD(weights, lr=settings.learning_rate)


def plain(learner: Trained, batch: Any) -> tuple[torch.Tensor, torch.Tensor]:
    """The loss, and with what the graph adds to it, which is what a step makes smaller."""
    return learner.objective(batch)


def fit(
    learner: Trained,
    indices: Sequence[int],
    settings: FitSettings,
    seed: int,
    on_step: OnStep = lambda step, steps, examples, loss: None,
    adjust: Adjust = lambda weights: None,
    objective: Objective = plain,
) -> FitResult:
    """Train the learner's weights on its training texts at `indices`; the optimiser starts fresh.

    `objective` may add to the loss. `adjust` may change the gradients before each step, after FedProx's term was added. The same weights, indices, settings and seed
    give the same bits on one machine.
    """
    learner.weigh(indices)
    weights = learner.parameters()
    anchors = [weight.detach().clone() for weight in weights] if settings.proximal_mu else []
    optimizer = optimizer_of(weights, settings)
    steps = settings.steps(len(indices))
    losses: list[float] = []
    loss_sum, seen = 0.0, 0
    for epoch in range(settings.epochs):
        for batch in learner.batches("train", indices, settings.batch_size, generator(seed, "epoch", epoch)):
            if len(losses) >= steps:
                break
            optimizer.zero_grad(set_to_none=True)
            loss, whole = objective(learner, batch)
            whole.backward()
            for weight, anchor in zip(weights, anchors, strict=bool(anchors)):
                if weight.grad is not None:
                    weight.grad.add_(weight.detach() - anchor, alpha=settings.proximal_mu)
            adjust(weights)
            optimizer.step()
            losses.append(loss.item())
            loss_sum += losses[-1] * len(batch)
            seen += len(batch)
            on_step(len(losses), steps, len(batch), losses[-1])
    return FitResult(len(indices), tuple(losses), loss_sum / max(seen, 1))


@torch.no_grad()
def evaluate(learner: Trained, indices: Sequence[int], split: Split = "test") -> Evaluation:
    """Measure the learner's weights on the texts of `split` at `indices`."""
    total = Evaluation(0, 0.0, np.zeros(learner.counted, np.int64))
    for batch in learner.batches(split, indices, EVALUATION_BATCH):
        total += Evaluation(*learner.measure(batch))
    return total

"""DP-SGD: the gradient of every text is shortened to C, and their sum gets noise (Abadi et al. 2016, arXiv:1607.00133).

`g = (sum over the batch of min(1, C / ||g_i||) g_i + N(0, (z C)^2 I)) / B`, where every text is in the batch with probability B / n (Poisson). B is the
expected size, which is public; the size that a batch happens to have is not. An empty batch is a step of noise alone.

Gradients are taken one text at a time: exact for every model, whatever lies in its batches. Opacus takes the first axis of what a layer
sees for the text, which is the token where texts lie end to end (`fedviz.models.families`); see docs/decisions/0009.
"""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from fedviz.core.seeds import generator
from fedviz.federation.privacy.base import shortening
from fedviz.federation.privacy.dp_sgd_plan import plan
from fedviz.federation.task import FitResult, FitSettings, OnStep, optimizer_of
from fedviz.models.trained import Trained


def fit(learner: Trained, indices: Sequence[int], settings: FitSettings, seed: int, clip: float, noise: float, on_step: OnStep) -> FitResult:
    """Train the learner's weights on its training texts at `indices`; the losses are for the client alone.

    The optimiser and FedProx's term see gradients that have their noise already, and FedProx's term knows only weights: both cost no privacy.
    """
    weights, rows = learner.parameters(), np.array(indices, dtype=np.int64)
    anchors = [weight.detach().clone() for weight in weights] if settings.proximal_mu else []
    optimizer = optimizer_of(weights, settings)
    (rate, _whole), steps = plan(len(rows), settings.epochs, settings.batch_size), settings.steps(len(rows))
    coins, gauss = generator(seed, "poisson"), generator(seed, "noise")
    losses: list[float] = []
    for step in range(1, steps + 1):
        batch = poisson(rows, rate, coins)
        sums, loss = clipped_sum(learner, batch, clip)
        for weight, total in zip(weights, sums, strict=True):
            if noise:
                total += noise * clip * torch.from_numpy(gauss.standard_normal(tuple(weight.shape))).to(weight)
            weight.grad = total / (rate * len(rows))
        for weight, anchor in zip(weights, anchors, strict=bool(anchors)):
            weight.grad.add_(weight.detach() - anchor, alpha=settings.proximal_mu)  # type: ignore[union-attr]
        optimizer.step()
        losses.append(loss)
        on_step(step if len(batch) else 0, steps, len(batch), loss)
    seen = [loss for loss in losses if not np.isnan(loss)]
    return FitResult(len(rows), tuple(losses), float(np.mean(seen)) if seen else 0.0)


def poisson(rows: NDArray[np.int64], rate: float, coins: np.random.Generator) -> NDArray[np.int64]:
    """Those of `rows` [n] whose coin says so, each with probability `rate`; at rate 1 all, and maybe none below it."""
    return rows[coins.random(len(rows)) < rate]


def clipped_sum(learner: Trained, rows: NDArray[np.int64], clip: float) -> tuple[list[torch.Tensor], float]:
    """The sum over the texts at `rows` of their gradients, each no longer than `clip`, by weight; and the mean loss, not a number without texts.

    A gradient that is not finite adds nothing.
    """
    weights = learner.parameters()
    sums, losses = [torch.zeros_like(weight) for weight in weights], []
    for text in learner.batches("train", rows, 1):  # type: ignore[arg-type]
        loss, whole = learner.objective(text)
        gradients = [(total, g) for total, g in zip(sums, torch.autograd.grad(whole, weights, allow_unused=True), strict=True) if g is not None]
        norm = torch.stack([g.norm() for _total, g in gradients]).double().norm().item()
        factor = shortening(norm, clip)
        for total, gradient in gradients if factor else ():
            total.add_(gradient, alpha=factor)
        losses.append(loss.item())
    return sums, float(np.mean(losses)) if losses else float("nan")

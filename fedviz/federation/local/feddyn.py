"""FedDyn on the client: a linear term that remembers where earlier rounds pulled, and a proximal one.

Acar et al. 2021, Federated Learning Based on Dynamic Regularization (arXiv 2111.04263): minimise
`F_k(w) - <g_k, w> + alpha/2 ||w - w_t||^2`, then `g_k <- g_k - alpha (w_k - w_t)`.
"""

from collections.abc import Sequence

import torch
from torch import nn

from fedviz.federation.local.base import Arrays, Job, LocalRule, Outcome, tensors
from fedviz.federation.task import FitResult

PULL = "pull/"
"""Prefix of g_k in what the client remembers."""
ALPHA = "alpha"


class FedDyn(LocalRule):
    """Training on the regularised objective; any optimiser will do."""

    def begin(self, job: Job) -> None:
        """What the terms need: alpha, g_k and the weights received."""
        self._alpha = job.settings.numbers[ALPHA]
        self._pull = tensors(job, {name: job.memory[PULL + name] for name in job.received if PULL + name in job.memory})
        self._received = [weight.detach().clone() for weight in job.learner.parameters()]

    @torch.no_grad()
    def adjust(self, weights: Sequence[nn.Parameter]) -> None:
        """`g - g_k + alpha (w - w_t)`."""
        for weight, pull, received in zip(weights, self._pull, self._received, strict=True):
            if weight.grad is not None:
                weight.grad.sub_(pull).add_(weight - received, alpha=self._alpha)

    def end(self, job: Job, arrays: Arrays, result: FitResult) -> Outcome:
        """Keeps g_k; nothing but the weights is sent."""
        pulls = zip(sorted(job.received), self._pull, strict=True)
        memory = {PULL + name: (pull.cpu().numpy() - self._alpha * (arrays[name] - job.received[name])).astype(arrays[name].dtype) for name, pull in pulls}
        return Outcome(arrays, result, {}, memory)

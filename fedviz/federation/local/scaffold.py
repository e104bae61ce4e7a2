"""SCAFFOLD on the client: each gradient is corrected by what is known of the clients' disagreement.

Karimireddy et al. 2020, SCAFFOLD: Stochastic Controlled Averaging for Federated Learning (arXiv 1910.06378), Algorithm 1, option II:
`g - c_k + c`, and after K steps of size eta `c_k+ = c_k - c + (w_t - w_k) / (K eta)`.
"""

from collections.abc import Sequence

from torch import nn

from fedviz.federation.local.base import Arrays, Job, LocalRule, Outcome, tensors
from fedviz.federation.task import FitResult

VARIATE = "variate/"
"""Prefix of the control variates in what the client remembers."""


class Scaffold(LocalRule):
    """Plain SGD with control variates; the client's own one stays with it, its change goes to the server."""

    def begin(self, job: Job) -> None:
        """The correction of every gradient of this round, c - c_k."""
        self._own = tensors(job, {name: job.memory[VARIATE + name] for name in job.received if VARIATE + name in job.memory})
        self._server = tensors(job, job.extra)
        self._corrections = [server - own for server, own in zip(self._server, self._own, strict=True)]

    def adjust(self, weights: Sequence[nn.Parameter]) -> None:
        """`g - c_k + c`."""
        for weight, correction in zip(weights, self._corrections, strict=True):
            if weight.grad is not None:
                weight.grad.add_(correction)

    def end(self, job: Job, arrays: Arrays, result: FitResult) -> Outcome:
        """Sends the change of c_k, keeps c_k; a client without texts has none."""
        if not result.losses:
            return Outcome(arrays, result, {}, job.memory)
        length = len(result.losses) * job.settings.learning_rate
        change, memory = {}, {}
        for name, own, server in zip(sorted(job.received), self._own, self._server, strict=True):
            dtype = arrays[name].dtype
            change[name] = ((job.received[name] - arrays[name]) / length - server.cpu().numpy()).astype(dtype)
            memory[VARIATE + name] = (own.cpu().numpy() + change[name]).astype(dtype)
        return Outcome(arrays, result, change, memory)

"""MOON on the client: a term that compares what three models make of the same texts.

Li, He and Song 2021, Model-Contrastive Federated Learning (arXiv 2103.16257): `mu * -log(e^{s/tau} / (e^{s/tau} + e^{s'/tau}))` with s the cosine of
a text's vector to the one that the global model gives it, and s' to the one of the client's own model of its last training. The paper takes the
vector behind a projection head; here it is the encoder's own. Before a client has trained there is no former model and no term, which
is the same as one that equals the global model: their gradients cancel.
"""

from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import cosine_similarity, softplus

from fedviz.federation.local.base import Arrays, Job, LocalRule, Outcome, tensors
from fedviz.federation.task import FitResult
from fedviz.models.trained import Trained

MU, TAU = "mu", "tau"
PREVIOUS = "previous/"
"""Prefix of the client's last trained model in what it remembers."""


class Moon(LocalRule):
    """Any optimiser will do. The losses told are without the term; without weight or former model the training is plain, to the bit."""

    def begin(self, job: Job) -> None:
        """Both models that are compared with."""
        self._mu, self._tau = job.settings.numbers[MU], job.settings.numbers[TAU]
        former = {name: job.memory[PREVIOUS + name] for name in job.received if PREVIOUS + name in job.memory}
        self._former = tensors(job, former) if former else None
        self._global = [weight.detach().clone() for weight in job.learner.parameters()]

    def objective(self, learner: Trained, batch: Any) -> tuple[Tensor, Tensor]:
        """The cross-entropy, and with the term; the texts pass the trained model once for both."""
        if not self._mu or self._former is None:
            return super().objective(learner, batch)
        vectors = learner.features(batch)
        loss, whole = learner.objective(batch, vectors)
        with torch.no_grad():
            near, far = (learner.features(batch, weights) for weights in (self._global, self._former))
        return loss, whole + self._mu * contrast(vectors, near, far, self._tau)

    def end(self, job: Job, arrays: Arrays, result: FitResult) -> Outcome:
        """Keeps the model for the next time; nothing but the weights is sent."""
        return Outcome(arrays, result, {}, {PREVIOUS + name: values for name, values in arrays.items()} if result.losses else job.memory)


def contrast(vectors: Tensor, near: Tensor, far: Tensor, tau: float) -> Tensor:
    """Mean over the texts of `-log(e^{s/tau} / (e^{s/tau} + e^{s'/tau}))`, s and s' the cosines of `vectors` to `near` and to `far`, all [texts, width]."""
    return softplus((cosine_similarity(vectors, far) - cosine_similarity(vectors, near)) / tau).mean()

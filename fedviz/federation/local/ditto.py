"""Ditto on the client: FedAvg's training, and beside it a model of the client's own that is held near the global one.

Li, Hu, Beirami and Smith 2021, Ditto: Fair and Robust Federated Learning Through Personalization (arXiv 2012.04221), Algorithm 1: after the
global model's training, so many steps on `F_k(v) + lambda/2 ||v - w_t||^2` from the v_k of the round before. v_k never leaves the client.
"""

from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import nn

from fedviz.core import seeds
from fedviz.federation import task
from fedviz.federation.local.base import Arrays, Job, LocalRule, Outcome, pulled
from fedviz.federation.task import FitResult

PERSONAL = "personal/"
"""Prefix of the personal model in what the client remembers."""
LAMBDA, PASSES = "lambda", "passes"


class Ditto(LocalRule):
    """What is sent is FedAvg's to the bit: the personal model trains after it, with randomness of its own."""

    def end(self, job: Job, arrays: Arrays, result: FitResult) -> Outcome:
        """Train the personal model and keep it; its steps are not told."""
        learner, numbers = job.learner, job.settings.numbers
        learner.load(job.received)
        received = [weight.detach().clone() for weight in learner.parameters()]
        learner.load(self.personal(job))

        def adjust(weights: Sequence[nn.Parameter]) -> None:
            with torch.no_grad():
                pulled(weights, received, numbers[LAMBDA])

        settings = replace(job.settings, epochs=int(numbers[PASSES]))
        task.fit(learner, job.indices, settings, seeds.derive(job.seed, "personal"), lambda *step: job.on_step(0, 0, 0, 0.0), adjust)
        return Outcome(arrays, result, {}, kept(learner.arrays()) if result.losses else job.memory)

    def personal(self, job: Job) -> Arrays:
        """v_k as it was kept; the global model where the client has not trained yet."""
        return kept_model(job)


def kept(arrays: Arrays) -> Arrays:
    """A personal model as it is remembered."""
    return {PERSONAL + name: values for name, values in arrays.items()}


def kept_model(job: Job) -> Arrays:
    """The personal model that the client remembers, or the weights received where it remembers none."""
    return {name: job.memory.get(PERSONAL + name, values) for name, values in job.received.items()}

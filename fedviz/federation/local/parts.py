"""Parts that stay home, on the client: it puts its own beside what it is sent, trains all of it, and sends back what it was sent.

Arivazhagan et al. 2019, Federated Learning with Personalization Layers (arXiv 1912.00818), for heads; Li et al. 2021, FedBN (arXiv 2102.07623), for
norms. The client need not be told which arrays are its own: they are those that do not come. Before it has trained they
have the values that the model is built with, which every client has by itself.
"""

from dataclasses import replace

from fedviz.federation import messages
from fedviz.federation.local.base import Arrays, Job, LocalRule, Outcome
from fedviz.models.trained import Trained

HOME = "home/"
"""Prefix of the client's own parts in what it remembers."""


class LocalParts(LocalRule):
    """Plain training of the whole model; its own parts go on from round to round, also over rounds in which the client is not drawn."""

    def train(self, job: Job) -> Outcome:
        """Train everything, send a part. A client without texts keeps what it has."""
        outcome = super().train(replace(job, received=self.whole(job.learner, job.received, job.memory)))
        sent = {name: values for name, values in outcome.arrays.items() if name in job.received}
        home = {HOME + name: values for name, values in outcome.arrays.items() if name not in job.received}
        return replace(outcome, arrays=sent, memory=home if outcome.result.losses else job.memory)

    def whole(self, learner: Trained, arrays: Arrays, memory: Arrays) -> Arrays:
        """The arrays that travel, the client's own, and the first values of those that are neither."""
        return {**learner.initial, **arrays, **messages.within(memory, HOME)}

    def personal(self, job: Job) -> Arrays:
        """The global parts with the client's own."""
        return self.whole(job.learner, job.received, job.memory)

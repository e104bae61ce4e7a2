"""pFedMe on the client: a personal model near the client's copy of the global one, and that copy moved towards it.

Dinh, Tran and Nguyen 2020, Personalized Federated Learning with Moreau Envelopes (arXiv 2006.08848), Algorithm 1: for each batch, theta nearly
minimises `f(theta; batch) + lambda/2 ||theta - w||^2` after some steps, then `w <- w - eta lambda (w - theta)`. The last theta stays home.
"""

import torch

from fedviz.core.seeds import generator
from fedviz.federation.local.base import Arrays, Job, LocalRule, Outcome, pulled
from fedviz.federation.local.ditto import LAMBDA, kept, kept_model
from fedviz.federation.task import FitResult, optimizer_of

INNER, ETA = "inner-steps", "eta"


class PFedMe(LocalRule):
    """The inner steps are the client's optimiser's; theta goes on from batch to batch, and from round to round."""

    def train(self, job: Job) -> Outcome:
        """Losses told are those of theta before its last inner step on a batch, without the term."""
        learner, settings, numbers = job.learner, job.settings, job.settings.numbers
        learner.load(job.received)
        learner.weigh(job.indices)
        weights = learner.parameters()
        copies = [weight.detach().clone() for weight in weights]
        learner.load(self.personal(job))
        optimizer = optimizer_of(weights, settings)
        losses: list[float] = []
        loss_sum, seen = 0.0, 0
        steps = settings.steps(len(job.indices))
        for epoch in range(settings.epochs):
            for batch in learner.batches("train", job.indices, settings.batch_size, generator(job.seed, "epoch", epoch)):
                if len(losses) >= steps:
                    break
                for _ in range(int(numbers[INNER])):
                    optimizer.zero_grad(set_to_none=True)
                    loss, whole = learner.objective(batch)
                    whole.backward()
                    with torch.no_grad():
                        pulled(weights, copies, numbers[LAMBDA])
                    optimizer.step()
                with torch.no_grad():
                    for copy, weight in zip(copies, weights, strict=True):
                        copy.sub_(copy - weight, alpha=numbers[ETA] * numbers[LAMBDA])
                losses.append(loss.item())
                loss_sum += losses[-1] * len(batch)
                seen += len(batch)
                job.on_step(len(losses), steps, len(batch), losses[-1])
        result = FitResult(len(job.indices), tuple(losses), loss_sum / max(seen, 1))
        arrays = {name: copy.cpu().numpy() for name, copy in zip(sorted(job.received), copies, strict=True)}
        return Outcome(arrays, result, {}, kept(learner.arrays()) if losses else job.memory)

    def personal(self, job: Job) -> Arrays:
        """The last theta; the global model where the client has not trained yet."""
        return kept_model(job)

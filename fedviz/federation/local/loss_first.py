"""Plain training after the client has measured the global model's loss on its own training texts, which q-FFL weighs clients by."""

from dataclasses import replace

from fedviz.federation import task
from fedviz.federation.local.base import Job, LocalRule, Outcome


class LossFirst(LocalRule):
    """Adds the loss at the weights received to what training says of itself."""

    def train(self, job: Job) -> Outcome:
        """Measure, then train."""
        job.learner.load(job.received)
        before = task.evaluate(job.learner, job.indices, "train").metrics()["loss"]
        outcome = super().train(job)
        return replace(outcome, result=replace(outcome.result, loss_before=before))

"""IFCA on the client: of several models it takes the one that fits its own training texts best, trains that, and says which it was.

Ghosh, Chung, Yin and Ramchandran 2020, An Efficient Framework for Clustered Federated Learning (arXiv 2006.04088), Algorithm 1 with model averaging.
"""

from dataclasses import replace

import numpy as np

from fedviz.federation import task
from fedviz.federation.local.base import Arrays, Job, LocalRule, Outcome

CLUSTER = "cluster"
"""What goes up beside the weights: the number of the cluster, [1]."""


class Ifca(LocalRule):
    """Models come as `cluster/name` beside the weights; the weights themselves are cluster 0 where none of that number is beside them."""

    def train(self, job: Job) -> Outcome:
        """Choose, then train plainly from the model chosen."""
        models = models_of(job)
        chosen = best(job, models)
        outcome = super().train(replace(job, received=models[chosen], extra={}))
        return replace(outcome, extra={CLUSTER: np.array([chosen])}, start=models[chosen])

    def personal(self, job: Job) -> Arrays:
        """The model of the cluster that fits best after the round, also for a client that does not train."""
        models = models_of(job)
        return models[best(job, models)]


def models_of(job: Job) -> list[Arrays]:
    """The models of all clusters, by number."""
    found: dict[int, dict[str, np.ndarray]] = {}
    for key, values in job.extra.items():
        number, _, name = key.partition("/")
        found.setdefault(int(number), {})[name] = values
    return [model for _number, model in sorted(({0: job.received} | found).items())]


def best(job: Job, models: list[Arrays]) -> int:
    """The model with the least loss on the client's training texts; of equals, as without any text, the first."""
    if len(models) == 1:
        return 0
    losses = []
    for model in models:
        job.learner.load(model)
        losses.append(task.evaluate(job.learner, job.indices, "train").loss_sum)
    return int(np.argmin(np.nan_to_num(losses, nan=np.inf)))

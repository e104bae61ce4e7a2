"""FedAvg, and some steps of each client on its own texts before it uses the global model.

The simplest personalisation, and a strong one: Cheng, Chadha and Duchi 2021, Fine-tuning in Federated Learning: A Simple but Tough-to-Beat Baseline (arXiv 2108.07313).
"""

from dataclasses import replace

from fedviz.federation import task
from fedviz.federation.local.base import Arrays, Job, LocalRule

STEPS = "steps"


class FineTuning(LocalRule):
    """Plain training; the personal model is made anew of each global one, so that nothing must be remembered."""

    def personal(self, job: Job) -> Arrays:
        """The global model after so many local steps, in batches of the federation's size; the global model itself without steps or texts."""
        steps = int(job.settings.numbers[STEPS])
        if not steps or not len(job.indices):
            return job.received
        job.learner.load(job.received)
        settings = replace(job.settings, epochs=-(-steps // -(-len(job.indices) // job.settings.batch_size)), limit=steps)
        task.fit(job.learner, job.indices, settings, job.seed, job.on_step)
        return job.learner.arrays()

"""Why federate? The global model beside what each client would have had alone, and beside one model of the pooled texts.

All three start from the same weights and train with the same settings. A client alone, and the pooled model, train for as
many epochs as a client of the federation did on average: rounds x share of clients per round x local epochs. Absent clients train
alone too, since that is what they would have had; the pooled texts are those of the clients that take part and do not fail.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from fedviz.core import seeds
from fedviz.core.events import Compared, RunPreparing
from fedviz.core.i18n import N_
from fedviz.federation import messages, task
from fedviz.federation.assemble import Experiment
from fedviz.federation.grid import Stopped
from fedviz.federation.rounds import Hooks, fit_settings

ALONE, POOLED = N_("Train each client alone"), N_("Train on the pooled texts")
_BATCHES_PER_REPORT = 10


def compare(experiment: Experiment, federated: messages.Arrays, hooks: Hooks) -> bool:
    """Train the two alternatives and emit one `Compared` for each client; False where a cancel came in between."""
    try:
        _compare(experiment, federated, hooks)
        return True
    except Stopped:
        return False


def epochs(experiment: Experiment) -> int:
    """Epochs that a client of the federation trained on average over the run, at least one."""
    config = experiment.config.federation
    strategy = experiment.strategy()
    drawn = sum(len(strategy.participants(number)) for number in range(1, config.rounds + 1))
    return max(1, round(config.local_epochs * drawn / (config.clients - len(set(config.absent_clients)))))


def _compare(experiment: Experiment, federated: messages.Arrays, hooks: Hooks) -> None:
    learner, shards, config = experiment.learner, experiment.shards, experiment.config
    settings = replace(fit_settings(experiment), epochs=epochs(experiment))
    root = seeds.derive(config.seed, "compare")

    def train(rows: NDArray[np.int64], seed: int, on_batch: Callable[[int, int], None]) -> None:
        def after(step: int, steps: int, examples: int, loss: float) -> None:
            if hooks.command() == "cancel":
                raise Stopped
            on_batch(step, steps)

        learner.load(experiment.initial)
        task.fit(learner, rows, settings, seed, after)

    def measure(clients: Sequence[int]) -> list[dict[str, float]]:
        return [task.evaluate(learner, shards.test[client], "test").metrics() for client in clients]

    def report(step: str, done: int, total: int) -> None:
        if done % _BATCHES_PER_REPORT == 0 or done == total:
            hooks.emit(RunPreparing(step=step, done=done, total=total))

    clients = range(config.federation.clients)
    learner.load(federated)
    global_metrics = measure(clients)
    together = np.concatenate([shards.train[k] for k in clients if k not in {*config.federation.absent_clients, *config.federation.faulty_clients}])
    hooks.emit(RunPreparing(step=POOLED, done=0, total=1))
    train(together, seeds.derive(root, "pooled"), lambda step, steps: report(POOLED, step, steps))
    pooled_metrics = measure(clients)
    for client in clients:
        hooks.emit(RunPreparing(step=ALONE, done=client, total=len(clients)))
        local = None
        if client not in config.federation.faulty_clients:
            train(shards.train[client], seeds.derive(root, "alone", client), lambda step, steps: None)
            local = measure([client])[0]
        examples = len(shards.test[client])
        hooks.emit(Compared(client=client, examples=examples, federated=global_metrics[client], local=local, pooled=pooled_metrics[client]))
    hooks.emit(RunPreparing(step=ALONE, done=len(clients), total=len(clients)))

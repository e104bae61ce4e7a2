"""Why federate? The global model beside what each client would have had alone, and beside one model of the pooled texts.

With a personalising strategy each client's personal model stands beside them, as the last round left it.

All three start from the same weights and train with the same settings. A client alone, and the pooled model, train for as
many epochs as a client of the federation did on average: rounds x share of clients per round x local epochs. Absent clients train
alone too, since that is what they would have had; the pooled texts are those of the clients that take part and do not fail.
"""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
from flwr.app import RecordDict
from numpy.typing import NDArray

from fedviz.core import seeds
from fedviz.core.events import Compared, RunPreparing
from fedviz.core.i18n import N_
from fedviz.federation import client_app, messages, task
from fedviz.federation.assemble import Experiment, told
from fedviz.federation.grid import Stopped
from fedviz.federation.rounds import Hooks
from fedviz.models import compute
from fedviz.models.trained import Trained

TRAIN = N_("Train each client alone, and one model on the pooled texts")
_BATCHES_PER_REPORT = 10

Measured = dict[int, dict[str, float]]
"""Metrics of one model by client, on that client's own test part."""


def compare(experiment: Experiment, federated: messages.Arrays, hooks: Hooks, memories: Sequence[RecordDict] = (), remembered: messages.Arrays | None = None, rounds: int | None = None) -> bool:
    """Train the two alternatives and emit one `Compared` for each client; False where a cancel came in between.

    `memories`: what each client remembers after the last round (`RoundState.clients`), and `remembered` what the strategy does (`RoundState.strategy`), for personal models. `rounds`: after how many the
    federation ended, where it stopped early.
    """
    try:
        _compare(experiment, federated, hooks, memories, remembered or {}, rounds or experiment.config.federation.rounds)
        return True
    except Stopped:
        return False


def epochs(experiment: Experiment, rounds: int | None = None) -> int:
    """Epochs that a client of the federation trained on average over the run, or over so many rounds of it, at least one."""
    config = experiment.config.federation
    strategy = experiment.strategy()
    drawn = sum(len(strategy.participants(number)) for number in range(1, (rounds or config.rounds) + 1))
    return max(1, round(told(experiment, strategy).epochs * drawn / config.present))


def _compare(experiment: Experiment, federated: messages.Arrays, hooks: Hooks, memories: Sequence[RecordDict], remembered: messages.Arrays, rounds: int) -> None:
    shards, config = experiment.shards, experiment.config
    settings = replace(told(experiment, experiment.strategy()), epochs=epochs(experiment, rounds))
    root = seeds.derive(config.seed, "compare")
    clients = range(config.federation.clients)
    away, faulty = set(config.federation.absent_clients), set(config.federation.faulty_clients)
    together = np.concatenate([shards.train[k] for k in clients if k not in away | faulty])
    alone = [k for k in clients if k not in faulty]
    steps = _Steps(hooks, settings.epochs * sum(-(-len(rows) // settings.batch_size) for rows in (together, *(shards.train[k] for k in alone))))

    def measure(learner: Trained, of: tuple[int, ...]) -> Measured:
        return {client: task.evaluate(learner, shards.test[client], "test").metrics() for client in of}

    def trained(rows: NDArray[np.int64], seed: int, of: tuple[int, ...]) -> Callable[[Trained], Measured]:
        def job(learner: Trained) -> Measured:
            learner.load(experiment.initial)
            task.fit(learner, rows, settings, seed, steps.one)
            return measure(learner, of)

        return job

    jobs = [trained(together, seeds.derive(root, "pooled"), tuple(clients))]
    jobs += [trained(shards.train[k], seeds.derive(root, "alone", k), (k,)) for k in alone]
    pooled, *locals_ = _side_by_side(experiment.learners, jobs)
    local = {client: metrics for found in locals_ for client, metrics in found.items()}
    personal = _personal(experiment, federated, hooks, memories, remembered, rounds)
    experiment.learner.load(federated)
    for client, metrics in measure(experiment.learner, tuple(clients)).items():
        examples = len(shards.test[client])
        hooks.emit(
            Compared(client=client, examples=examples, federated=metrics, local=local.get(client), pooled=pooled[client], personal=personal.get(client))
        )


def _personal(experiment: Experiment, federated: messages.Arrays, hooks: Hooks, memories: Sequence[RecordDict], remembered: messages.Arrays, rounds: int) -> Measured:
    """Every client's personal model, the same that the clients measured in the last round; nothing without a personalising strategy."""
    strategy, shards, config = experiment.strategy(), experiment.shards, experiment.config

    def on_step(*_: object) -> None:
        if hooks.command() == "cancel":
            raise Stopped

    found: Measured = {}
    if strategy.personalises:
        strategy.restore(remembered)
        order = messages.Order(rounds, dict(federated), told(experiment, strategy), dict(strategy.extra_evaluated()))
        for client in range(config.federation.clients):
            memory = client_app.memory_of(memories[client]) if client < len(memories) else {}
            model = client_app.personal_model(
                experiment.learner, experiment.held(order.round, client, shards.train[client]), order, seeds.derive(config.seed, "clients"), client, memory, on_step
            )
            if model is not None:
                found[client] = client_app.measured(experiment.learner, model, shards.test[client]).metrics()
    return found


def _side_by_side(learners: tuple[Trained, ...], jobs: list[Callable[[Trained], Measured]]) -> list[Measured]:
    """What the jobs give, in their order; as many at a time as there are learners, the first one first, since it takes longest."""
    threads = compute.shares(len(learners)).threads
    waiting, found = list(enumerate(jobs)), dict[int, Measured]()
    lock = threading.Lock()

    def work(learner: Trained) -> None:
        while True:
            with lock:
                if not waiting:
                    return
                place, job = waiting.pop(0)
            found[place] = job(learner)

    with ThreadPoolExecutor(len(learners), "fedviz-compare", compute.take, (threads,)) as pool:
        for done in [pool.submit(work, learner) for learner in learners]:
            done.result()
    return [found[place] for place in range(len(jobs))]


class _Steps:
    """Counts training steps of all jobs together, tells them as progress, and ends a job where the run is cancelled."""

    def __init__(self, hooks: Hooks, total: int) -> None:
        self._hooks, self._total, self._done = hooks, total, 0
        self._lock = threading.Lock()
        self._report()

    def one(self, step: int, steps: int, examples: int, loss: float) -> None:
        """One step more."""
        if self._hooks.command() == "cancel":
            raise Stopped
        with self._lock:
            self._done += 1
            if self._done % _BATCHES_PER_REPORT == 0 or self._done == self._total:
                self._report()

    def _report(self) -> None:
        self._hooks.emit(RunPreparing(step=TRAIN, done=self._done, total=self._total))

"""What a client does with a message: a Flower `ClientApp` over `fedviz.federation.task`, where the training itself lives."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from queue import SimpleQueue
from typing import Any

import numpy as np
from flwr.app import Context, Message, RecordDict
from flwr.clientapp import ClientApp
from numpy.typing import NDArray

from fedviz.core import seeds
from fedviz.core.errors import RunError
from fedviz.federation import messages, task, wire
from fedviz.federation.adversaries.base import Attack
from fedviz.federation.local import local_rule
from fedviz.federation.local.base import Job
from fedviz.models.learner import Learner

OnBatch = Callable[[int, int, int, int, int, float], None]
"""`on_batch(round, client, step, steps, examples, loss)` after each training step; what it raises ends the training.

Step 0 is one of a model that stays with the client: a place to end the training, and nothing to tell.
"""


Fate = Callable[[int, int], tuple[str, float]]
"""`fate(round, client)`: a reason for which nothing of a training arrives (empty: it does), and the share of its steps that the client has time for."""


def arrives(number: int, client: int) -> tuple[str, float]:
    """The fate of who has all the time that it needs."""
    return "", 1.0


@dataclass(frozen=True)
class Conduct:
    """What clients do beside the algorithm, and what befalls them: `faulty` raise in training, `attacks` do what their attack does, with training rows `made` for it."""

    faulty: Collection[int] = ()
    attacks: Mapping[int, Attack] = field(default_factory=dict)
    fate: Fate = arrives
    made: Mapping[int, Sequence[int]] = field(default_factory=dict)

    def informed(self, job: Job, client: int, train: Sequence[NDArray[np.int64]], seeded: Callable[[int], int], stop: Callable[..., None]) -> Job:
        """An attacker's job with what it knows beside; `seeded(k)` seeds client k's training of this round, `stop` may end the work."""
        peers: tuple[Job, ...] = ()
        if self.attacks[client].colludes:
            peers = tuple(replace(job, indices=train[k], settings=replace(job.settings, limit=None), seed=seeded(k), on_step=stop, memory={}) for k in sorted(self.attacks))
        return replace(job, made=self.made.get(client, ()), together=peers, clients=len(train))


def client_contexts(clients: int) -> tuple[Context, ...]:
    """A fresh Flower context for each client; its `state` stays with the client over the rounds."""
    return tuple(
        Context(run_id=1, node_id=messages.node_of(k), node_config={wire.PARTITION: k, "num-partitions": clients}, state=RecordDict(), run_config={})
        for k in range(clients)
    )


def client_app(
    learners: Sequence[Learner],
    train: Sequence[NDArray[np.int64]],
    test: Sequence[NDArray[np.int64]],
    seed: int,
    on_batch: OnBatch,
    conduct: Conduct = Conduct(),
) -> ClientApp:
    """The app of all clients: `train[k]` and `test[k]` are the rows that client k holds, and its context says which client it is.

    The learners are shared: as many clients work at a time, each loads the weights it was sent first, and the others wait. Training is seeded by
    the run's seed, the round and the client.
    """
    app = ClientApp()
    honest = Attack()
    free: SimpleQueue[Learner] = SimpleQueue()
    for learner in learners:
        free.put(learner)

    @contextmanager
    def borrowed() -> Iterator[Learner]:
        learner = free.get()
        try:
            yield learner
        finally:
            free.put(learner)

    @app.train()
    def train_client(message: Message, context: Context) -> Message:
        client, order = int(context.node_config[wire.PARTITION]), messages.read_train(message)
        if client in conduct.faulty:
            raise RunError("This client fails in every round, as the configuration asks (`faulty_clients`).")
        trouble, share = conduct.fate(order.round, client)
        if trouble:
            raise RunError(trouble)
        with borrowed() as learner:
            job = Job(
                learner,
                train[client],
                in_time(order.settings, len(train[client]), share),
                seeds.derive(seed, "fit", order.round, client),
                lambda step, steps, examples, loss: on_batch(order.round, client, step, steps, examples, loss),
                order.arrays,
                order.extra,
                memory_of(context.state),
            )
            if client in conduct.attacks:
                job = conduct.informed(
                    job, client, train, lambda k: seeds.derive(seed, "fit", order.round, k), lambda *step: on_batch(order.round, client, 0, 0, 0, 0.0)
                )
            outcome = conduct.attacks.get(client, honest).train(local_rule(order.settings.rule), job, len(learner.classes))
            if outcome.memory:
                context.state[wire.MEMORY] = messages.array_record(outcome.memory)
            own = measured(learner, outcome.arrays, test[client]) if order.settings.watch else None
            return messages.train_reply(message, outcome.arrays, outcome.result, outcome.extra, own)

    @app.evaluate()
    def evaluate_client(message: Message, context: Context) -> Message:
        client, order = int(context.node_config[wire.PARTITION]), messages.read_evaluate(message)
        with borrowed() as learner:
            whole = measured(learner, order.arrays, test[client])
            model = personal_model(
                learner, train[client], order, seed, client, memory_of(context.state), lambda *step: on_batch(order.round, client, 0, 0, 0, 0.0)
            )
            return messages.evaluate_reply(message, whole, None if model is None else measured(learner, model, test[client]))

    return app


def in_time(settings: task.FitSettings, examples: int, share: float) -> task.FitSettings:
    """The settings of a client that has time for a share of its steps only, at least one."""
    if share >= 1:
        return settings
    return replace(settings, limit=max(1, int(share * settings.epochs * -(-examples // settings.batch_size))))


def personal_model(
    learner: Learner, rows: NDArray[np.int64], order: messages.Order, seed: int, client: int, memory: messages.Arrays, on_step: task.OnStep
) -> messages.Arrays | None:
    """A client's own model once the global one is that of the order; None for an algorithm without. `seed` is that of the clients' app."""
    own = seeds.derive(seed, "personal", order.round, client)
    return local_rule(order.settings.rule).personal(Job(learner, rows, order.settings, own, on_step, order.arrays, order.extra, memory))


def measured(learner: Learner, arrays: messages.Arrays, rows: NDArray[np.int64]) -> task.Evaluation:
    """A model on the test texts at `rows`."""
    learner.load(arrays)
    return task.evaluate(learner, rows, "test")


def memory_of(state: RecordDict) -> dict[str, NDArray[Any]]:
    """What a client remembers of the rounds so far."""
    return messages.arrays_of(state[wire.MEMORY]) if wire.MEMORY in state else {}  # type: ignore[arg-type]

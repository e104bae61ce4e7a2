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
from fedviz.federation import finite, messages, task, wire
from fedviz.federation.adversaries.base import Attack
from fedviz.federation.compression.base import Compressor
from fedviz.federation.compression.client import compressed, name_them
from fedviz.federation.local import local_rule
from fedviz.federation.local.base import Job
from fedviz.federation.privacy.base import Shield
from fedviz.models.trained import Trained

OnBatch = Callable[[int, int, int, int, int, float], None]
"""`on_batch(round, client, step, steps, examples, loss)` after each training step; what it raises ends the training.

Step 0 is one of a model that stays with the client: a place to end the training, and nothing to tell.
"""


Fate = Callable[[int, int], tuple[str, float]]
"""`fate(round, client)`: a reason for which nothing of a training arrives (empty: it does), and the share of its steps that the client has time for."""


def arrives(number: int, client: int) -> tuple[str, float]:
    """The fate of who has all the time that it needs."""
    return "", 1.0


Held = Callable[[int, int, NDArray[np.int64]], NDArray[np.int64]]
"""`held(round, client, rows)`: those of a client's rows that it trains on in a round."""


def all_rows(number: int, client: int, rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """What a client holds that holds the same in every round."""
    return rows


@dataclass(frozen=True)
class Conduct:
    """What clients do beside the algorithm, and what befalls them: `faulty` raise in training, `attacks` do what their attack does, with training
    rows `made` for it.

    `validation`: rows of its training texts that each client holds out; empty where none does. `compressor`: how all of them make their update smaller; `shield`: what the others, who are honest, train behind.
    """

    faulty: Collection[int] = ()
    attacks: Mapping[int, Attack] = field(default_factory=dict)
    fate: Fate = arrives
    held: Held = all_rows
    compressor: Compressor | None = None
    shield: Shield = Shield()
    made: Mapping[int, Sequence[int]] = field(default_factory=dict)
    validation: Sequence[NDArray[np.int64]] = ()

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
    learners: Sequence[Trained],
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
    free: SimpleQueue[Trained] = SimpleQueue()
    for learner in learners:
        free.put(learner)

    @contextmanager
    def borrowed() -> Iterator[Trained]:
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
        rows = conduct.held(order.round, client, train[client])
        with borrowed() as learner:
            learner.round = order.round
            job = Job(
                learner,
                rows,
                in_time(order.settings, len(rows), share),
                seeds.derive(seed, "fit", order.round, client),
                lambda step, steps, examples, loss: on_batch(order.round, client, step, steps, examples, loss),
                order.arrays,
                order.extra,
                memory_of(context.state),
            )
            rule = local_rule(order.settings.rule)
            if client in conduct.attacks:
                job = conduct.informed(
                    job, client, train, lambda k: seeds.derive(seed, "fit", order.round, k), lambda *step: on_batch(order.round, client, 0, 0, 0, 0.0)
                )
            outcome = conduct.attacks.get(client, conduct.shield).train(rule, job, len(learner.classes))
            if client not in conduct.attacks:  # an attacker sends what it likes
                finite.check(outcome, client, order.round)
            if outcome.memory:
                context.state[wire.MEMORY] = messages.array_record(outcome.memory)
            own = measured(learner, rule.whole(learner, outcome.arrays, outcome.memory), test[client]) if order.settings.watch else None
            if conduct.compressor is None:
                return messages.train_reply(message, outcome.arrays, outcome.result, outcome.extra, own)
            left_out, chance = memory_of(context.state, wire.LEFT_OUT), seeds.derive(seed, "compress", order.round, client)
            payload, left_out = compressed(conduct.compressor, outcome.arrays, order.arrays, left_out, chance)
            if left_out:
                context.state[wire.LEFT_OUT] = messages.array_record(left_out)
            reply = messages.train_reply(message, payload, outcome.result, outcome.extra, own)
            name_them(reply.content, outcome.arrays, order.arrays)
            return reply

    @app.evaluate()
    def evaluate_client(message: Message, context: Context) -> Message:
        client, order = int(context.node_config[wire.PARTITION]), messages.read_evaluate(message)
        with borrowed() as learner:
            learner.round = order.round
            whole = measured(learner, local_rule(order.settings.rule).whole(learner, order.arrays, {}), test[client])
            held_out = task.evaluate(learner, conduct.validation[client], "train") if conduct.validation else None
            model = personal_model(
                learner, conduct.held(order.round, client, train[client]), order, seed, client, memory_of(context.state), lambda *step: on_batch(order.round, client, 0, 0, 0, 0.0)
            )
            return messages.evaluate_reply(message, whole, None if model is None else measured(learner, model, test[client]), held_out)

    return app


def in_time(settings: task.FitSettings, examples: int, share: float) -> task.FitSettings:
    """The settings of a client that has time for a share of its steps only, at least one."""
    if share >= 1:
        return settings
    return replace(settings, limit=max(1, int(share * settings.steps(examples))))


def personal_model(
    learner: Trained, rows: NDArray[np.int64], order: messages.Order, seed: int, client: int, memory: messages.Arrays, on_step: task.OnStep
) -> messages.Arrays | None:
    """A client's own model once the global one is that of the order; None for an algorithm without. `seed` is that of the clients' app."""
    own = seeds.derive(seed, "personal", order.round, client)
    return local_rule(order.settings.rule).personal(Job(learner, rows, order.settings, own, on_step, order.arrays, order.extra, memory))


def measured(learner: Trained, arrays: messages.Arrays, rows: NDArray[np.int64]) -> task.Evaluation:
    """A model on the test texts at `rows`."""
    learner.load(arrays)
    return task.evaluate(learner, rows, "test")


def memory_of(state: RecordDict, key: str = wire.MEMORY) -> dict[str, NDArray[Any]]:
    """What a client remembers of the rounds so far: its rule, or (`wire.LEFT_OUT`) its compressor."""
    return messages.arrays_of(state[key]) if key in state else {}  # type: ignore[arg-type]

"""The loop: a round is configure, train, aggregate, evaluate, checkpoint, and every step of it is an event.

Flower's own loop has no callback, no stop and no first round other than 1, so the loop is ours and the strategies are
Flower's. The state after a round is everything that the next round depends on (`RoundState`); randomness is derived from seed, round
and client. So a run that goes on from a state ends with the same bits as one that never stopped.
"""

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any, Literal

from flwr.app import Message, RecordDict
from numpy.typing import NDArray

from fedviz.core import events as e
from fedviz.core import seeds
from fedviz.core.errors import RunError
from fedviz.core.types import Metric, MetricKey, Split
from fedviz.federation import messages, wire
from fedviz.federation.assemble import Experiment
from fedviz.federation.client_app import client_contexts
from fedviz.federation.drift import Drift
from fedviz.federation.grid import InProcessGrid, Stopped
from fedviz.federation.secure.client import SecureSettings, Sight, protect, some
from fedviz.federation.secure.keys import seeded
from fedviz.federation.secure.server import SecureGrid, Step
from fedviz.federation.strategies.mended import Mended
from fedviz.federation.task import Evaluation, FitSettings
from fedviz.models import compute

Command = Literal["pause", "step", "cancel"]
Ending = Literal["finished", "paused", "cancelled"]


@dataclass
class RoundState:
    """Everything that the rounds after `round` depend on: global weights, the strategy's and the clients' memories, the path of the drift."""

    round: int
    arrays: dict[str, NDArray[Any]]
    strategy: dict[str, NDArray[Any]] = field(default_factory=dict)
    drift: dict[str, NDArray[Any]] = field(default_factory=dict)
    clients: tuple[RecordDict, ...] = ()


@dataclass(frozen=True)
class Hooks:
    """What the loop needs of the outside.

    `emit(event)` writes an event; `command()` is what somebody wants of the run now; `save(state)` keeps a checkpoint after each
    round, also after round 0; `keep_client(round, client, arrays)` keeps what a client sent.
    """

    emit: Callable[[e.Event], Any] = lambda event: None
    command: Callable[[], Command | None] = lambda: None
    save: Callable[[RoundState], None] = lambda state: None
    keep_client: Callable[[int, int, messages.Arrays], None] = lambda number, client, arrays: None


@dataclass(frozen=True)
class Ended:
    """How the loop ended: why, after how many whole rounds, and with which weights."""

    status: Ending
    state: RoundState


class Rounds:
    """One run of the loop over an experiment, from the beginning or from a state. `shares`: how many clients work at a time."""

    def __init__(self, experiment: Experiment, hooks: Hooks, state: RoundState | None = None, shares: compute.Shares | None = None) -> None:
        compute.one_thread_for_numpy()
        self.experiment = experiment
        self.hooks = hooks
        self.state = state or RoundState(0, {name: values.copy() for name, values in experiment.initial.items()})
        config = experiment.config
        self.strategy: Mended = experiment.strategy()
        self.drift = Drift(self.state.arrays, config.seed)
        self.contexts = client_contexts(config.federation.clients)
        if state is not None:
            self.strategy.restore(state.strategy)
            if state.drift:
                self.drift.restore(state.drift)
            for context, kept in zip(self.contexts, state.clients, strict=False):
                context.state = RecordDict(dict(kept))
        shares = shares or compute.shares(config.federation.clients)
        app = experiment.app(self._on_batch)
        self.grid: InProcessGrid | SecureGrid = InProcessGrid(app, self.contexts, self._on_message, self._on_reply, shares)
        self._sights: dict[int, Sight] = {}
        if self.secure:
            settings = SecureSettings(config.federation.threshold, config.federation.weighting == "even")
            protect(app, settings, lambda number, client: seeded(seeds.derive(config.seed, "secure", number, client)), self._on_sight)
            self.grid = SecureGrid(self.grid, settings.threshold, self._on_step)
        self.settings = fit_settings(experiment)
        self._round = self.state.round
        self._lock = threading.Lock()  # clients work on threads of their own
        self._received = self._sent = 0
        self._started_at: dict[int, float] = {}

    @property
    def secure(self) -> bool:
        """Whether the server learns only the sum of a round's updates."""
        return self.experiment.config.federation.secure_aggregation

    def run(self) -> Ended:
        """Do the rounds that are left. Raises `RunError` where no client survives a round; a cancel ends it between two batches."""
        federation = self.experiment.config.federation
        try:
            self.hooks.emit(self.experiment.started(first_round=self.state.round + 1).model_copy(update={"secure": self.secure}))
            if self.state.round == 0:  # also where a run stopped before its first round was complete
                self._evaluate(0)
                self.hooks.save(self.state)
            while self.state.round < federation.rounds:
                if self.hooks.command() == "pause":
                    return Ended("paused", self.state)
                self._one_round(self.state.round + 1)
                if self.hooks.command() in ("pause", "step") and self.state.round < federation.rounds:
                    return Ended("paused", self.state)
            return Ended("finished", self.state)
        except Stopped:
            return Ended("cancelled", self.state)

    def _one_round(self, number: int) -> None:
        self._round, self._sent, self._received = number, 0, 0
        phases: dict[str, float] = {}
        start = time.perf_counter()
        record = messages.array_record(self.state.arrays)
        orders = list(self.strategy.configure_train(number, record, messages.settings_record(self.settings), self.grid))
        self.hooks.emit(e.RoundStarted(round=number, clients=tuple(messages.client_of(order.metadata.dst_node_id) for order in orders)))
        self.drift.begin(self.state.arrays)
        replies = _Watched(self, number)
        with closing(self.grid.send_and_receive(orders)) as answers:
            aggregated, _ = self.strategy.aggregate_train(number, replies.over(answers))
        phases["train"] = replies.elapsed_s
        if aggregated is None:
            why = f"; the first reason: {replies.first_reason}" if replies.first_reason else ""
            raise RunError(f"Round {number} has no surviving client: all {len(orders)} failed{why}")
        arrays = messages.arrays_of(aggregated)
        norm, drift, (x, y) = self.drift.end(arrays)
        drift = tuple(entry.model_copy(update={"share": self.strategy.shares.get(entry.client, 0.0)}) for entry in drift)
        phases["aggregate"] = time.perf_counter() - start - phases["train"]
        privacy = self.strategy.guard.spent(number) if self.strategy.guard else None
        self.hooks.emit(e.RoundAggregated(round=number, elapsed_s=phases["aggregate"], update_norm=norm, drift=drift, x=x, y=y, privacy=privacy))
        clients = tuple(RecordDict(dict(context.state)) for context in self.contexts)  # the next round replaces records, and may be cancelled
        state = RoundState(number, arrays, self.strategy.state(), self.drift.state(), clients)
        before = time.perf_counter()
        self._evaluate(number, arrays)
        phases["evaluate"] = time.perf_counter() - before
        before = time.perf_counter()
        self.hooks.save(state)
        phases["checkpoint"] = time.perf_counter() - before
        self.state = state
        self.hooks.emit(
            e.RoundEnded(
                round=number,
                elapsed_s=time.perf_counter() - start,
                phases_s=phases,
                sent_bytes=self._sent,
                received_bytes=self._received,
                weights_digest=messages.weights_digest(arrays),
            )
        )

    def _evaluate(self, number: int, arrays: messages.Arrays | None = None) -> None:
        """The global model on every client's test part, and on all of them together."""
        self._round = number
        record = messages.array_record(self.state.arrays if arrays is None else arrays)
        orders = self.strategy.configure_evaluate(number, record, messages.settings_record(self.settings), self.grid)
        with closing(self.grid.send_and_receive(orders)) as answers:
            total = self.strategy.aggregate_evaluate(number, answers)
        if total is None:
            raise RunError(f"The model of round {number} could not be evaluated: every client failed.")
        self.hooks.emit(e.GlobalEvaluated(round=number, metrics=metrics_of(messages.read_evaluation(total).metrics())))

    def _on_message(self, client: int, message: Message) -> None:
        self._stop_if_asked()
        size = messages.content_bytes(message.content)
        with self._lock:
            self._received += size
        if messages.is_query(message):
            return
        self._started_at[client] = time.perf_counter()
        self.hooks.emit(e.ClientStarted(round=self._round, client=client, phase=_phase(message), received_bytes=size))

    def _on_reply(self, client: int, reply: Message) -> None:
        phase = _phase(reply)
        if reply.has_error():
            reason = reply.error.reason or "no reason was given"
            self.hooks.emit(e.ClientFailed(round=self._round, client=client, phase=phase, reason=reason))
            return
        size = messages.content_bytes(reply.content)
        with self._lock:
            self._sent += size
        if messages.is_query(reply):
            return
        if reply.metadata.message_type == wire.SECURE_TRAIN:
            examples, metrics = 0, ()  # what it says is hidden
        elif phase == "train":
            report = messages.read_train_reply(reply)
            examples, metrics = report.examples, metrics_of({"loss": report.loss}, "train", client)
        else:
            evaluation = messages.read_evaluation(reply.content[wire.METRICS])
            examples, metrics = evaluation.examples, metrics_of(evaluation.metrics(), "test", client)
        own, personal = (messages.evaluation_in(reply.content, key) for key in (wire.OWN, wire.PERSONAL))
        elapsed = time.perf_counter() - self._started_at[client]
        self.hooks.emit(
            e.ClientFinished(
                round=self._round,
                client=client,
                phase=phase,
                examples=examples,
                elapsed_s=elapsed,
                sent_bytes=size,
                metrics=metrics if examples else (),
                own=_numbers(own),
                personal=_numbers(personal),
            )
        )

    def _on_batch(self, number: int, client: int, step: int, steps: int, examples: int, loss: float) -> None:
        if step:
            self.hooks.emit(e.BatchTrained(round=number, client=client, step=step, steps=steps, examples=examples, loss=loss))
        self._stop_if_asked()

    def _on_sight(self, sight: Sight) -> None:
        self._sights[sight.client] = sight

    def _on_step(self, step: Step) -> None:
        shown = None
        if step.mean is not None:
            sight = self._sights[step.clients[0]]
            shown = e.SecureSight(client=sight.client, update=sight.update, masked=sight.masked, mean=some(step.mean))
        self.hooks.emit(
            e.SecureStep(round=step.round, step=step.name, clients=step.clients, received_bytes=step.received_bytes, sent_bytes=step.sent_bytes, sight=shown)
        )

    def _stop_if_asked(self) -> None:
        if self.hooks.command() == "cancel":
            raise Stopped


class _Watched:
    """Replies to training on their way to the strategy: each becomes a kept model and a part of the drift, and is passed on."""

    def __init__(self, rounds: Rounds, number: int) -> None:
        self._rounds = rounds
        self._number = number
        self.elapsed_s = 0.0
        self.first_reason = ""

    def over(self, replies: Iterable[Message]) -> Iterator[Message]:
        """The same replies. `elapsed_s` sums the time of waiting for clients, without what the taker of the replies does."""
        iterator = iter(replies)
        while True:
            start = time.perf_counter()
            reply = next(iterator, None)
            self.elapsed_s += time.perf_counter() - start
            if reply is None:
                return
            self._watch(reply)
            yield reply

    def _watch(self, reply: Message) -> None:
        if reply.has_error():
            self.first_reason = self.first_reason or reply.error.reason or ""
            return
        if self._rounds.secure:  # one reply that holds the mean of all: nobody's model
            return
        rounds, report = self._rounds, messages.read_train_reply(reply)
        weight = 1.0 if rounds.experiment.config.federation.weighting == "even" else float(report.examples)
        rounds.drift.add(report.client, report.arrays, weight)
        rounds.hooks.keep_client(self._number, report.client, report.arrays)


def _phase(message: Message) -> e.Phase:
    return "evaluate" if message.metadata.message_type == messages.EVALUATE else "train"


def _numbers(evaluation: Evaluation | None) -> dict[str, float] | None:
    return evaluation.metrics() if evaluation is not None and evaluation.examples else None


def fit_settings(experiment: Experiment) -> FitSettings:
    """The federation's settings of local training; strategies may add to them when they configure a round."""
    federation = experiment.config.federation
    return FitSettings(federation.local_epochs, federation.batch_size, federation.learning_rate, federation.optimizer, watch=federation.watch_local)


def metrics_of(values: dict[str, float], split: Split = "test", client: int | None = None) -> tuple[Metric, ...]:
    """Numbers by name as metrics of a split and of a client, or of the federation."""
    return tuple(Metric(key=MetricKey(name=name, split=split, client=client), value=value) for name, value in values.items())

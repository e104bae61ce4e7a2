"""The loop: a round is configure, train, aggregate, evaluate, checkpoint, and every step of it is an event.

Flower's own loop has no callback, no stop and no first round other than 1, so the loop is ours and the strategies are
Flower's. The state after a round is everything that the next round depends on (`RoundState`); randomness is derived from seed, round
and client. So a run that goes on from a state ends with the same bits as one that never stopped.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from flwr.app import Message, RecordDict
from numpy.typing import NDArray

from fedviz.core import events as e
from fedviz.core.errors import RunError
from fedviz.core.types import Lane
from fedviz.federation import messages
from fedviz.federation.adapters.exactness import Exactness
from fedviz.federation.assemble import Experiment, compressor_of, fit_settings
from fedviz.federation.attack_success import attack_success
from fedviz.federation.client_app import client_contexts
from fedviz.federation.compression.grid import CompressedGrid
from fedviz.federation.drift import Drift
from fedviz.federation.finite import FiniteGrid
from fedviz.federation.fleet import reason
from fedviz.federation.grid import InProcessGrid, Stopped
from fedviz.federation.labels import labels_sent
from fedviz.federation.language import counts_sent, watched
from fedviz.federation.reports import Reports, metrics_of
from fedviz.federation.secure.protocols import hidden
from fedviz.federation.strategies.mended import Mended
from fedviz.federation.validation import Watch, stops
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
    validation: tuple[float, ...] = ()
    """What is watched on held-out texts, by round from the first on; empty where the run does not stop early."""
    best: "RoundState | None" = None
    """The state after the best of these rounds, where that is an earlier one."""


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
    """How the loop ended: why, after how many whole rounds, and with which weights. A run that stops early ends with the state after its best round."""

    status: Ending
    state: RoundState


class Rounds:
    """One run of the loop over an experiment, from the beginning or from a state. `shares`: how many clients work at a time.

    `engine(app, contexts, before, after, shares)` makes the grid that reaches the clients, by default in this process.
    """

    def __init__(
        self, experiment: Experiment, hooks: Hooks, state: RoundState | None = None, shares: compute.Shares | None = None, engine: Callable[..., Any] = InProcessGrid
    ) -> None:
        compute.one_thread_for_numpy()
        self.experiment = experiment
        self.hooks = hooks
        self.state = state or RoundState(0, {name: values.copy() for name, values in experiment.initial.items()})
        self._best = self.state.best or copied(self.state)
        config = experiment.config
        self.strategy: Mended = experiment.strategy()
        self.drift, self.exactness = Drift(self.state.arrays, config.seed), Exactness(config)
        self.contexts = client_contexts(config.federation.clients)
        if state is not None:
            self.strategy.restore(state.strategy)
            if state.drift:
                self.drift.restore(state.drift)
            for context, kept in zip(self.contexts, state.clients, strict=False):
                context.state = RecordDict(dict(kept))
        shares = shares or compute.shares(config.federation.clients)
        self.reports = reports = Reports(hooks.emit, self._stop_if_asked)
        app = experiment.app(reports.batch, self._fate)
        self.grid: Any = engine(app, self.contexts, reports.message, reports.reply, shares)
        if self.secure:
            self.grid = hidden(self.grid, app, config, reports.sight, reports.step)
        if compressor := compressor_of(config):
            self.grid = CompressedGrid(self.grid, compressor, reports.reply)
        self.grid = FiniteGrid(self.grid, reports.reply)
        self.settings = fit_settings(experiment)
        self._lanes: dict[int, Lane] = {}

    @property
    def secure(self) -> bool:
        """Whether the server learns only the sum of a round's updates."""
        return self.experiment.config.federation.secure_aggregation

    def run(self) -> Ended:
        """Do the rounds that are left. Raises `RunError` where no client survives a round; a cancel ends it between two batches."""
        try:
            self.hooks.emit(self.experiment.started(first_round=self.state.round + 1).model_copy(update={"secure": self.secure}))
            for counts in (counts_sent(self.experiment.config), labels_sent(self.experiment)) if self.state.round == 0 else ():
                if counts:
                    self.hooks.emit(counts)
            if self.state.round == 0:  # also where a run stopped before its first round was complete
                self._evaluate(0)
                self.hooks.save(self.state)
            while self._goes_on():
                if self.hooks.command() == "pause":
                    return Ended("paused", self.state)
                self._one_round(self.state.round + 1)
                if self.hooks.command() in ("pause", "step") and self._goes_on():
                    return Ended("paused", self.state)
            return Ended("finished", self.state.best or self.state)
        except Stopped:
            self.reports.close()  # what was sent has left its client, whatever becomes of the round
            return Ended("cancelled", self.state)
        except RunError:
            self.reports.close()
            raise

    def _goes_on(self) -> bool:
        federation, state = self.experiment.config.federation, self.state
        return state.round < federation.rounds and not stops(state.validation, federation.validation_metric, federation.patience)

    def _one_round(self, number: int) -> None:
        self.reports.begin(number)
        phases: dict[str, float] = {}
        start = time.perf_counter()
        record = messages.array_record(self.state.arrays)
        orders = list(self.strategy.configure_train(number, record, messages.settings_record(self.settings), self.grid))
        asked = tuple(messages.client_of(order.metadata.dst_node_id) for order in orders)
        timing = self.strategy.plan(number, asked)
        self._lanes = {lane.client: lane for lane in timing.lanes} if timing else {}
        self.hooks.emit(e.RoundStarted(round=number, clients=asked, timing=timing))
        self.drift.begin(self.state.arrays)
        self.exactness.begin(self.state.arrays)
        replies = _Watched(self, number)
        with closing(self.grid.send_and_receive(orders)) as answers:
            aggregated, _ = self.strategy.aggregate_train(number, replies.over(answers))
        phases["train"] = replies.elapsed_s
        if aggregated is None:
            why = f"; the first reason: {replies.first_reason}" if replies.first_reason else ""
            raise RunError(f"Round {number} has no surviving client: all {len(orders)} failed{why}")
        arrays = messages.arrays_of(aggregated)
        cosines = self.drift.cosines()
        norm, drift, (x, y) = self.drift.end(arrays)
        drift = tuple(entry.model_copy(update={"share": self.strategy.shares.get(entry.client, 0.0)}) for entry in drift)
        phases["aggregate"] = time.perf_counter() - start - phases["train"]
        adapters = self.exactness.end(arrays)
        privacy = self.strategy.guard.spent(number) if self.strategy.guard else None
        clusters = tuple(sorted(self.strategy.chosen.items()))
        self.hooks.emit(e.RoundAggregated(round=number, elapsed_s=phases["aggregate"], update_norm=norm, drift=drift, x=x, y=y, privacy=privacy, clusters=clusters, cosines=cosines, adapters=adapters, ranks=self.strategy.ranks))
        clients = tuple(RecordDict(dict(context.state)) for context in self.contexts)  # the next round replaces records, and may be cancelled
        state = RoundState(number, arrays, self.strategy.state(), self.drift.state(), clients)
        before = time.perf_counter()
        validated = self._evaluate(number, arrays)
        if validated is not None and validated.best:
            state.validation = (*self.state.validation, validated.metrics[validated.metric])
            if validated.best == number:
                self._best = copied(state)
            else:
                state.best = self._best
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
                sent_bytes=self.reports.sent,
                received_bytes=self.reports.received,
                weights_digest=messages.weights_digest(arrays),
            )
        )

    def _evaluate(self, number: int, arrays: messages.Arrays | None = None) -> e.Validated | None:
        """The global model on every client's test part, and on all of them together; and on what clients hold out, where they do."""
        self.reports.round = number
        record = messages.array_record(self.state.arrays if arrays is None else arrays)
        orders = self.strategy.configure_evaluate(number, record, messages.settings_record(self.settings), self.grid)
        watch = Watch(self.experiment.config.federation)
        with closing(self.grid.send_and_receive(orders)) as answers:
            total = self.strategy.aggregate_evaluate(number, watch.over(answers))
        if total is None:
            raise RunError(f"The model of round {number} could not be evaluated: every client failed.")
        evaluation = messages.read_evaluation(total)
        success = attack_success(self.experiment, self.state.arrays if arrays is None else arrays, evaluation)
        self.hooks.emit(e.GlobalEvaluated(round=number, metrics=metrics_of(evaluation.metrics() | success)))
        if (validated := watch.told(number, self.state.validation)) is not None:
            self.hooks.emit(validated)
        if answers := watched(self.experiment, self.state.arrays if arrays is None else arrays):
            self.hooks.emit(e.Watched(round=number, answers=answers))
        self.reports.close()
        return validated

    def _fate(self, number: int, client: int) -> tuple[str, float]:
        """What virtual time does to a client's training in this round."""
        lane = self._lanes.get(client)
        return ("", 1.0) if lane is None else (reason(lane, self.experiment.config.network.deadline_s), lane.share)

    def _stop_if_asked(self) -> None:
        if self.hooks.command() == "cancel":
            raise Stopped


def copied(state: RoundState) -> RoundState:
    """A state that stays as it is while the run goes on: strategy and drift may write to theirs."""
    strategy, drift = ({name: values.copy() for name, values in some.items()} for some in (state.strategy, state.drift))
    return replace(state, strategy=strategy, drift=drift)


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
        rounds.drift.add(report.client, rounds.strategy.moved(report), weight)
        whole = rounds.strategy.placed(report)
        rounds.exactness.add(whole, weight)
        rounds.hooks.keep_client(self._number, report.client, whole)

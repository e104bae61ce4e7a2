"""What passes between server and clients, told as events: who received what, who trains, who answered, who failed."""

import threading
import time
from collections.abc import Callable
from math import isnan
from typing import Any

from flwr.app import Message

from fedviz.core import events as e
from fedviz.core.types import Metric, MetricKey, Split
from fedviz.federation import messages, wire
from fedviz.federation.contents import Contents
from fedviz.federation.secure.client import Sight, some
from fedviz.federation.secure.sums import Step
from fedviz.federation.task import Evaluation


class Reports:
    """The events of one run. `received` and `sent` count the bytes of a round, from the clients' side; `check` may end the work by raising."""

    def __init__(self, emit: Callable[[e.Event], Any], check: Callable[[], None]) -> None:
        self._emit, self._check = emit, check
        self.round = self.received = self.sent = 0
        self._contents = Contents()
        self._sights: dict[int, Sight] = {}
        self._lock = threading.Lock()  # clients work on threads of their own
        self._started_at: dict[int, float] = {}

    def begin(self, number: int) -> None:
        """A round begins."""
        self.round, self.received, self.sent = number, 0, 0

    def message(self, client: int, message: Message) -> None:
        """A message reached a client."""
        self._check()
        size = self._contents.saw(client, message, "received")
        with self._lock:
            self.received += size
        if messages.is_query(message):
            return
        self._started_at[client] = time.perf_counter()
        self._emit(e.ClientStarted(round=self.round, client=client, phase=_phase(message), received_bytes=size))

    def reply(self, client: int, reply: Message) -> None:
        """A client answered."""
        phase = _phase(reply)
        if reply.has_error():
            reason = reply.error.reason or "no reason was given"
            self._emit(e.ClientFailed(round=self.round, client=client, phase=phase, reason=reason))
            return
        size = self._contents.saw(client, reply, "sent")
        with self._lock:
            self.sent += size
        if messages.is_query(reply):
            return
        if reply.metadata.message_type in wire.HIDDEN_TRAINS:
            examples, metrics = 0, ()  # what it says is hidden
        elif phase == "train":
            report = messages.read_train_reply(reply)
            examples, metrics = report.examples, metrics_of({} if isnan(report.loss) else {"loss": report.loss}, "train", client)
        else:
            evaluation = messages.read_evaluation(reply.content[wire.METRICS])
            examples, metrics = evaluation.examples, metrics_of(evaluation.metrics(), "test", client)
        own, personal = (messages.evaluation_in(reply.content, key) for key in (wire.OWN, wire.PERSONAL))
        elapsed = time.perf_counter() - self._started_at[client]
        self._emit(
            e.ClientFinished(
                round=self.round,
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

    def batch(self, number: int, client: int, step: int, steps: int, examples: int, loss: float) -> None:
        """A training step is done; step 0 is one that nothing is told of."""
        if step:
            self._emit(e.BatchTrained(round=number, client=client, step=step, steps=steps, examples=examples, loss=loss))
        self._check()

    def close(self) -> None:
        """Tell which messages have passed since the last time, if any has."""
        passed = self._contents.closed(self.round)
        if passed.rows:
            self._emit(passed)

    def sight(self, sight: Sight) -> None:
        """What a viewer may see of a client's update under secure aggregation."""
        self._sights[sight.client] = sight

    def step(self, step: Step) -> None:
        """A step of secure aggregation is done."""
        shown = None
        if step.mean is not None:
            sight = self._sights[step.clients[0]]
            shown = e.SecureSight(
                client=sight.client, update=sight.update, masked=sight.masked, mean=some(step.mean), cipher_bytes=sight.cipher_bytes, head=sight.head.hex(" ")
            )
        self._emit(
            e.SecureStep(round=step.round, step=step.name, clients=step.clients, received_bytes=step.received_bytes, sent_bytes=step.sent_bytes, sight=shown)
        )


def _phase(message: Message) -> e.Phase:
    return "evaluate" if message.metadata.message_type == messages.EVALUATE else "train"


def _numbers(evaluation: Evaluation | None) -> dict[str, float] | None:
    return evaluation.metrics() if evaluation is not None and evaluation.examples else None


def metrics_of(values: dict[str, float], split: Split = "test", client: int | None = None) -> tuple[Metric, ...]:
    """Numbers by name as metrics of a split and of a client, or of the federation."""
    return tuple(Metric(key=MetricKey(name=name, split=split, client=client), value=value) for name, value in values.items())

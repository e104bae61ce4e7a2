"""What grids have in common that let the server learn the sum of a round's updates and nothing else of them: steps, questions to all who are left, the reply."""

from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from flwr.app import Message, MessageType
from numpy.typing import NDArray

from fedviz.core.errors import RunError
from fedviz.federation import messages, wire
from fedviz.federation.aggregation.base import as_type
from fedviz.federation.grid import GridOver
from fedviz.federation.task import FitResult

T = TypeVar("T")


class MalformedError(Exception):
    """An answer that its step cannot use; the client counts as lost."""


@dataclass(frozen=True)
class Step:
    """One step as the server sees it: its name, `sum` when it knows the sum; who answered, and the bytes to and from the clients.

    `mean`: the clients' mean update [d], in the step `sum` alone.
    """

    round: int
    name: str
    clients: tuple[int, ...]
    received_bytes: int
    sent_bytes: int
    mean: NDArray[np.float64] | None = None


class SumGrid(GridOver):
    """A grid over another one; messages other than those of training pass through. `threshold`: how many clients every step must keep."""

    def __init__(self, inner: Any, threshold: int, on_step: Callable[[Step], None] = lambda step: None) -> None:
        super().__init__(inner)
        self._threshold, self._on_step = threshold, on_step
        self._reason = ""

    def send_and_receive(self, messages: Iterable[Message], *, timeout: float | None = None) -> Iterator[Message]:
        """One reply to a round's train messages, all replies to others. `RunError` where a step has fewer clients than the threshold."""
        orders = list(messages)
        if orders and all(order.metadata.message_type == MessageType.TRAIN for order in orders):
            yield self._sum(orders)
        else:
            yield from self._inner.send_and_receive(orders, timeout=timeout)

    def _sum(self, orders: list[Message]) -> Message:
        """The protocol; the reply that it gives is to the first order, with arrays, weight and loss of all."""
        raise NotImplementedError

    def _ask(self, step: str, number: int, questions: list[Message], read: Callable[[int, Message], T], least: int | None = None) -> dict[int, T]:
        """What the clients that did not fail answer in a step. An answer that cannot be read counts as none, and so does one more of the same client.

        `RunError` where they are fewer than `least` (None: the threshold).
        """
        least = self._threshold if least is None else least
        asked = {messages.client_of(question.metadata.dst_node_id) for question in questions}
        down, up, answers = sum(messages.content_bytes(question.content) for question in questions), 0, {}
        with closing(self._inner.send_and_receive(questions)) as replies:
            for reply in replies:
                if reply.has_error():
                    self._reason = self._reason or reply.error.reason or ""
                    continue
                client = messages.client_of(reply.metadata.src_node_id)
                if client in answers or client not in asked:
                    continue
                try:
                    up += messages.content_bytes(reply.content)
                    answers[client] = read(client, reply)
                except (MalformedError, LookupError, TypeError, ValueError, AttributeError, RunError):
                    self._reason = self._reason or f"client {client} sent what is no answer to {step}"
        if len(answers) < least:
            why = f"; the first reason: {self._reason}" if self._reason else ""
            raise RunError(f"Round {number} has too few clients for secure aggregation: {len(answers)} are left after the step {step}, but {least} must be{why}")
        self._on_step(Step(number, step, tuple(answers), down, up))
        return answers

    def _reply(self, orders: list[Message], old: messages.Arrays, clients: Collection[int], sums: NDArray[np.float64]) -> Message:
        """The old model moved by the mean update of these clients, as one reply. `sums` [d + 2]: of their weighted updates, weights and weighted losses."""
        weight, loss = sums[-2:]
        mean = sums[:-2] / (weight or 1.0)  # nobody who took part holds a text: all updates are zero
        self._on_step(Step(number_of(orders), "sum", tuple(clients), 0, 0, mean))
        return messages.train_reply(orders[0], _moved(old, mean), FitResult(round(weight), (), float(loss / (weight or 1.0))))


def number_of(orders: list[Message]) -> int:
    """The round of train messages."""
    return int(orders[0].content[wire.CONFIG][wire.ROUND])  # type: ignore[arg-type]


def _moved(old: messages.Arrays, mean: NDArray[np.float64]) -> dict[str, NDArray[Any]]:
    """The old model, moved by the mean update [d]; every array in its type."""
    arrays, start = {}, 0
    for name in sorted(old):
        values = old[name]
        arrays[name] = as_type(values + mean[start : start + values.size].reshape(values.shape), values.dtype)
        start += values.size
    return arrays

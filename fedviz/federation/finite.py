"""An update that is not finite is refused, since a single one would take the global model with it: NaN and infinity survive every mean.

A client looks before it sends, so that this also holds where the server sees sums alone; the server looks at what arrives in the clear, since not
every client is honest. Either way the client has failed in that round, in one sentence, and the round goes on with the others.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from math import isfinite, isinf
from typing import TYPE_CHECKING, Any

import numpy as np
from flwr.app import Error, Message, MessageType

from fedviz.core.errors import RunError
from fedviz.federation import messages
from fedviz.federation.grid import GridOver

if TYPE_CHECKING:
    from fedviz.federation.local.base import Outcome

LOSS = "loss"
_REFUSED = 1


def odd(parts: Sequence[messages.Arrays], loss: float, loss_before: float) -> str | None:
    """What of an update is not finite: the name of an array, or the loss; None where all is. A loss that is no number is one that the client keeps to itself: a
    step on it would show in the weights.
    """
    name = next((name for arrays in parts for name, values in arrays.items() if not np.isfinite(values).all()), None)
    return name or (None if isfinite(loss_before) and not isinf(loss) else LOSS)


def check(outcome: "Outcome", client: int, number: int) -> None:
    """Before anything is sent or remembered; `RunError` where the training has run away."""
    result = outcome.result
    if (name := odd((outcome.arrays, outcome.extra, outcome.memory), result.mean_loss, result.loss_before)) is not None:
        raise RunError(f"The update of client {client} in round {number} is refused, since its `{name}` is not finite.")


class FiniteGrid(GridOver):
    """A grid over another one; messages other than those of training pass through. `refused(client, reply)` is told of an update that is not taken: it becomes the client's failure."""

    def __init__(self, inner: Any, refused: Callable[[int, Message], None] = lambda client, reply: None) -> None:
        super().__init__(inner)
        self._refused = refused

    def send_and_receive(self, messages: Iterable[Message], *, timeout: float | None = None) -> Iterator[Message]:
        """The inner grid's replies, one after the other."""
        orders = list(messages)
        by_node = {order.metadata.dst_node_id: order for order in orders if order.metadata.message_type == MessageType.TRAIN}
        with closing(self._inner.send_and_receive(orders, timeout=timeout)) as replies:
            for reply in replies:
                order = by_node.get(reply.metadata.src_node_id)
                yield reply if order is None or reply.has_error() else self._taken(order, reply)

    def _taken(self, order: Message, reply: Message) -> Message:
        report = messages.read_train_reply(reply)
        client, name = report.client, odd((report.arrays, report.extra), report.loss, report.loss_before)
        if name is None:
            return reply
        number = messages.read_train(order).round
        reason = f"The update of client {client} in round {number} is refused, since its `{name}` is not finite."
        failed = Message(Error(_REFUSED, reason), reply_to=order)
        self._refused(client, failed)
        return failed

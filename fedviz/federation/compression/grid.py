"""The server's side: a Flower grid over another one, which reads compressed updates back before anybody else sees the replies.

So strategies, combinations, drift and kept models see whole models, as ever, while bytes are counted on what travelled.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from typing import Any

from flwr.app import Error, Message, MessageType, RecordDict
from flwr.serverapp import Grid
from flwr.supercore.run import Run

from fedviz.federation import messages, wire
from fedviz.federation.aggregation.base import as_type
from fedviz.federation.compression.base import Compressor

_UNREADABLE = 1


class CompressedGrid(Grid):
    """Messages other than those of training pass through. `refused(client, reply)` is told of an answer that makes no sense: it becomes the client's failure."""

    def __init__(self, inner: Any, compressor: Compressor, refused: Callable[[int, Message], None] = lambda client, reply: None) -> None:
        self._inner, self._compressor, self._refused = inner, compressor, refused

    def set_run(self, run: Run) -> None:
        """The inner grid's."""
        self._inner.set_run(run)

    @property
    def run(self) -> Run:
        """The inner grid's."""
        return self._inner.run

    def create_message(self, content: RecordDict, message_type: str, dst_node_id: int, group_id: str, ttl: float | None = None) -> Message:
        """The inner grid's."""
        return self._inner.create_message(content, message_type, dst_node_id, group_id, ttl)

    def get_node_ids(self) -> Iterable[int]:
        """The inner grid's."""
        return self._inner.get_node_ids()

    def push_messages(self, messages: Iterable[Message]) -> Iterable[str]:
        """The inner grid's; reading an update back needs the weights that were sent, so that training goes by `send_and_receive`."""
        return self._inner.push_messages(messages)

    def pull_messages(self, message_ids: Iterable[str]) -> Iterable[Message]:
        """The inner grid's."""
        return self._inner.pull_messages(message_ids)

    def send_and_receive(self, messages: Iterable[Message], *, timeout: float | None = None) -> Iterator[Message]:
        """The inner grid's replies, one after the other, with whole models in those to training; one order for each client."""
        orders = list(messages)
        by_node = {order.metadata.dst_node_id: order for order in orders if order.metadata.message_type == MessageType.TRAIN}
        with closing(self._inner.send_and_receive(orders, timeout=timeout)) as replies:
            for reply in replies:
                order = by_node.get(reply.metadata.src_node_id)
                yield reply if order is None or reply.has_error() else self._read(order, reply)

    def _read(self, order: Message, reply: Message) -> Message:
        client = messages.client_of(reply.metadata.src_node_id)
        try:
            sent = messages.arrays_of(order.content[wire.ARRAYS])
            like = {name: sent[name] for name in reply.content[wire.UPDATED][wire.NAMES]} if wire.UPDATED in reply.content else sent  # type: ignore[union-attr]
            update = self._compressor.decode(messages.arrays_of(reply.content[wire.ARRAYS]), like)
        except (LookupError, TypeError, ValueError, AttributeError) as error:
            failed = Message(Error(_UNREADABLE, f"The update of client {client} cannot be read back: {' '.join(str(error).split())[:200]}."), reply_to=order)
            self._refused(client, failed)
            return failed
        arrays = {name: as_type(values + update[name], values.dtype) for name, values in like.items()}
        reply.content = RecordDict({**reply.content, wire.ARRAYS: messages.array_record(arrays)})
        return reply

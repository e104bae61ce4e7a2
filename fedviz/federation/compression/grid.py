"""The server's side: a Flower grid over another one, which reads compressed updates back before anybody else sees the replies.

So strategies, combinations, drift and kept models see whole models, as ever, while bytes are counted on what travelled.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from typing import Any

from flwr.app import Error, Message, MessageType, RecordDict

from fedviz.federation import messages, wire
from fedviz.federation.aggregation.base import as_type
from fedviz.federation.compression.base import Compressor
from fedviz.federation.grid import GridOver

_UNREADABLE = 1


class CompressedGrid(GridOver):
    """Messages other than those of training pass through. `refused(client, reply)` is told of an answer that makes no sense: it becomes the client's failure."""

    def __init__(self, inner: Any, compressor: Compressor, refused: Callable[[int, Message], None] = lambda client, reply: None) -> None:
        super().__init__(inner)
        self._compressor, self._refused = compressor, refused

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

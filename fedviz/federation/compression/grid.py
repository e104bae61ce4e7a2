"""The server's side: a Flower grid over another one, which reads compressed updates back before anybody else sees the replies.

So strategies, combinations, drift and kept models see whole models, as ever, while bytes are counted on what travelled.
"""

from collections.abc import Callable

from flwr.app import Message, RecordDict
from flwr.serverapp import Grid

from fedviz.federation import messages, wire
from fedviz.federation.aggregation.base import as_type
from fedviz.federation.compression.base import Compressor
from fedviz.federation.grid import UpdatesGrid


class CompressedGrid(UpdatesGrid):
    """A grid over another one that gives whole models on. An answer that makes no sense is refused."""

    def __init__(self, inner: Grid, compressor: Compressor, refused: Callable[[int, Message], None] = lambda client, reply: None) -> None:
        super().__init__(inner, refused)
        self._compressor = compressor

    def update(self, order: Message, reply: Message) -> Message:
        """The reply with the whole model, or the client's failure."""
        client = messages.client_of(reply.metadata.src_node_id)
        try:
            sent = messages.arrays_of(order.content[wire.ARRAYS])
            like = {name: sent[name] for name in reply.content[wire.UPDATED][wire.NAMES]} if wire.UPDATED in reply.content else sent  # type: ignore[union-attr]
            update = self._compressor.decode(messages.arrays_of(reply.content[wire.ARRAYS]), like)
        except (LookupError, TypeError, ValueError, AttributeError) as error:
            return self.refuse(client, order, f"The update of client {client} cannot be read back: {' '.join(str(error).split())[:200]}.")
        arrays = {name: as_type(values + update[name], values.dtype) for name, values in like.items()}
        reply.content = RecordDict({**reply.content, wire.ARRAYS: messages.array_record(arrays)})
        return reply

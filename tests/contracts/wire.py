"""Flower's wire without a network: what its serialisation would lose is lost, and a run must not notice.

Orders, replies and what a client remembers go through the two forms in which Flower sends them: protocol buffers, and the objects of which its
deployment sends each distinct one once. What remains are Flower's own records and arrays, and nothing that lives in this process alone.
"""

from collections.abc import Callable

from flwr.app import Context, Message
from flwr.common.serde import context_from_proto, context_to_proto, message_from_proto, message_to_proto
from flwr.supercore.inflatable.inflatable_object import get_all_nested_objects
from flwr.supercore.inflatable.inflatable_utils import inflate_object_from_contents

from fedviz.federation.messages import MemoryArray


def by_protobuf(message: Message) -> Message:
    """As protocol buffers and back."""
    kind = type(message_to_proto(message))
    return message_from_proto(kind.FromString(message_to_proto(message).SerializeToString()))


def by_objects(message: Message) -> Message:
    """As the objects that it is made of and back."""
    contents = {name: part.deflate() for name, part in get_all_nested_objects(message).items()}
    return inflate_object_from_contents(message.object_id, contents)  # type: ignore[return-value]


def remembered(context: Context) -> Context:
    """A client's context as protocol buffers and back."""
    kind = type(context_to_proto(context))
    return context_from_proto(kind.FromString(context_to_proto(context).SerializeToString()))


def over_the_wire(app: Callable[[Message, Context], Message], message: Message, context: Context) -> Message:
    """What an app answers to a message that came over the wire, as it arrives over the wire; its context is serialised before and after."""
    arrived = by_objects(by_protobuf(message))
    assert not [name for record in arrived.content.array_records.values() for name, array in record.items() if isinstance(array, MemoryArray)]
    mine = remembered(context)
    reply = by_objects(by_protobuf(app(arrived, mine)))
    context.state = remembered(mine).state
    return reply

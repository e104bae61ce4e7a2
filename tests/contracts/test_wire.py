"""Every plug-in over Flower's wire: what its serialisation would lose is lost here, and the run must not notice.

Orders, replies and what a client remembers go through the two forms in which Flower sends them: protocol buffers, and the objects of which its
deployment sends each distinct one once. What remains are Flower's own records and arrays, without anything that only lives in this process.
"""

import pytest
from flwr.app import Context, Message
from flwr.common.serde import context_from_proto, context_to_proto, message_from_proto, message_to_proto
from flwr.supercore.inflatable.inflatable_object import get_all_nested_objects
from flwr.supercore.inflatable.inflatable_utils import inflate_object_from_contents

from fedviz.bench.every import every, tiny_run
from fedviz.bench.simulated import story
from fedviz.federation.assemble import assemble
from fedviz.federation.grid import InProcessGrid
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


class Wired(InProcessGrid):
    """An in-process grid whose messages and contexts are serialised on every way."""

    def _answer(self, message: Message) -> Message:
        arrived = by_objects(by_protobuf(message))
        assert not any(isinstance(array, MemoryArray) for record in arrived.content.array_records.values() for array in record.values())
        reply = super()._answer(arrived)
        context = self._contexts[message.metadata.dst_node_id]
        context.state = remembered(context).state
        return by_objects(by_protobuf(reply))



@pytest.mark.slow
@pytest.mark.parametrize(("section", "name"), [pytest.param(*one, id="-".join(one).removeprefix("federation.")) for one in every()])
def test_a_run_over_the_wire_is_the_run_in_process(section: str, name: str) -> None:
    experiment = assemble(tiny_run(section, name))
    plain, wired = story(experiment), story(experiment, Wired)
    assert plain == wired
    assert not plain["failed"] and len(plain["digests"]) == experiment.config.federation.rounds

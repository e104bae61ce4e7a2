"""The wire: nothing is lost, nothing is aliased, and bytes are counted as `np.save` would write them."""

import io

import numpy as np
import pytest
from flwr.app import Array, ArrayRecord, Message, RecordDict
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from fedviz.federation import messages, wire
from fedviz.federation.grid import InProcessGrid
from fedviz.federation.task import Evaluation, FitSettings

arrays = hnp.arrays(
    st.sampled_from([np.float32, np.float64, np.int64, np.float16, np.bool_]), hnp.array_shapes(min_dims=0, max_dims=3, max_side=5), elements=st.integers(0, 1)
)


@settings(max_examples=60, deadline=None)
@given(values=arrays)
def test_a_memory_array_is_flowers_array(values: np.ndarray) -> None:
    mine, flowers = messages.MemoryArray(values), Array(values)
    assert (mine.dtype, mine.shape, mine.stype, mine.data) == (flowers.dtype, flowers.shape, flowers.stype, flowers.data)
    assert mine.object_id == flowers.object_id
    np.testing.assert_array_equal(mine.numpy(), values)


@settings(max_examples=60, deadline=None)
@given(values=arrays, fortran=st.booleans())
def test_bytes_are_those_of_np_save(values: np.ndarray, fortran: bool) -> None:
    values = np.asfortranarray(values) if fortran else values
    file = io.BytesIO()
    np.save(file, values)
    record = messages.array_record({"name": values})
    assert messages.content_bytes(RecordDict({"r": record})) == len(file.getvalue()) + len("name")
    flowers = ArrayRecord({"name": Array(values)})
    assert messages.content_bytes(RecordDict({"r": flowers})) == flowers.count_bytes()


def test_numpy_gives_a_copy_and_the_view_is_read_only() -> None:
    array = messages.MemoryArray(np.ones(3))
    array.numpy()[:] = 5
    assert array.ndarray.tolist() == [1, 1, 1]
    with pytest.raises(ValueError, match="read-only"):
        array.ndarray[0] = 5


def test_orders_and_reports_come_back() -> None:
    InProcessGrid(None, ())  # it sets the identity that Flower's messages need
    order = FitSettings(3, 8, 0.25, "sgd", 0.5)
    config = messages.settings_record(order)
    config[wire.ROUND] = 7
    weights = {"b": np.arange(4, dtype=np.float32), "a": np.zeros((2, 2))}
    content = RecordDict({wire.ARRAYS: messages.array_record(weights), wire.CONFIG: config})
    message = Message(content, dst_node_id=messages.node_of(2), message_type=messages.TRAIN)
    read = messages.read_train(message)
    assert (read.round, read.settings) == (7, order)
    assert messages.weights_digest(read.arrays) == messages.weights_digest(weights)
    evaluation = Evaluation(6, 1.5, np.array([[1, 2, 0], [0, 3, 0], [0, 0, 0]]))
    again = messages.read_evaluation(messages.evaluate_reply(message, evaluation).content.metric_records[wire.METRICS])
    assert (again.examples, again.loss_sum) == (6, 1.5)
    np.testing.assert_array_equal(again.confusion, evaluation.confusion)


@pytest.mark.parametrize("change", [lambda a: a["w"].__setitem__(0, -0.0), lambda a: a.update(w=a["w"].astype(np.float64)), lambda a: a.update(v=a.pop("w"))])
def test_a_digest_sees_every_bit_type_and_name(change) -> None:
    weights = {"w": np.zeros(3, np.float32)}
    before = messages.weights_digest(weights)
    assert messages.weights_digest({"w": np.zeros(3, np.float32)}) == before
    change(weights)
    assert messages.weights_digest(weights) != before

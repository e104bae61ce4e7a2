"""The wire, typed once: what the server and the clients say to each other. Its keys stand in `fedviz.federation.wire` and nowhere else.

Down, to train: arrays (the global weights) and settings. Up: arrays (the client's weights) and metrics. Strategies that need more send
a second record of arrays (`extra`), down, up or both. Down, to evaluate: arrays and settings. Up: metrics as sums, so that the server can add them.
Sums of two more models travel where they are measured: `own` (what a client has just trained, with the train reply) and `personal` (with the other).

Records are taken from a message's content by their key and not through Flower's views (`content.array_records` and the like): each
view is a reference cycle that holds the arrays until the garbage collector comes by, and memory would grow with the clients.
"""

import hashlib
import io
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from flwr.app import Array, ArrayRecord, ConfigRecord, Message, MessageType, MetricRecord, RecordDict
from flwr.common.constant import SType
from numpy.typing import NDArray

from fedviz.federation.npy import npy_bytes
from fedviz.federation.task import TOKENS, Evaluation, FitResult, FitSettings
from fedviz.federation.wire import (
    ARRAYS,
    BATCH,
    CONFIG,
    CONFUSION,
    EPOCHS,
    EXTRA,
    LOSS,
    LOSS_BEFORE,
    LOSS_SUM,
    METRICS,
    MU,
    NUMBER,
    OPTIMIZER,
    OWN,
    PERSONAL,
    RATE,
    ROUND,
    RULE,
    STEPS,
    VALIDATION,
    WATCH,
    WEIGHT,
)

Arrays = Mapping[str, NDArray[Any]]

TRAIN, EVALUATE = MessageType.TRAIN, MessageType.EVALUATE
_FIRST_NODE = 1000


def node_of(client: int) -> int:
    """The Flower node id of a client (0 and 1 mean the server in Flower)."""
    return _FIRST_NODE + client


def client_of(node: int) -> int:
    """The client of a Flower node id."""
    return node - _FIRST_NODE


def is_query(message: Message) -> bool:
    """Whether a message asks for neither training nor an evaluation."""
    return message.metadata.message_type.partition(".")[0] == MessageType.QUERY


_type_name = lru_cache(str)


class MemoryArray(Array):
    """A Flower `Array` that keeps the ndarray it was made of and turns it into `np.save` bytes only where somebody asks for `data`.

    The array is taken over, not copied: nobody may write to it afterwards. `numpy()` gives a copy, as Flower's own does,
    since some of its strategies write in place; `ndarray` is a read-only view without a copy.
    """

    def __init__(self, ndarray: NDArray[Any]) -> None:
        values = ndarray.view()
        values.setflags(write=False)
        # Straight into the dictionary: Flower's setter of these fields costs more than the rest of a small message.
        self.__dict__.update(ndarray=values, dtype=_type_name(values.dtype), shape=values.shape, stype=SType.NUMPY)

    @property
    def data(self) -> bytes:  # type: ignore[override]
        """The bytes that `np.save` writes."""
        if "_data" not in self.__dict__:
            buffer = io.BytesIO()
            np.save(buffer, self.__dict__["ndarray"], allow_pickle=False)
            self.__dict__["_data"] = buffer.getvalue()
        return self.__dict__["_data"]

    @property
    def ndarray(self) -> NDArray[Any]:
        """The values, read-only, without a copy."""
        return self.__dict__["ndarray"]

    def numpy(self) -> NDArray[Any]:
        """A copy of the values."""
        return self.__dict__["ndarray"].copy()


# Flower writes the class name into what it sends, and its receiver knows `Array` alone.
MemoryArray.__qualname__ = Array.__qualname__


def array_record(arrays: Arrays) -> ArrayRecord:
    """The arrays as a Flower record, names sorted, nothing copied and nothing serialised."""
    record = ArrayRecord()
    for name in sorted(arrays):
        record[name] = MemoryArray(np.asarray(arrays[name]))
    return record


def arrays_of(record: ArrayRecord) -> dict[str, NDArray[Any]]:
    """The values of a record by name, to be read only."""
    return {name: array.ndarray if isinstance(array, MemoryArray) else array.numpy() for name, array in record.items()}


def within(arrays: Arrays, prefix: str) -> dict[str, NDArray[Any]]:
    """Those arrays whose names begin with a prefix, under what follows it."""
    return {name.removeprefix(prefix): values for name, values in arrays.items() if name.startswith(prefix)}


def weights_digest(arrays: Arrays) -> str:
    """Sixteen hex digits over names, types, shapes and bits: equal exactly when the weights are equal to the bit."""
    digest = hashlib.blake2b(digest_size=8)
    for name in sorted(arrays):
        values = np.ascontiguousarray(arrays[name])
        digest.update(f"{name}\x1f{values.dtype.str}\x1f{values.shape}\x1f".encode())
        digest.update(values.data)
    return digest.hexdigest()


def content_bytes(content: RecordDict) -> int:
    """Bytes of a message's content as Flower counts them: `np.save` bytes of the arrays, values and keys of the other records."""
    total = 0
    for record in content.values():
        if not isinstance(record, ArrayRecord):
            total += record.count_bytes()
            continue
        total += sum(array_bytes(name, array) for name, array in record.items())
    return total


def array_bytes(name: str, array: Array) -> int:
    """Bytes of one array of a record with its name: what `np.save` writes, which an array of ours need not do for that."""
    if not isinstance(array, MemoryArray):
        return len(name) + len(array.data)
    values = array.ndarray
    fortran = values.flags.f_contiguous and not values.flags.c_contiguous
    return len(name) + npy_bytes(values.dtype.str, values.shape, fortran)


def settings_record(settings: FitSettings) -> ConfigRecord:
    """How a client shall train, to be sent with the weights."""
    return ConfigRecord(
        {
            EPOCHS: settings.epochs,
            BATCH: settings.batch_size,
            RATE: settings.learning_rate,
            OPTIMIZER: settings.optimizer,
            MU: settings.proximal_mu,
        }
        | ({WATCH: 1} if settings.watch else {})
        | ({RULE: settings.rule} if settings.rule else {})
        | {NUMBER + name: value for name, value in settings.numbers.items()}
    )


@dataclass(frozen=True)
class Order:
    """A message to train or to evaluate as the client reads it; `extra` is what the strategy sends beside the weights."""

    round: int
    arrays: dict[str, NDArray[Any]]
    settings: FitSettings
    extra: dict[str, NDArray[Any]]


def read_settings(config: ConfigRecord) -> FitSettings:
    """The settings that `settings_record` wrote, with what a strategy added."""
    return FitSettings(
        epochs=int(config[EPOCHS]),  # type: ignore[arg-type]
        batch_size=int(config[BATCH]),  # type: ignore[arg-type]
        learning_rate=float(config[RATE]),  # type: ignore[arg-type]
        optimizer=str(config[OPTIMIZER]),  # type: ignore[arg-type]
        proximal_mu=float(config[MU]),  # type: ignore[arg-type]
        rule=str(config.get(RULE, "")),
        numbers={key.removeprefix(NUMBER): float(value) for key, value in config.items() if key.startswith(NUMBER)},  # type: ignore[arg-type]
        watch=bool(config.get(WATCH, 0)),
    )


def read_train(message: Message) -> Order:
    """What the server asks a client to train."""
    config = message.content[CONFIG]
    return Order(int(config[ROUND]), arrays_of(message.content[ARRAYS]), read_settings(config), extra_of(message.content))  # type: ignore[arg-type]


def extra_of(content: RecordDict) -> dict[str, NDArray[Any]]:
    """The second record of arrays; empty where there is none."""
    return arrays_of(content[EXTRA]) if EXTRA in content else {}


def train_reply(message: Message, arrays: Arrays, result: FitResult, extra: Arrays | None = None, own: Evaluation | None = None) -> Message:
    """The client's weights after training, how many examples and steps stand behind them, the mean training loss, and what the strategy wants beside.

    `own`: these weights on the client's own test part, where they were measured.
    """
    metrics = MetricRecord({WEIGHT: result.examples, LOSS: result.mean_loss, STEPS: len(result.losses), LOSS_BEFORE: result.loss_before})
    content = RecordDict({ARRAYS: array_record(arrays), METRICS: metrics})
    if extra:
        content[EXTRA] = array_record(extra)
    if own is not None:
        content[OWN] = evaluation_record(own)
    return Message(content, reply_to=message)


def read_evaluate(message: Message) -> Order:
    """What the server asks a client to evaluate; a personalising rule reads its settings."""
    return read_train(message)


@dataclass(frozen=True)
class TrainReport:
    """A train reply as the server reads it; `arrays` and `extra` are read-only."""

    client: int
    examples: int
    loss: float
    arrays: dict[str, NDArray[Any]]
    steps: int
    loss_before: float
    extra: dict[str, NDArray[Any]]
    own: Evaluation | None = None


def read_train_reply(message: Message) -> TrainReport:
    """What a client answered to a train message that did not fail; a client app of somebody else's need not count steps."""
    metrics = message.content[METRICS]
    arrays = arrays_of(message.content[ARRAYS])
    return TrainReport(
        client=client_of(message.metadata.src_node_id),
        examples=int(metrics[WEIGHT]),  # type: ignore[arg-type]
        loss=float(metrics[LOSS]),  # type: ignore[arg-type]
        arrays=arrays,
        steps=int(metrics.get(STEPS, 0)),  # type: ignore[arg-type]
        loss_before=float(metrics.get(LOSS_BEFORE, 0.0)),  # type: ignore[arg-type]
        extra=extra_of(message.content),
        own=evaluation_in(message.content, OWN),
    )


def evaluation_record(evaluation: Evaluation) -> MetricRecord:
    """Sums over a client's texts: how many, their loss, and the confusion counts row by row. No text and no rate."""
    counts = [int(count) for count in evaluation.confusion.ravel()]
    return MetricRecord({WEIGHT: evaluation.examples, LOSS_SUM: evaluation.loss_sum, CONFUSION: counts})


def evaluate_reply(message: Message, evaluation: Evaluation, personal: Evaluation | None = None, validation: Evaluation | None = None) -> Message:
    """The sums of a client's evaluation of the global model, of its personal one where it has one, and of the global one on texts that it holds out where it does."""
    content = RecordDict({METRICS: evaluation_record(evaluation)})
    if personal is not None:
        content[PERSONAL] = evaluation_record(personal)
    if validation is not None:
        content[VALIDATION] = evaluation_record(validation)
    return Message(content, reply_to=message)


def evaluation_in(content: RecordDict, key: str) -> Evaluation | None:
    """The sums under a key of a reply; None where they were not measured."""
    return read_evaluation(content[key]) if key in content else None  # type: ignore[arg-type]


def read_evaluation(record: MetricRecord) -> Evaluation:
    """The sums of one client, or of all clients together."""
    counts = np.asarray(record[CONFUSION], dtype=np.int64)
    classes = int(round(len(counts) ** 0.5))
    shape = TOKENS if len(counts) == 2 else (classes, classes)  # two is no square
    return Evaluation(int(record[WEIGHT]), float(record[LOSS_SUM]), counts.reshape(shape))  # type: ignore[arg-type]


def train_metrics(examples: float, loss: float) -> MetricRecord:
    """Training metrics over several clients."""
    return MetricRecord({WEIGHT: examples, LOSS: loss})

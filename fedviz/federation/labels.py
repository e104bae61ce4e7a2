"""How many texts of each class the clients have: counted once, added up by the server and sent back, where class weights are global.

Counts pass before the first round, in the clear and under each client's name; whoever trains with the sums has the same weights everywhere, so that the mean
of the clients' weighted losses is the weighted loss over all texts.
"""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from fedviz.core.config import RunConfig
from fedviz.core.events import MessagesPassed
from fedviz.core.passed import Content, Direction, Entry, Passed
from fedviz.federation import wire
from fedviz.federation.npy import npy_bytes
from fedviz.scenarios.base import ScenarioData
from fedviz.scenarios.partitions.base import Shards

if TYPE_CHECKING:
    from fedviz.federation.assemble import Experiment

MESSAGE = "labels"


def label_counts(config: RunConfig, data: ScenarioData, shards: Shards) -> NDArray[np.int64]:
    """Training texts by client and class [clients, classes]; clients that never train tell nothing."""
    away = config.federation.absent_clients
    return np.stack([np.bincount(data.train.labels[[] if client in away else rows].astype(np.int64), minlength=len(data.classes)) for client, rows in enumerate(shards.train)])


def labels_sent(experiment: "Experiment") -> MessagesPassed | None:
    """The counts that went up before the first round, and their sums that came down; None where class weights are not global."""
    config = experiment.config
    if getattr(config.objective, "class_weights", "none") != "global":
        return None
    classes = len(experiment.data.classes)
    size = len(wire.COUNTS) + npy_bytes("<i8", (classes,), False)
    entry = Entry(record=wire.LABELS, name=wire.COUNTS, type="int64", shape=(classes,), bytes=size)
    ways: tuple[Direction, ...] = ("sent", "received")
    contents = tuple(Content(id=f"{MESSAGE}-{way}", message=MESSAGE, direction=way, entries=(entry,)) for way in ways)
    clients = [client for client in range(config.federation.clients) if client not in config.federation.absent_clients]
    return MessagesPassed(round=0, contents=contents, rows=tuple(Passed(client, content.id, 1, size) for client in clients for content in contents))

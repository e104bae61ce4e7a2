"""Federated validation: texts that clients hold out of their training say when the run has learned what it can.

Each client holds out a share of its own training texts, drawn once by the run's seed; they stand in no shard, so that neither training nor what is written or
chosen from the shards reads them. After each round the clients measure the global model on them, and only sums travel, as with test texts. The run ends
once `patience` rounds in a row were no better, with the model of the best round (Prechelt 1998, Early Stopping - But When?, the criterion UP counted in rounds).
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

import numpy as np
from flwr.app import Message
from numpy.typing import NDArray

from fedviz.core import seeds
from fedviz.core.config import FederationConfig, RunConfig
from fedviz.core.events import Validated
from fedviz.federation import messages, wire
from fedviz.federation.task import Evaluation
from fedviz.scenarios.partitions.base import Shards

Rows = NDArray[np.int64]


def held(texts: int, share: float) -> int:
    """How many of its texts a client holds out: the share, rounded, at least one and never the last one; none of a single text, or at share 0."""
    return min(texts - 1, max(1, round(share * texts))) if share and texts else 0


def held_out(config: RunConfig, shards: Shards) -> tuple[Shards, tuple[Rows, ...]]:
    """The shards without what is held out of them, and the rows that each client holds out, sorted; the very same shards and nothing at share 0. Absent clients hold nothing out."""
    federation = config.federation
    if not federation.validation_share:
        return shards, ()
    kept, out = [], []
    for client, rows in enumerate(shards.train):
        count = 0 if client in federation.absent_clients else held(len(rows), federation.validation_share)
        order = seeds.generator(config.seed, "validation", client).permutation(rows)
        for some, part in ((out, order[:count]), (kept, order[count:])):
            part = np.sort(part)
            part.setflags(write=False)
            some.append(part)
    return replace(shards, train=tuple(kept)), tuple(out)


def best_round(values: Sequence[float], metric: str) -> int:
    """The round, counted from 1, with the best of these values, the first of equal ones; 0 where there is none. A value that is no number is never the best."""
    sign = 1.0 if metric == "loss" else -1.0
    ranked = [(sign * value, number) for number, value in enumerate(values, 1) if not math.isnan(value)]
    return min(ranked)[1] if ranked else min(1, len(values))


def stops(values: Sequence[float], metric: str, patience: int) -> bool:
    """Whether so many rounds in a row brought nothing better; never at patience 0."""
    return patience > 0 and len(values) - best_round(values, metric) >= patience


class Watch:
    """Gathers what clients measure on their held-out texts in one round."""

    def __init__(self, federation: FederationConfig) -> None:
        self._federation = federation
        self._sums: dict[int, Evaluation] = {}

    def over(self, replies: Iterable[Message]) -> Iterator[Message]:
        """The same replies."""
        for reply in replies:
            if not reply.has_error() and (found := messages.evaluation_in(reply.content, wire.VALIDATION)) is not None and found.examples:
                self._sums[messages.client_of(reply.metadata.src_node_id)] = found
            yield reply

    def told(self, number: int, former: Sequence[float]) -> Validated | None:
        """The mean over all held-out texts, and where the run stands after the values of the rounds before; None where nobody measured. Round 0 is told and never the best."""
        if not self._sums:
            return None
        federation, clients = self._federation, sorted(self._sums)
        total = self._sums[clients[0]]
        for client in clients[1:]:
            total = total + self._sums[client]
        metrics = total.metrics()
        event = Validated(round=number, clients=tuple(clients), texts=total.examples, metric=federation.validation_metric, metrics=metrics)
        if not number or not federation.patience:
            return event
        values = (*former, metrics[federation.validation_metric])
        return event.model_copy(update={"best": best_round(values, federation.validation_metric), "stops": stops(values, federation.validation_metric, federation.patience)})

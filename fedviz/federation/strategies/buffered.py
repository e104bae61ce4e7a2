"""FedBuff's server: it moves at every K-th answer, and counts an answer the less the older the model is that it began with.

Nguyen et al. 2022, Federated Learning with Buffered Asynchronous Aggregation (arXiv 2106.06639). A round of the run is one flush of the buffer.
`w <- w + eta (1/K) sum_i s(tau_i) (w_i - w_(t - tau_i))` with `s(tau) = (1 + tau)^-a`; the paper's server counts all answers the same, ours weighs them
as the federation does. The combination sees a client's update laid at the current model, `w + s(tau_i) (w_i - w_(t - tau_i))`.
"""

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Any

import numpy as np
from flwr.app import ArrayRecord, ConfigRecord, Message
from flwr.serverapp import Grid
from flwr.serverapp.strategy import FedAvg
from numpy.typing import NDArray

from fedviz.core.types import Timing
from fedviz.federation import messages
from fedviz.federation.aggregation.base import as_type
from fedviz.federation.fleet import Needs
from fedviz.federation.messages import TrainReport
from fedviz.federation.strategies.mended import Mended
from fedviz.federation.strategies.schedule import Flush, Schedule, schedule_of
from fedviz.federation.strategies.server_sgd import step


class Buffered(Mended, FedAvg):
    """`buffer`: K; `eta`: the server's rate; `exponent`: a. `versions` holds the models with which somebody still works, as `version/name`."""

    slots = ("versions",)

    def __init__(self, buffer: int, eta: float, exponent: float, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.buffer, self.eta, self.exponent = buffer, eta, exponent
        self.versions: dict[str, NDArray[Any]] | None = None
        self._flush: Flush | None = None

    @cached_property
    def schedule(self) -> Schedule:
        """Who works when; without a fleet all devices are the same."""
        federation, fleet, seed = self._federation, self.fleet, self._seed
        if fleet is None:
            there = [k for k in range(federation.clients) if k not in federation.absent_clients]
            return Schedule(federation.participants, self.buffer, lambda number: there, lambda client: Needs(0.0, 1.0, 0.0), 0.0, seed)
        return schedule_of(fleet, self.buffer, seed)

    def participants(self, server_round: int) -> tuple[int, ...]:
        """Whose trainings end before this flush: they answer in it, or have left."""
        return tuple(self.schedule.flush(server_round).by_client)

    def plan(self, server_round: int, asked: Sequence[int]) -> Timing | None:
        """The lanes from the flush before to this one."""
        flush = self.schedule.flush(server_round)
        return None if self.fleet is None else flush.timing(self.fleet)

    def configure_train(self, server_round: int, arrays: ArrayRecord, config: ConfigRecord, grid: Grid) -> Iterable[Message]:
        """Messages with the models with which the clients of this flush began."""
        self._flush = self.schedule.flush(server_round)
        newest = {f"{server_round - 1}/{name}": values for name, values in messages.arrays_of(arrays).items()}
        self.versions = (self.versions or {}) | newest
        return super().configure_train(server_round, arrays, config, grid)

    def model_of(self, client: int) -> messages.Arrays | None:
        """The model with which a client began, where the server has moved on since."""
        if self._flush is None or not self._flush.staleness(client):
            return None
        return messages.within(self.versions or {}, f"{self._flush.by_client[client].version}/")

    def share_of(self, report: TrainReport) -> messages.Arrays:
        """A client's update, made smaller by its staleness and laid at the current model."""
        return self._laid(report, (1.0 + self._staleness(report.client)) ** -self.exponent)

    def moved(self, report: TrainReport) -> messages.Arrays:
        """A client's update as it was sent, laid at the current model."""
        return self._laid(report, 1.0)

    def finish(self, combined: dict[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        """The step of the server; models with which nobody works any more are forgotten."""
        in_use = self._flush.in_use if self._flush else frozenset()
        self.versions = {key: values for key, values in (self.versions or {}).items() if int(key.partition("/")[0]) in in_use} or None
        return {name: step(self.old[name], mean, self.eta) for name, mean in combined.items()}

    def _staleness(self, client: int) -> int:
        return self._flush.staleness(client) if self._flush else 0

    def _laid(self, report: TrainReport, factor: float) -> messages.Arrays:
        began = self.model_of(report.client)
        if began is None:
            return report.arrays
        return {
            name: as_type(self.old[name] + factor * np.subtract(values, began[name], dtype=np.float64), values.dtype) for name, values in report.arrays.items()
        }

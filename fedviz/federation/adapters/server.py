"""The server where adapters are not simply averaged: what goes down and comes up, and the global model, which stays whole here."""

from collections.abc import Iterable
from functools import cached_property
from typing import Any

import numpy as np
from flwr.app import ArrayRecord, ConfigRecord, Message, MetricRecord
from flwr.serverapp import Grid
from numpy.typing import NDArray

from fedviz.core.registry import ADAPTERS
from fedviz.federation import messages, wire
from fedviz.federation.adapters.base import AdapterEntry
from fedviz.federation.messages import TrainReport
from fedviz.federation.strategies.mended import Mended


class Adapted(Mended):
    """Mixin before a mended strategy. By itself it serves the ways in which one factor rests; the others say what they make of the answers in `merged`."""

    rule = wire.ADAPTERS
    _round = 1

    @cached_property
    def entry(self) -> AdapterEntry:
        """The federation's way to combine adapters."""
        return ADAPTERS.get(self._federation.adapters.name)

    def numbers(self) -> dict[str, float]:
        """Which factor rests, beside the strategy's own settings."""
        return {**super().numbers(), wire.STILL: float(self.entry.still(self._round))}

    def configure_train(self, server_round: int, arrays: ArrayRecord, config: ConfigRecord, grid: Grid) -> Iterable[Message]:
        """Orders with what comes down; the whole model is remembered for the round."""
        self._round, self._whole = server_round, messages.arrays_of(arrays)
        orders = super().configure_train(server_round, self._down(self._whole), config, grid)
        self._dtypes = {name: np.dtype(values.dtype) for name, values in self._whole.items()}
        return orders

    def configure_evaluate(self, server_round: int, arrays: ArrayRecord, config: ConfigRecord, grid: Grid) -> Iterable[Message]:
        """Orders with what comes down; the settings say by which rule a client has the rest."""
        return super().configure_evaluate(server_round, self._down(messages.arrays_of(arrays)), self.settings(config), grid)

    def _down(self, whole: messages.Arrays) -> ArrayRecord:
        return messages.array_record({name: values for name, values in whole.items() if self.entry.comes(name)})

    def aggregate_train(self, server_round: int, replies: Iterable[Message]) -> tuple[ArrayRecord | None, MetricRecord | None]:
        """The next global model, whole."""
        arrays, metrics = super().aggregate_train(server_round, replies)
        return arrays and messages.array_record({**self._whole, **self.merged(messages.arrays_of(arrays))}), metrics

    def merged(self, mean: dict[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        """What of the global model is new, from the mean of what the clients sent."""
        return mean

    def placed(self, report: TrainReport) -> messages.Arrays:
        """A client's whole model: what it sent, and the global model's values of the rest."""
        return {**self._whole, **report.arrays}

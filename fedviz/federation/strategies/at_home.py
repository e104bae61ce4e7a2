"""The server where some arrays stay home: it sends, receives and averages the others. The global model keeps the first values of what stays."""

from collections.abc import Callable, Iterable
from typing import Any

from flwr.app import ArrayRecord, ConfigRecord, Message, MetricRecord
from flwr.serverapp import Grid

from fedviz.federation import messages
from fedviz.federation.messages import TrainReport
from fedviz.federation.strategies.personal import Personal


class AtHome(Personal):
    """`stays(name)`: whether the array of that name never travels."""

    def __init__(self, stays: Callable[[str], bool], **arguments: Any) -> None:
        super().__init__(rule="local-parts", numbers={}, **arguments)
        self._stays = stays
        self._home: messages.Arrays = {}

    def configure_train(self, server_round: int, arrays: ArrayRecord, config: ConfigRecord, grid: Grid) -> Iterable[Message]:
        """Orders with what travels; for the rest of the round only that is the model."""
        whole = messages.arrays_of(arrays)
        self._home = {name: values for name, values in whole.items() if self._stays(name)}
        return super().configure_train(server_round, self._sent(whole), config, grid)

    def configure_evaluate(self, server_round: int, arrays: ArrayRecord, config: ConfigRecord, grid: Grid) -> Iterable[Message]:
        """Orders with what travels; a client has the rest."""
        return super().configure_evaluate(server_round, self._sent(messages.arrays_of(arrays)), config, grid)

    def _sent(self, whole: messages.Arrays) -> ArrayRecord:
        return messages.array_record({name: values for name, values in whole.items() if not self._stays(name)})

    def aggregate_train(self, server_round: int, replies: Iterable[Message]) -> tuple[ArrayRecord | None, MetricRecord | None]:
        """The next global model, whole: the mean of what travelled, and what stays as it was."""
        arrays, metrics = super().aggregate_train(server_round, replies)
        return arrays and messages.array_record({**self._home, **messages.arrays_of(arrays)}), metrics

    def placed(self, report: TrainReport) -> messages.Arrays:
        """What a client sent, with the global model's values of what it keeps, which nobody else knows."""
        return {**self._home, **report.arrays}

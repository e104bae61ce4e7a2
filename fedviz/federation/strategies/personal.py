"""The server of the personalising strategies: FedAvg, or a step of length `beta` towards the clients' mean. Personal models never reach it."""

from collections.abc import Mapping
from typing import Any

from flwr.serverapp.strategy import FedAvg
from numpy.typing import NDArray

from fedviz.federation.strategies.mended import Mended
from fedviz.federation.strategies.server_sgd import step


class Personal(Mended, FedAvg):
    """`rule`: what the clients do, with these `numbers`; `beta`: the server's step, 1 is the mean itself."""

    personalises = True

    def __init__(self, rule: str, numbers: Mapping[str, float], beta: float = 1.0, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.rule = rule
        self.beta = beta
        self._numbers = dict(numbers)

    def numbers(self) -> dict[str, float]:
        """Settings of the clients' rule."""
        return self._numbers

    def finish(self, combined: dict[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        """`(1 - beta) w_t + beta mean`."""
        return {name: step(self.old[name], mean, self.beta) for name, mean in combined.items()}

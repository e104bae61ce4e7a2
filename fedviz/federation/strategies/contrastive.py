"""MOON's server is FedAvg's; it tells the clients the weight and the temperature of their term."""

from typing import Any

from flwr.serverapp.strategy import FedAvg

from fedviz.federation.local.moon import MU, TAU
from fedviz.federation.strategies.mended import Mended


class Contrastive(Mended, FedAvg):
    """`mu`: the weight of the clients' term; `tau`: its temperature."""

    rule = "moon"

    def __init__(self, mu: float, tau: float, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.mu, self.tau = mu, tau

    def numbers(self) -> dict[str, float]:
        """Both, for the clients."""
        return {MU: self.mu, TAU: self.tau}

"""FedDyn's server: the mean of the clients' models, moved by what the server remembers of their pulls.

`h <- h - alpha |S|/m (mean - w_t)`, `w = mean - h / alpha`, with |S| of m clients in the round. The mean is weighted as the
federation weighs; evenly is the paper's.
"""

from typing import Any

from flwr.serverapp.strategy import FedAvg
from numpy.typing import NDArray

from fedviz.federation.local.feddyn import ALPHA
from fedviz.federation.messages import TrainReport
from fedviz.federation.strategies.mended import Mended


class Dynamic(Mended, FedAvg):
    """`alpha`: the regularisation's strength, on the clients and here."""

    slots = ("h",)
    rule = "feddyn"

    def __init__(self, alpha: float, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.alpha = alpha
        self.h: dict[str, NDArray[Any]] | None = None

    def numbers(self) -> dict[str, float]:
        """Alpha, for the clients."""
        return {ALPHA: self.alpha}

    def open(self) -> None:
        """Nobody has answered yet."""
        self._arrived = 0

    def see(self, report: TrainReport, weight: float) -> None:
        """One more client has answered."""
        self._arrived += 1

    def finish(self, combined: dict[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        """The next h, and the mean moved by it."""
        share, former = self._arrived / self._federation.present, self.h or {}
        self.h = {name: (former.get(name, 0.0) - self.alpha * share * (mean - self.old[name])).astype(mean.dtype) for name, mean in combined.items()}
        return {name: mean - self.h[name] / self.alpha for name, mean in combined.items()}

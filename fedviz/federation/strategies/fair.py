"""q-FedAvg, the solver of q-FFL (Li et al. 2020, arXiv 1905.10497, Algorithm 2), by our mean: with the weights F_k^q the mean of the
clients' models holds the sum of the numerators, and the sum of the denominators gives the length of the step. The federation's weighting has no say.
"""

from typing import Any

import numpy as np
from flwr.app import ConfigRecord
from flwr.serverapp.strategy import FedAvg
from numpy.typing import NDArray

from fedviz.federation import wire
from fedviz.federation.messages import TrainReport
from fedviz.federation.strategies.mended import Mended

LEAST_LOSS = 1e-10
"""A loss below counts as this one, since 0 has no power below 0 (as in the authors' code)."""


class Fair(Mended, FedAvg):
    """`q`: how much a high loss counts."""

    rule = "loss-first"

    def __init__(self, q: float, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.q = q

    def settings(self, config: ConfigRecord) -> ConfigRecord:
        """The federation's settings; the rate is remembered, for L is its inverse."""
        self._smoothness = 1.0 / float(config[wire.RATE])  # type: ignore[arg-type]
        return super().settings(config)

    def weight_of(self, report: TrainReport) -> float:
        """F_k^q; 0 without texts."""
        return max(report.loss_before, LEAST_LOSS) ** self.q if report.examples else 0.0

    def open(self) -> None:
        """Nothing has been summed yet."""
        self._numerators = self._denominators = 0.0

    def see(self, report: TrainReport, weight: float) -> None:
        """Add a client's part of both sums."""
        if not report.examples:
            return
        length = sum(float(np.square(np.subtract(self.old[name], values, dtype=np.float64)).sum()) for name, values in report.arrays.items())
        loss, smoothness = max(report.loss_before, LEAST_LOSS), self._smoothness
        self._numerators += weight * smoothness
        self._denominators += self.q * loss ** (self.q - 1) * smoothness**2 * length + smoothness * weight

    def finish(self, combined: dict[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        """The step of the two sums."""
        rate = self._numerators / self._denominators if self._denominators else 0.0
        return {name: self.old[name] + rate * (values - self.old[name]) for name, values in combined.items()}

"""FedNova's server, for clients that take plain gradient steps: there a client's tau is the number of its steps."""

from typing import Any

import numpy as np
from flwr.serverapp.strategy import FedAvg
from numpy.typing import NDArray

from fedviz.federation import messages
from fedviz.federation.messages import TrainReport
from fedviz.federation.strategies.mended import Mended


class Normalised(Mended, FedAvg):
    """Combines `w_t + (w_k - w_t) / tau_k` and goes tau as far, tau being the weighted mean of the clients' steps."""

    def open(self) -> None:
        """No step has been counted yet."""
        self._steps = self._weights = 0.0

    def see(self, report: TrainReport, weight: float) -> None:
        """Count a client's steps."""
        self._steps += weight * report.steps
        self._weights += weight

    def share_of(self, report: TrainReport) -> messages.Arrays:
        """The client's model as if it had taken one step; without texts it has not moved."""
        old = self.old
        return {name: old[name] + np.subtract(values, old[name], dtype=np.float64) / max(report.steps, 1) for name, values in report.arrays.items()}

    def finish(self, combined: dict[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        """As many steps as the clients took on the mean."""
        steps = self._steps / self._weights if self._weights else 0.0
        return {name: self.old[name] + steps * (values - self.old[name]) for name, values in combined.items()}

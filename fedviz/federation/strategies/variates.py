"""SCAFFOLD's server: the mean of the clients' models, and the mean of their control variates.

The paper weighs all clients the same. Where the federation weighs by examples, so does c: only then is the fixed point the minimum of
the weighted loss. A client that has not been seen counts there with the mean number of examples of those that have.
"""

from typing import Any

import numpy as np
from flwr.serverapp.strategy import FedAvg
from numpy.typing import NDArray

from fedviz.federation import messages
from fedviz.federation.messages import TrainReport
from fedviz.federation.strategies.mended import Mended
from fedviz.federation.strategies.server_sgd import step


class Variates(Mended, FedAvg):
    """Sends c to the clients and gathers the changes of theirs; `eta`: the server's rate."""

    slots = ("variate", "seen")
    rule = "scaffold"

    def __init__(self, eta: float, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.eta = eta
        self.variate: dict[str, NDArray[Any]] | None = None
        self.seen: dict[str, NDArray[np.float64]] | None = None

    def extra(self) -> messages.Arrays:
        """c; nothing in the first round, where it is zero."""
        return self.variate or {}

    def open(self) -> None:
        """No change has been seen yet."""
        self._changes: dict[str, NDArray[np.float64]] = {}
        self.seen = self.seen or {"weights": np.full(self._federation.clients, np.nan)}

    def see(self, report: TrainReport, weight: float) -> None:
        """Add a client's change, which a client without texts does not have."""
        if self.seen is not None:
            self.seen["weights"][report.client] = weight
        for name, change in report.extra.items():
            self._changes[name] = self._changes.get(name, 0.0) + np.multiply(change, weight, dtype=np.float64)

    def finish(self, combined: dict[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        """Move c by the mean change over all clients, and the model by the server's rate."""
        if self.seen is not None and self._changes:
            weights = np.delete(self.seen["weights"], list(self._federation.absent_clients))
            total = np.nanmean(weights) * len(weights)
            former = self.variate or {}
            self.variate = {name: (former.get(name, 0.0) + change / total).astype(self._dtypes[name]) for name, change in self._changes.items()}
        return {name: step(self.old[name], mean, self.eta) for name, mean in combined.items()}

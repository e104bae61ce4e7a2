"""HierFAVG's two levels in one server (Liu et al. 2020, arXiv 1905.06641): a mean for every edge, and the mean of the edges.

An edge counts by what went into its model since the cloud last averaged: the weights of its clients' answers, summed over these rounds. When all
clients answer in every round that is the paper's number of examples; when some are drawn or fail, it is what makes an average in every round FedAvg.
"""

from typing import Any

import numpy as np
from flwr.serverapp.strategy import FedAvg
from numpy.typing import NDArray

from fedviz.core import seeds
from fedviz.core.config import FederationConfig
from fedviz.federation import messages
from fedviz.federation.aggregation.base import Aggregator, Combined
from fedviz.federation.aggregation.mean import WeightedMean
from fedviz.federation.strategies.mended import Mended


class Edges(Mended, FedAvg):
    """`edges`: how many; `every`: rounds between two cloud averages; `drawn`: whether the seed deals the clients to them, or their order."""

    slots = ("models", "weights")

    def __init__(self, edges: int, every: int, drawn: bool, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.edges, self.every, self.drawn = edges, every, drawn
        self.models: dict[str, NDArray[Any]] | None = None
        self.weights: dict[str, NDArray[np.float64]] | None = None

    def mend(self, federation: FederationConfig, seed: int) -> "Mended":
        """Deal the clients, in groups whose sizes differ by one at most."""
        places = seeds.generator(seed, "edges").permutation(federation.clients) if self.drawn else np.arange(federation.clients)
        self.edge_of = tuple(int(place) * self.edges // federation.clients for place in places)
        return super().mend(federation, seed)

    def model_of(self, client: int) -> messages.Arrays | None:
        """The model of the client's edge; the global one after a cloud average, and where the edge has had no answer since."""
        return self._edge(self.edge_of[client])

    def _edge(self, edge: int) -> dict[str, NDArray[Any]] | None:
        return {name: self.models[_key(edge, name)] for name in self.old} if self.models else None

    def _aggregator(self, server_round: int) -> Aggregator:
        self._round, self._heard = server_round, False
        return _TwoLevels(self)

    def average(self, means: dict[int, WeightedMean]) -> Combined:
        """The edges' next models from the means of those that had an answer, and the mean of all edges."""
        self._heard = True
        weights = np.zeros(self.edges) if self.weights is None else self.weights["edges"].copy()
        models = {edge: self._edge(edge) or self.old for edge in range(self.edges)}
        inside: dict[int, tuple[float, dict[int, float]]] = {}
        for edge, mean in sorted(means.items()):
            combined = mean.result()
            weights[edge] += mean.total
            models[edge] = combined.arrays
            inside[edge] = combined.shares
        cloud = WeightedMean()
        for edge in np.flatnonzero(weights).tolist():
            cloud.add(edge, models[edge], weights[edge] / weights.sum())  # of a single edge: 1, so that its model comes back to the bit
        whole = cloud.result()
        self.models = {_key(edge, name): values for edge, arrays in models.items() for name, values in arrays.items()}
        self.weights = {"edges": weights}
        return Combined(whole.arrays, {client: share * whole.shares[edge] for edge, shares in inside.items() for client, share in shares.items()})

    def finish(self, combined: dict[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        """The mean of the edges; after every so many rounds it is what all of them go on from. Without a text among all answers it stays what it was."""
        if self._round % self.every == 0:
            self.models = self.weights = None
        return combined if self._heard else dict(self.old)


class _TwoLevels(Aggregator):
    """A weighted mean for every edge that has an answer."""

    def __init__(self, strategy: Edges) -> None:
        self._strategy = strategy
        self._means: dict[int, WeightedMean] = {}

    def add(self, client: int, arrays: messages.Arrays, weight: float) -> None:
        """A client without texts has nothing to say to its edge."""
        if weight:
            self._means.setdefault(self._strategy.edge_of[client], WeightedMean()).add(client, arrays, weight)

    def result(self) -> Combined:
        """The mean of the edges."""
        return self._strategy.average(self._means)


def _key(edge: int, name: str) -> str:
    return f"{edge}/{name}"

"""IFCA's server: one model for each cluster, combined of the clients that chose it (Ghosh et al. 2020, arXiv 2006.04088).

The global model is the mean of the clusters' models, each weighed by the clients that chose it last; a cluster without any does not count. It
is what is measured and kept as the run's model. `clusters` holds the models as `cluster/name`, `members` each client's last choice and weight.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from flwr.app import ArrayRecord, ConfigRecord, Message
from flwr.serverapp import Grid
from flwr.serverapp.strategy import FedAvg
from numpy.typing import NDArray

from fedviz.core import seeds
from fedviz.core.registry import AGGREGATIONS
from fedviz.federation import messages
from fedviz.federation.aggregation.base import Aggregator, Combined
from fedviz.federation.local.ifca import CLUSTER
from fedviz.federation.messages import TrainReport
from fedviz.federation.strategies.mended import Mended


class PerCluster(Aggregator):
    """One rule for each cluster. `chosen` says by client which cluster a model is for; `models` are the old ones, and after `result` the new ones.

    A cluster keeps its model where fewer than `least` models arrived for it, or none with a weight above 0.
    """

    def __init__(self, rules: Sequence[Aggregator], models: list[messages.Arrays], least: int, chosen: dict[int, int]) -> None:
        self._rules, self.models, self._least, self._chosen = rules, models, least, chosen
        self._totals = [0.0] * len(rules)

    def begin(self, old: messages.Arrays) -> None:
        """Every cluster begins with its own model."""
        for rule, model in zip(self._rules, self.models, strict=True):
            rule.begin(model)

    def add(self, client: int, arrays: messages.Arrays, weight: float) -> None:
        """Add a model to its cluster's."""
        cluster = self._chosen[client]
        self._rules[cluster].add(client, arrays, weight)
        self._totals[cluster] += weight

    def result(self) -> Combined:
        """The shares of the clients in the models of their clusters; the models themselves are `models`."""
        shares = dict.fromkeys(self._chosen, 0.0)
        for cluster, (rule, total) in enumerate(zip(self._rules, self._totals, strict=True)):
            if total > 0 and list(self._chosen.values()).count(cluster) >= self._least:
                combined = rule.result()
                self.models[cluster] = combined.arrays
                shares |= combined.shares
        return Combined({}, shares)


class Clustered(Mended, FedAvg):
    """`count`: how many clusters; `spread`: standard deviation of the noise with which they start apart."""

    slots = ("clusters", "members")
    rule = "ifca"
    personalises = True

    def __init__(self, count: int, spread: float, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.count, self.spread = count, spread
        self.clusters: dict[str, NDArray[Any]] | None = None
        self.members: dict[str, NDArray[Any]] | None = None

    def configure_train(self, server_round: int, arrays: ArrayRecord, config: ConfigRecord, grid: Grid) -> Iterable[Message]:
        """Messages with all clusters' models."""
        self._stand(messages.arrays_of(arrays))
        return super().configure_train(server_round, arrays, config, grid)

    def configure_evaluate(self, server_round: int, arrays: ArrayRecord, config: ConfigRecord, grid: Grid) -> Iterable[Message]:
        """Messages with the global model and all clusters' models."""
        self._stand(messages.arrays_of(arrays))
        return super().configure_evaluate(server_round, arrays, config, grid)

    def _stand(self, arrays: messages.Arrays) -> None:
        """Where the clusters are not there yet: the same weights with noise of their own, since equal starts would never part."""
        if self.clusters is None:
            self.clusters = {f"{cluster}/{name}": self._start(cluster, name, values) for cluster in range(self.count) for name, values in arrays.items()}

    def _start(self, cluster: int, name: str, values: NDArray[Any]) -> NDArray[Any]:
        if self.count == 1 or not np.issubdtype(values.dtype, np.floating):
            return values
        noise = seeds.generator(self._seed, "cluster", cluster, name).standard_normal(values.shape)
        return (values + self.spread * noise).astype(values.dtype)

    def model(self, cluster: int) -> messages.Arrays:
        """The model of a cluster."""
        return messages.within(self.clusters or {}, f"{cluster}/")

    def model_of(self, client: int) -> messages.Arrays | None:
        """Cluster 0, in place of the global model."""
        return self.model(0)

    def extra(self) -> messages.Arrays:
        """The other clusters."""
        return {key: values for key, values in (self.clusters or {}).items() if not key.startswith("0/")}

    def extra_evaluated(self) -> messages.Arrays:
        """All clusters; none where the global model is the only one."""
        return self.clusters or {} if self.count > 1 else {}

    def _aggregator(self, server_round: int) -> Aggregator:
        options = self._federation.aggregation
        models, rules = ([make(cluster) for cluster in range(self.count)] for make in (self.model, lambda _cluster: super(Clustered, self)._aggregator(server_round)))
        self.chosen = {}
        self._combining = PerCluster(rules, models, AGGREGATIONS.get(options.name).least(options), self.chosen)
        return self._combining

    def see(self, report: TrainReport, weight: float) -> None:
        """Remember what the client chose; one that does not say it, or names no cluster, counts for the first."""
        cluster = int(report.extra[CLUSTER][0]) if CLUSTER in report.extra else 0
        self.chosen[report.client] = cluster if cluster in range(self.count) else 0
        clients = self._federation.clients
        self.members = self.members or {"cluster": np.zeros(clients, np.int64), "weight": np.zeros(clients)}
        self.members["cluster"][report.client], self.members["weight"][report.client] = self.chosen[report.client], weight

    def finish(self, combined: dict[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        """The mean of the clusters' models by who chose them last; the old model while nobody with a text has."""
        models = self._combining.models
        self.clusters = {f"{cluster}/{name}": values for cluster, model in enumerate(models) for name, values in model.items()}
        members = self.members or {}
        weights = np.bincount(members["cluster"], members["weight"], self.count) if members else np.zeros(self.count)
        if not weights.sum() > 0:
            return dict(self.old)
        weights = weights / weights.sum()
        self.shares = {client: share * float(weights[self.chosen[client]]) for client, share in self.shares.items()}
        if weights.max() == 1:  # to the bit
            return dict(models[int(weights.argmax())])
        return {name: np.tensordot(weights, np.stack([model[name] for model in models]), 1) for name in self.old}

"""The mean of federated averaging (McMahan et al. 2017). It streams: no rule needs less memory, and none is easier to spoil."""

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from fedviz.core.i18n import N_
from fedviz.core.options import Options
from fedviz.federation.aggregation.base import AggregationEntry, Aggregator, Combined, as_type, check_alike, check_enough

if TYPE_CHECKING:
    from fedviz.federation.messages import Arrays


class WeightedMean(Aggregator):
    """`sum(w_k x_k) / sum(w_k)` over arrays by name, in float64; memory of one model, however many are added.

    `total` is the sum of the weights so far. Sums depend in their last bits on the order, so models are to be added in the clients'.
    """

    def __init__(self) -> None:
        self.total = 0.0
        self._weights: dict[int, float] = {}
        self._sums: dict[str, NDArray[np.float64]] = {}
        self._dtypes: dict[str, np.dtype[Any]] = {}

    def add(self, client: int, arrays: "Arrays", weight: float) -> None:
        """Add one model with its weight (>= 0); names and shapes must be those of the first one."""
        if not self._sums:
            self._sums = {name: np.zeros(values.shape) for name, values in arrays.items()}
            self._dtypes = {name: values.dtype for name, values in arrays.items()}
        check_alike(arrays, self._sums)
        for name, sums in self._sums.items():
            sums += np.multiply(arrays[name], weight, dtype=np.float64)
        self._weights[client] = self._weights.get(client, 0.0) + weight
        self.total += weight

    def result(self) -> Combined:
        """The mean, each array in the type it came in; only once, since the sums are given away."""
        check_enough(len(self._weights), 1, MEAN.title)
        sums, self._sums = self._sums, {}
        for name in list(sums):
            np.divide(sums[name], self.total, out=sums[name])
            sums[name] = as_type(sums[name], self._dtypes[name])  # type: ignore[assignment]
        return Combined(sums, {client: weight / self.total for client, weight in self._weights.items()})


class MeanOptions(Options):
    """The mean has no options: how models are weighted is the federation's."""

    name: Literal["mean"] = "mean"


MEAN = AggregationEntry(
    name="mean",
    title=N_("Mean"),
    summary=N_("Every weight is the weighted mean of the clients' weights. All that they learned is in it, and all that an attacker sends."),
    options=MeanOptions,
    equation=r"w_{t+1} = \sum_k \frac{n_k}{n} \, w_t^k",
    paper="McMahan et al. 2017, Communication-Efficient Learning of Deep Networks from Decentralized Data, arXiv:1602.05629",
    when=N_("When all clients are honest: it uses all that they learned. A single malicious client can move the model wherever it likes."),
    least=lambda options: 1,
    build=lambda options: WeightedMean(),
)

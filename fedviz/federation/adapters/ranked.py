"""HetLoRA's server (Cho et al. 2024): zeros up to the model's rank, means by the norms of the products, and each client's own rank down.

With self-pruning a client's rank is that of what it sent last, which is never more than it was sent; the client decides (`fedviz.federation.local.adapters`).
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fedviz.federation import messages, wire
from fedviz.federation.adapters.base import A, B, factors
from fedviz.federation.adapters.server import Adapted
from fedviz.federation.messages import TrainReport

RANKS = "ranks/clients"


def padded(values: NDArray[Any], shape: tuple[int, ...]) -> NDArray[Any]:
    """The values with zeros behind them up to a shape."""
    if values.shape == shape:
        return values
    whole = np.zeros(shape, values.dtype)
    whole[tuple(slice(size) for size in values.shape)] = values
    return whole


def truncated(name: str, values: NDArray[Any], rank: int) -> NDArray[Any]:
    """An array as a client of that rank has it: the first rows of A and columns of B; all of what is no factor."""
    return values[:rank] if A in name else np.ascontiguousarray(values[:, :rank]) if B in name else values


class Ranked(Adapted):
    """Ranks by client are those of the options until a client has pruned its own; the global adapters have the model's."""

    def numbers(self) -> dict[str, float]:
        """Where clients prune, also how."""
        options = self._federation.adapters
        return {**super().numbers(), **({wire.PRUNE_TO: options.kept_share, wire.PRUNE_PULL: options.pull} if options.self_pruning else {})}  # type: ignore[attr-defined]

    def _rank(self, client: int) -> int:
        return (self.ranks or self.entry.ranks(self._federation.adapters, self._federation.clients, 0))[client]

    def state(self) -> dict[str, NDArray[Any]]:
        """What the strategy remembers, with the ranks where clients prune theirs."""
        return super().state() | ({RANKS: np.array(self.ranks, np.int64)} if self.ranks else {})

    def restore(self, state: messages.Arrays) -> None:
        """Take up a `state` again."""
        super().restore(state)
        self.ranks = tuple(state[RANKS].tolist()) if RANKS in state else ()

    def model_of(self, client: int) -> messages.Arrays:
        """The global model with adapters of the client's rank."""
        return {name: truncated(name, values, self._rank(client)) for name, values in self._whole.items()}

    def share_of(self, report: TrainReport) -> messages.Arrays:
        """A client's arrays in the global model's shapes."""
        return {name: padded(values, self._whole[name].shape) for name, values in report.arrays.items()}

    def placed(self, report: TrainReport) -> messages.Arrays:
        """A client's whole model, whose adapters have zeros beyond its rank."""
        return {**self._whole, **self.share_of(report)}

    def open(self) -> None:
        """No product has been seen yet."""
        super().open()
        if self._federation.adapters.self_pruning:  # type: ignore[attr-defined]
            self.ranks = tuple(map(self._rank, range(self._federation.clients)))
        self._sums: dict[str, NDArray[np.float64]] = {}
        self._norms = dict.fromkeys(factors(self._whole), 0.0)

    def see(self, report: TrainReport, weight: float) -> None:
        """Add a client's factors, times the norm of their product."""
        super().see(report, weight)
        if self.ranks:
            sent = min((len(values) for name, values in report.arrays.items() if A in name), default=self.ranks[report.client])
            self.ranks = tuple(min(rank, sent) if client == report.client else rank for client, rank in enumerate(self.ranks))
        whole = self.share_of(report)
        for matrix, (a, b) in factors(whole).items() if weight > 0 else ():
            norm = float(np.linalg.norm(whole[b].astype(np.float64) @ whole[a]))
            self._norms[matrix] += norm
            for name in (a, b):
                self._sums[name] = self._sums.get(name, 0.0) + norm * whole[name].astype(np.float64)

    def merged(self, mean: dict[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        """The mean, and the factors by the norms; where no client has a product, their plain mean."""
        new = {name: padded(values, self._whole[name].shape) for name, values in mean.items()}
        for matrix, pair in factors(new).items():
            if self._norms[matrix] > 0:
                new |= {name: (self._sums[name] / self._norms[matrix]).astype(new[name].dtype) for name in pair}
        return new

"""How exact an aggregation of adapters is: the next model's products against the average of the clients', matrix by matrix.

For plain averaging that is `mean(B) mean(A) - mean(B A)`. For the other ways the next model's own change is compared, with what was added to the frozen matrices.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fedviz.core.config import RunConfig
from fedviz.core.registry import ADAPTERS, STRATEGIES
from fedviz.core.types import AdapterError
from fedviz.federation.adapters.base import DELTA, factors
from fedviz.federation.messages import Arrays

Piece = tuple[float, NDArray[Any], NDArray[Any]]
"""A client's weight, its A and its B."""


class Exactness:
    """Follows the adapters of a run. Per round: `begin`, `add` for each client that arrived, then `end`; says nothing where the run has no adapters or no one mean."""

    def __init__(self, config: RunConfig) -> None:
        options, federation = config.model, config.federation
        self._entry = ADAPTERS.get(federation.adapters.name)
        self._watches = options.tuning == "lora" and STRATEGIES.get(federation.strategy.name).whole_models  # type: ignore[attr-defined]
        self._means = self._entry.name == "fedit" or config.privacy.name != "none"  # under noise the next model says more of the noise
        self._scale = scale_of(config)
        self._old: Arrays = {}
        self._pieces: dict[str, list[Piece]] = {}

    def begin(self, arrays: Arrays) -> None:
        """A round starts from this global model."""
        self._old, self._pieces = arrays, {}

    def add(self, arrays: Arrays, weight: float) -> None:
        """A client's whole model after its training, and its weight."""
        if self._watches and weight > 0:
            for matrix, (a, b) in factors(arrays).items():
                self._pieces.setdefault(matrix, []).append((weight, arrays[a], arrays[b]))

    def end(self, new: Arrays) -> tuple[AdapterError, ...]:
        """The errors of the round that led to this global model; empty where nothing was seen."""
        found = []
        for matrix, pieces in self._pieces.items():
            with np.errstate(all="ignore"):  # adapters that have run away have no error
                found.append(self._error(matrix, pieces, new))
        self._old, self._pieces = {}, {}
        return tuple(found)

    def _error(self, matrix: str, pieces: list[Piece], new: Arrays) -> AdapterError:
        weights = np.array([weight for weight, _a, _b in pieces])
        many = [(a.astype(np.float64), b.astype(np.float64)) for _weight, a, b in pieces]
        if self._entry.by_norm:
            norms = np.array([np.linalg.norm(b @ a) for a, b in many])
            weights = norms if norms.any() else weights
        shares = weights / weights.sum()
        expected = sum(share * (b @ a) for share, (a, b) in zip(shares, many, strict=True))
        if self._means:
            mean_a, mean_b = (sum(share * pair[place] for share, pair in zip(shares, many, strict=True)) for place in (0, 1))
            reached = mean_b @ mean_a
        else:
            (a, b), delta = factors([name for name in new if name.startswith(matrix + ".")])[matrix], matrix + DELTA
            reached = new[b].astype(np.float64) @ new[a]
            if delta in new:
                reached = reached + np.subtract(new[delta], self._old[delta], dtype=np.float64) / self._scale
        return AdapterError(matrix=matrix.removeprefix("encoder."), error=float(np.linalg.norm(reached - expected)), norm=float(np.linalg.norm(expected)))


def scale_of(config: RunConfig) -> float:
    """What a product of factors is multiplied with, alpha / rank; 1 where there are no adapters."""
    options = config.model
    return options.lora_alpha / options.lora_rank if options.tuning == "lora" else 1.0  # type: ignore[attr-defined]

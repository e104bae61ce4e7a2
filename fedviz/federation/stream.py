"""What a client holds in a round, where that changes over the rounds: its texts come in one after the other, or their classes move.

Only training texts change; test texts stay, so that scores of different rounds can be compared. With moving labels P(y) changes and P(x | y) stays, one
of the kinds of drift in Gama et al. 2014, A Survey on Concept Drift Adaptation (ACM Computing Surveys 46(4)).
"""

import math

import numpy as np
from numpy.typing import NDArray

from fedviz.core.config import RunConfig
from fedviz.core.seeds import derive, generator


def window(config: RunConfig, held: int, number: int) -> tuple[int, int]:
    """From where to where, in its own order of `held` texts, a client trains in round `number` (counted from 1); at least one text of those it has."""
    drift, share = config.participation.drift, config.participation.drift_share
    rounds = config.federation.rounds
    progress = 1.0 if rounds == 1 else (min(max(number, 1), rounds) - 1) / (rounds - 1)
    first = min(held, max(1, math.ceil(share * held - 1e-9)))
    if drift == "stream":
        return 0, first + round(progress * (held - first))
    if drift == "labels":
        start = round(progress * (held - first))
        return start, start + first
    return 0, held


class Stream:
    """The texts of every client by round. `labels`: the class of each training row of the whole federation."""

    def __init__(self, config: RunConfig, labels: NDArray[np.int64]) -> None:
        self._config, self._labels = config, labels
        self._seed = derive(config.seed, "stream")

    def rows(self, number: int, client: int, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """Those of a client's rows that it trains on in a round, sorted; the very same array where nothing drifts."""
        drift = self._config.participation.drift
        if drift == "none":
            return rows
        order = generator(self._seed, client).permutation(rows)
        if drift == "labels":
            order = order[np.argsort(self._labels[order], kind="stable")]
        start, end = window(self._config, len(rows), number)
        return np.sort(order[start:end])

"""Adapters on the client: it makes its model whole, trains the factors that do not rest, and sends what it has trained, in the rank in which it came.

Adapters of a lower rank are trained with zeros behind them: where a row of A and its column of B are both zero, so are their gradients, and they stay zero.

HetLoRA's self-pruning (Cho et al. 2024, section 3.2): with rank r and kept share g the client adds `lambda ||B[:, rg:r]|| ||A[rg:r, :]||` to its loss, here summed
over the adapted matrices, and sends rank rg once that product is smaller after its training than before it, or zero beside a rest
that is not. Before any training all of B is zero, which says nothing of its last ranks.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from torch import Tensor, nn

from fedviz.federation import wire
from fedviz.federation.adapters.base import DELTA, STILL, A, factors
from fedviz.federation.adapters.ranked import padded, truncated
from fedviz.federation.local.base import Arrays, Job, LocalRule, Outcome
from fedviz.models.learner import Learner
from fedviz.models.trained import Trained


class Adapters(LocalRule):
    """Plain training of what does not rest. What did not come has the values that the model is built with."""

    _had: Arrays = {}
    _rests: Sequence[bool] = ()
    _tail: slice = slice(0, 0)
    _pairs: Sequence[tuple[int, int]] = ()
    _pull: float = 0.0

    def train(self, job: Job) -> Outcome:
        """Train what is to be trained, and send that alone."""
        still = STILL[int(job.settings.numbers.get(wire.STILL, 0))]
        trained = [name for name in sorted(job.learner.initial) if not name.endswith(DELTA)]
        self._rests = [bool(still) and still in name for name in trained]
        self._had = self.whole(job.learner, job.received, job.memory)
        ranks = [len(values) for name, values in job.received.items() if A in name]
        kept = self._prepare(job, ranks[0], trained) if ranks and wire.PRUNE_TO in job.settings.numbers else 0
        outcome = super().train(replace(job, received=self._had))
        if kept and outcome.result.losses:
            after = weight_of(outcome.arrays, self._tail)
            empty = after == 0 < weight_of(outcome.arrays, slice(0, kept))
            ranks = [kept] if empty or after < weight_of(self._had, self._tail) else ranks
        sent = {name: outcome.arrays[name] for name, rests in zip(trained, self._rests, strict=True) if not rests}
        return replace(outcome, arrays={name: truncated(name, values, ranks[0]) for name, values in sent.items()} if ranks else sent)

    def _prepare(self, job: Job, rank: int, names: Sequence[str]) -> int:
        """Set what is pulled to zero; gives the rank that is left without it, 0 where nothing can be pruned."""
        kept, place = max(1, int(job.settings.numbers[wire.PRUNE_TO] * rank)), {name: number for number, name in enumerate(names)}
        self._tail, self._pull = slice(kept, rank), job.settings.numbers[wire.PRUNE_PULL]
        self._pairs = [(place[a], place[b]) for a, b in factors(names).values()] if kept < rank else []
        return kept if kept < rank else 0

    def objective(self, learner: Trained, batch: Any) -> tuple[Tensor, Tensor]:
        """The loss as it is told, and with what pulls the last ranks to zero."""
        told, whole = super().objective(learner, batch)
        if not self._pairs or not self._pull:
            return told, whole
        weights, tail = learner.parameters(), self._tail
        return told, whole + self._pull * sum(weights[b][:, tail].norm() * weights[a][tail].norm() for a, b in self._pairs)

    def adjust(self, weights: Sequence[nn.Parameter]) -> None:
        """A factor that rests has no gradient, so that no optimiser moves it."""
        for weight, rests in zip(weights, self._rests, strict=True):
            if rests:
                weight.grad = None

    def whole(self, learner: Learner, arrays: Arrays, memory: Arrays) -> Arrays:
        """The arrays that came, or that this client has trained, with zeros up to the model's rank; the others as it had them."""
        return {**learner.initial, **self._had, **{name: padded(values, learner.initial[name].shape) for name, values in arrays.items()}}


def weight_of(arrays: Arrays, tail: slice) -> float:
    """The sum over the adapted matrices of `||B[:, tail]|| ||A[tail, :]||`, Frobenius norms."""
    return sum(float(np.linalg.norm(arrays[b][:, tail].astype(np.float64)) * np.linalg.norm(arrays[a][tail].astype(np.float64))) for a, b in factors(arrays).values())

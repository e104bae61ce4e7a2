"""Adapters on the client: it makes its model whole, trains the factors that do not rest, and sends what it has trained, in the rank in which it came.

Adapters of a lower rank are trained with zeros behind them: where a row of A and its column of B are both zero, so are their gradients, and they stay zero.
"""

from collections.abc import Sequence
from dataclasses import replace

from torch import nn

from fedviz.federation import wire
from fedviz.federation.adapters.base import DELTA, STILL, A
from fedviz.federation.adapters.ranked import padded, truncated
from fedviz.federation.local.base import Arrays, Job, LocalRule, Outcome
from fedviz.models.learner import Learner


class Adapters(LocalRule):
    """Plain training of what does not rest. What did not come has the values that the model is built with."""

    _had: Arrays = {}
    _rests: Sequence[bool] = ()

    def train(self, job: Job) -> Outcome:
        """Train what is to be trained, and send that alone."""
        still = STILL[int(job.settings.numbers.get(wire.STILL, 0))]
        trained = [name for name in sorted(job.learner.initial) if not name.endswith(DELTA)]
        self._rests = [bool(still) and still in name for name in trained]
        self._had = self.whole(job.learner, job.received, job.memory)
        outcome = super().train(replace(job, received=self._had))
        ranks = [len(values) for name, values in job.received.items() if A in name]
        sent = {name: outcome.arrays[name] for name, rests in zip(trained, self._rests, strict=True) if not rests}
        return replace(outcome, arrays={name: truncated(name, values, ranks[0]) for name, values in sent.items()} if ranks else sent)

    def adjust(self, weights: Sequence[nn.Parameter]) -> None:
        """A factor that rests has no gradient, so that no optimiser moves it."""
        for weight, rests in zip(weights, self._rests, strict=True):
            if rests:
                weight.grad = None

    def whole(self, learner: Learner, arrays: Arrays, memory: Arrays) -> Arrays:
        """The arrays that came, or that this client has trained, with zeros up to the model's rank; the others as it had them."""
        return {**learner.initial, **self._had, **{name: padded(values, learner.initial[name].shape) for name, values in arrays.items()}}

"""DP-FedAvg on the server (McMahan et al. 2018, arXiv:1710.06963), with adaptive clipping (Andrew et al. 2021, arXiv:1905.03871).

`w_{t+1} = w_t + (sum_k clip_C(w_k - w_t) + N(0, (z C)^2 I)) / n` with n the number of clients asked: one that fails adds nothing and is divided
by all the same, so that what arrives tells nothing. Noise comes from the run's seed, so that a run repeats and resumes to the bit. Who
knows the seed takes the noise off again: a real deployment must draw noise and clients from a cryptographic generator.
"""

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fedviz.core import seeds
from fedviz.core.types import PrivacySpent
from fedviz.federation.aggregation.base import Aggregator, Combined, as_type, check_alike, check_enough
from fedviz.federation.privacy import accounting
from fedviz.federation.privacy.base import Guard, shortening

if TYPE_CHECKING:
    from fedviz.core.config import FederationConfig
    from fedviz.federation.messages import Arrays
    from fedviz.federation.privacy.central import CentralOptions

CLIP = "privacy/clip"
FARTHEST, LEAST_CLIP = 30.0, 1e-12


class ClippedSums(Guard):
    """The guard of a run; `seed` is the root of its noise. `clip`: the norm C of the next round; `clipped`: the last round's share of shortened updates."""

    def __init__(self, options: "CentralOptions", federation: "FederationConfig", seed: int) -> None:
        self.options, self.seed = options, seed
        self.drawn, self.there = federation.participants, federation.present
        self.clip = self._used = options.clip_norm
        self.clipped = 0.0

    def aggregator(self, number: int) -> Aggregator:
        """The clipped sum of one round."""
        return _ClippedSum(self, number)

    def spent(self, number: int) -> PrivacySpent:
        """Epsilon by both accountants after `number` rounds; the clip norm that was used and the deviation of the noise on each weight of the mean."""
        options = self.options
        epsilons = accounting.spent(options.noise_multiplier, number, self.drawn, self.there, options.delta)
        return PrivacySpent(
            rdp=epsilons and epsilons.rdp, pld=epsilons and epsilons.pld, delta=options.delta, clip_norm=self._used, clipped=self.clipped,
            noise=self.deviation(self._used) / self.drawn,
        )  # fmt: skip

    def deviation(self, clip: float) -> float:
        """Deviation of the noise on the sum. Adaptive clipping spends a part of z on its count, so that the sum needs more: Theorem 1 of the paper."""
        options = self.options
        if not options.adaptive or options.noise_multiplier == 0:
            return options.noise_multiplier * clip
        count = options.noise_on_count(self.drawn)
        return options.noise_multiplier * clip / math.sqrt(1 - (options.noise_multiplier / (2 * count)) ** 2)

    def close(self, number: int, within: float, clipped: float) -> None:
        """A round is summed. `within`: the sum over the clients of 1/2 where the update was no longer than C, else -1/2."""
        self._used, self.clipped = self.clip, clipped
        options = self.options
        if options.adaptive:
            noise = options.noise_on_count(self.drawn) * seeds.generator(self.seed, "count", number).standard_normal()
            share = (within + noise) / self.drawn + 0.5
            move = min(max(options.clip_rate * (options.quantile - share), -FARTHEST), FARTHEST)  # much noise on few clients may ask for any factor
            self.clip = min(max(self.clip * math.exp(move), LEAST_CLIP), 1 / LEAST_CLIP)

    def state(self) -> dict[str, NDArray[np.float64]]:
        """The clip norm."""
        return {CLIP: np.array([self.clip])}

    def restore(self, state: "Arrays") -> None:
        """Take up the clip norm; before the first round there is none yet."""
        if CLIP in state:
            self.clip = float(state[CLIP][0])


class _ClippedSum(Aggregator):
    """One round. It streams: one model of float64 sums, however many clients there are."""

    def __init__(self, guard: ClippedSums, number: int) -> None:
        self._guard, self._number = guard, number
        self._sums: dict[str, NDArray[np.float64]] = {}
        self._dtypes: dict[str, np.dtype[Any]] = {}
        self._factors: dict[int, float] = {}
        self._within = 0.0

    def add(self, client: int, arrays: "Arrays", weight: float) -> None:
        """Add a client's update, shortened to C; the weight has no say, and an update that is not finite adds nothing."""
        if not self._sums:
            self._sums = {name: np.zeros(values.shape) for name, values in arrays.items()}
            self._dtypes = {name: values.dtype for name, values in arrays.items()}
        check_alike(arrays, self._sums)
        with np.errstate(over="ignore", invalid="ignore"):
            norm = math.sqrt(sum(float(np.square(self._update(arrays, name)).sum()) for name in arrays))
        clip = self._guard.clip
        factor = shortening(norm, clip)
        for name, sums in self._sums.items() if factor else ():
            sums += factor * self._update(arrays, name)
        self._within += 0.5 if norm <= clip else -0.5
        self._factors[client] = factor

    def _update(self, arrays: "Arrays", name: str) -> NDArray[np.float64]:
        return np.subtract(arrays[name], self._old[name], dtype=np.float64)

    def result(self) -> Combined:
        """The next model, with noise; a share below an n-th is an update that was shortened."""
        check_enough(len(self._factors), 1, "DP-FedAvg")
        guard, number = self._guard, self._number
        deviation = guard.deviation(guard.clip)
        sums, self._sums = self._sums, {}
        for name, values in sums.items():
            if deviation:
                values += deviation * seeds.generator(guard.seed, "noise", number, name).standard_normal(values.shape)
            values /= guard.drawn
            values += self._old[name]
            sums[name] = as_type(values, self._dtypes[name])  # type: ignore[assignment]
        guard.close(number, self._within, float(np.mean([factor < 1 for factor in self._factors.values()])))
        return Combined(sums, {client: factor / guard.drawn for client, factor in self._factors.items()})

"""What may leave: enough parties hold it, or its noisy count passes a threshold.

**The account of the private rule.** A unit (a text or a party) changes at most k counts, each by one. Every count that is not zero gets discrete Laplace
noise, `P(z) ~ a^|z|` with `a = exp(-epsilon / k)` (the geometric mechanism: Ghosh, Roughgarden and Sundararajan 2009), and is released, with its noisy
value, where it reaches the threshold t. Counts that both of two neighbouring data sets have are then epsilon-differentially private. A triple that only the one unit
holds must not show, since without the unit it cannot: it shows with probability `p = P(1 + z >= t) = a^(t-1) / (1 + a)`, all of at most k of them stay hidden with
`(1 - p)^k`. So with `1 - (1 - p)^k <= delta` (and `p <= 1 - a`, for the other direction) the release is (epsilon, delta)-differentially private
(thresholds: Korolova, Kenthapadi, Mishra and Ntoulas 2009; bounded contributions: Wilson et al. 2020). A test counts it out on small cases.

The server adds the noise: the budget speaks of what it gives out, to the parties and to everybody. It itself sees tags and exact counts, but no names. Who of
the parties holds a released triple is not given out, since that has no noise.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Budget:
    """Epsilon and delta for one unit that changes at most `most` counts by one each."""

    epsilon: float
    delta: float
    most: int

    @property
    def ratio(self) -> float:
        """How fast the noise falls: each step further from zero is so many times as likely."""
        return math.exp(-self.epsilon / self.most)

    @property
    def threshold(self) -> int:
        """The least noisy count that is released: the smallest that keeps the account."""
        allowed = min(-math.expm1(math.log1p(-self.delta) / self.most), 1 - self.ratio)
        steps = max(1, math.ceil(math.log(allowed * (1 + self.ratio)) / math.log(self.ratio)))
        while self.slip(steps + 1) > allowed:  # the logarithms round
            steps += 1
        return steps + 1

    def slip(self, threshold: int) -> float:
        """The probability that a count of one reaches a threshold of two or more."""
        return self.ratio ** (threshold - 1) / (1 + self.ratio)

    def noise(self, generator: np.random.Generator, count: int) -> "np.ndarray":
        """Discrete Laplace noise [count]: the difference of two geometric numbers."""
        first, second = (generator.geometric(1 - self.ratio, count) for _ in range(2))
        return first - second

    def released(self, counts: Mapping[bytes, int], generator: np.random.Generator) -> dict[bytes, int]:
        """The noisy counts that reach the threshold, by tag. Tags take their noise in an order of their own, which says nothing of who sent them."""
        tags = sorted(tag for tag, count in counts.items() if count > 0)
        noisy = np.array([counts[tag] for tag in tags], np.int64) + self.noise(generator, len(tags))
        return {tag: int(value) for tag, value in zip(tags, noisy, strict=True) if value >= self.threshold}


def held_by(holders: Mapping[bytes, int], least: int) -> dict[bytes, int]:
    """The tags that at least so many parties hold, with how many do."""
    return {tag: count for tag, count in holders.items() if count >= least}

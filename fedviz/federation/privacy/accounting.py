"""How much privacy rounds of clipped sums with Gaussian noise spend: epsilon at a given delta, by the library dp-accounting.

Two runs are neighbours where one client's texts are replaced by any others (replace-one); how many clients there are is public. A client's
clipped update then moves the sum by at most 2 C, so that noise of deviation z C is a Gaussian mechanism of noise multiplier z / 2.
Papers that let a client's update vanish instead (McMahan et al. 2018) count with z and print smaller numbers.

A round draws a fixed number of clients without replacement. Two bounds, both true:
- RDP (Mironov 2017, arXiv:1702.07476) counts the draw, by Wang, Balle and Kasiviswanathan 2019 (arXiv:1808.00087). The draw must stay secret for that.
- PLD, the privacy loss distribution, takes every client for drawn in every round: no bound of it for draws without replacement is in the
  library. T Gaussian releases are one with a T-th of the variance (Dong, Roth and Su 2022, arXiv:1905.02383), whose epsilon is exact (Balle and
  Wang 2018, arXiv:1805.06530). The library's own PLD accountant agrees, but takes seconds where little noise is used.

The library takes a second to load: import this module only where privacy is kept.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import dp_accounting as dp
import numpy as np
from dp_accounting import rdp
from numpy.typing import NDArray
from scipy.optimize import brentq

REPLACED = 2.0
"""By how many clip norms the sum moves where one client is replaced."""
LEAST_NOISE = 0.01
"""A noise multiplier below counts as none: epsilon would be some ten thousands, which promises nothing."""
_ORDERS = (*(1 + step / 10 for step in range(1, 10)), *range(2, 33), 40, 48, 64, 128)
"""Orders of RDP with a draw: each costs time, and more of them change the third digit."""


@dataclass(frozen=True)
class Epsilons:
    """Two upper bounds of the same epsilon; the smaller one holds, since both do."""

    rdp: float
    pld: float


def spent(noise: float, rounds: int, drawn: int, there: int, delta: float) -> Epsilons | None:
    """Epsilon after so many rounds, each with `drawn` of `there` clients and noise multiplier `noise` (z); None without noise."""
    if noise < LEAST_NOISE:
        return None
    orders, one_round = _one_round(noise, drawn, there)
    by_rdp, _order = rdp.compute_epsilon(orders, rounds * one_round, delta)
    return Epsilons(float(by_rdp), float(dp.get_epsilon_gaussian(noise / REPLACED / rounds**0.5, delta)))


@lru_cache(maxsize=64)
def noise_for(epsilon: float, rounds: int, drawn: int, there: int, delta: float) -> float:
    """The least noise multiplier z with which that many rounds spend at most `epsilon` (> 0), to three digits, rounded up."""
    exact = REPLACED * rounds**0.5 * dp.get_sigma_gaussian(epsilon, delta)

    def over(log_noise: float) -> float:
        found = spent(float(np.exp(log_noise)), rounds, drawn, there, delta)
        return 0.0 if found is None else np.log(found.rdp / epsilon)

    low = np.log(exact / 100)
    if drawn < there and over(np.log(exact)) < 0 < over(low):  # the draw helps: less noise will do than without it
        exact = float(np.exp(brentq(over, low, np.log(exact), xtol=1e-4)))
    unit = 10.0 ** (np.floor(np.log10(exact)) - 2)
    return float(f"{(np.floor(exact / unit) + 1) * unit:.6g}")


@lru_cache(maxsize=256)
def _one_round(noise: float, drawn: int, there: int) -> tuple[Any, NDArray[np.float64]]:
    """Orders and the Renyi divergences [orders] of one round."""
    sampled = drawn < there
    event: Any = dp.GaussianDpEvent(noise / REPLACED)
    event = dp.SampledWithoutReplacementDpEvent(there, drawn, event) if sampled else event
    accountant = rdp.RdpAccountant(_ORDERS if sampled else None, dp.NeighboringRelation.REPLACE_ONE)
    accountant.compose(event)
    return accountant.orders, accountant.rdp

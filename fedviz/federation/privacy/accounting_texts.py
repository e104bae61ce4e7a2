"""How much steps of DP-SGD spend of a single text's privacy: epsilon at a given delta, by the library dp-accounting.

Two runs are neighbours where one training text of one client is replaced by an empty one that has no gradient (zero-out; Kairouz et al. 2021, arXiv:2103.00039):
the numbers are those of adding or removing a text (Abadi et al. 2016), and how many texts a client holds may be public. A text moves the sum by at most C,
so that z is the noise multiplier. Every text is in a batch with probability q (Poisson), by the client's own coins, which nobody else sees.

RDP: Mironov, Talwar and Zhang 2019 (arXiv:1908.10530). PLD: Koskela, Jälkö and Honkela 2020 (arXiv:1906.03049). A client is taken for drawn in every round, since the server knows who was.
"""

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import dp_accounting as dp
import numpy as np
from dp_accounting import pld, rdp
from numpy.typing import NDArray
from scipy.optimize import brentq

from fedviz.federation.privacy.accounting import LEAST_NOISE, Epsilons

Plans = Iterable[tuple[float, int]]
"""(q, steps of a round) by client."""
LEAST_PLD = 0.3
"""With less noise, where epsilon is some hundreds, PLD takes seconds and is left out."""
_ORDERS = (*(order / 4 for order in range(8, 48)), *range(12, 65), 80, 96, 128, 192, 256, 512)
"""Orders of RDP from 2 on: below, the library's series does not always converge."""
_GRID = 20
"""Into how many steps of PLD's grid the deviation of one release's loss is cut: epsilon then comes out some thousandths too large, never too small."""


def spent(noise: float, rate: float, steps: int, delta: float) -> Epsilons | None:
    """Epsilon after so many steps with noise multiplier `noise` (z) whose batches hold a text with probability `rate` (q); None without noise."""
    if noise < LEAST_NOISE:
        return None
    by_rdp = _rdp(noise, rate, steps, delta)
    return Epsilons(by_rdp, _pld(noise, rate, steps, delta) if noise >= LEAST_PLD else by_rdp)


def by_rdp(noise: float, plans: Plans, rounds: int, delta: float) -> tuple[float, ...]:
    """Each client's epsilon by RDP after so many rounds; 0 where it takes no step. There must be noise."""
    return tuple(_rdp(noise, rate, rounds * steps, delta) if steps else 0.0 for rate, steps in plans)


def worst(noise: float, plans: Plans, rounds: int, delta: float) -> Epsilons | None:
    """Bounds that hold for every client; None without noise.

    The larger of a client's two bounds is RDP's, so that clients whose RDP is below the largest PLD found so far need no PLD of their own.
    """
    if noise < LEAST_NOISE:
        return None
    by_client = sorted({(rate, rounds * steps) for rate, steps in plans if steps}, key=lambda plan: -_rdp(noise, *plan, delta))
    if not by_client:
        return Epsilons(0.0, 0.0)
    highest = _rdp(noise, *by_client[0], delta)
    if noise < LEAST_PLD:
        return Epsilons(highest, highest)
    found = 0.0
    for rate, steps in by_client:
        if _rdp(noise, rate, steps, delta) <= found:
            break
        found = max(found, _pld(noise, rate, steps, delta))
    return Epsilons(highest, found)


@lru_cache(maxsize=64)
def noise_for(epsilon: float, plans: tuple[tuple[float, int], ...], rounds: int, delta: float) -> float:
    """The least noise multiplier with which no client spends more than `epsilon` (> 0) in so many rounds, to three digits, rounded up; 0 where nobody takes a step."""
    some = sorted({(rate, rounds * steps) for rate, steps in plans if steps})
    if not some:
        return 0.0
    start = max(1.0, max(steps for _rate, steps in some) ** 0.5 * dp.get_sigma_gaussian(epsilon, delta))
    hardest, exact = max(some, key=lambda plan: _best(start, *plan, delta)), 0.0
    while hardest is not None:  # the client that needs most noise at the start may not be the one that does in the end
        exact = max(exact, _least(epsilon, *hardest, start, delta))
        unit = 10.0 ** (np.floor(np.log10(exact)) - 2)
        exact = float(f"{(np.floor(exact / unit) + 1) * unit:.6g}")
        hardest = next((plan for plan in some if plan != hardest and _best(exact, *plan, delta) > epsilon), None)
    return exact


def _best(noise: float, rate: float, steps: int, delta: float) -> float:
    """The smaller bound."""
    return _pld(noise, rate, steps, delta) if noise >= LEAST_PLD else _rdp(noise, rate, steps, delta)


def _least(epsilon: float, rate: float, steps: int, start: float, delta: float) -> float:
    """The noise with which one client spends `epsilon`; with `start` it spends no more."""

    def over(log_noise: float) -> float:
        return float(np.log(max(_best(float(np.exp(log_noise)), rate, steps, delta), 1e-12) / epsilon))

    low = high = float(np.log(start))
    while over(low) < 0 and low > np.log(LEAST_NOISE):
        low, high = low - 0.7, low
    return LEAST_NOISE if over(low) < 0 else float(np.exp(brentq(over, low, high, xtol=5e-4)))


def _event(noise: float, rate: float) -> Any:
    gaussian = dp.GaussianDpEvent(noise)
    return dp.PoissonSampledDpEvent(rate, gaussian) if rate < 1 else gaussian


@lru_cache(maxsize=1024)
def _rdp_of_a_step(noise: float, rate: float) -> NDArray[np.float64]:
    accountant = rdp.RdpAccountant(_ORDERS, dp.NeighboringRelation.REPLACE_SPECIAL)
    accountant.compose(_event(noise, rate))
    return accountant.rdp


@lru_cache(maxsize=4096)
def _rdp(noise: float, rate: float, steps: int, delta: float) -> float:
    return float(rdp.compute_epsilon(_ORDERS, steps * _rdp_of_a_step(noise, rate), delta)[0])


@lru_cache(maxsize=1024)
def _pld(noise: float, rate: float, steps: int, delta: float) -> float:
    if rate == 1:  # T Gaussian releases are one with a T-th of the variance
        return float(dp.get_epsilon_gaussian(noise / steps**0.5, delta))
    deviation = min(rate * np.sqrt(np.expm1(min(noise**-2, 100.0))), 1 / noise)
    accountant = pld.PLDAccountant(dp.NeighboringRelation.REPLACE_SPECIAL, float(np.clip(deviation / _GRID, 1e-5, 0.1)))
    accountant.compose(_event(noise, rate), steps)
    return float(accountant.get_epsilon(delta))

"""Real numbers as integers modulo 2^64, in which adding up is exact and a mask hides everything.

A value x becomes round(x 2^32) modulo 2^64, negative ones by wrap-around; the sum of n of them is off by at most n 2^-33, which for
100 clients is 1.2e-8. So that the sum itself never wraps, each value must stay below 2^31 / n.
"""

import numpy as np
from numpy.typing import NDArray

from fedviz.core.errors import RunError

Words = NDArray[np.uint64]
FRACTION_BITS = 32
_ONE = 2.0**FRACTION_BITS


def bound(clients: int) -> float:
    """How large a value may be, so that the sum of so many stays within the integers."""
    return 2.0 ** (63 - FRACTION_BITS) / clients


def encode(values: NDArray[np.float64], clients: int) -> Words:
    """Values [d] as integers modulo 2^64 [d], one of `clients` summands; `RunError` where one is too large or not finite."""
    limit = bound(clients)
    wrong = ~(np.abs(values) < limit)
    if wrong.any():
        raise RunError(f"Secure aggregation of {clients} clients needs every value of an update times its weight below {limit:g}, but got {values[wrong][0]:g}.")
    return np.rint(values * _ONE).astype(np.int64).view(np.uint64)


def decode(words: Words) -> NDArray[np.float64]:
    """Integers modulo 2^64 [d] as values [d]; the upper half of the range are the negative ones."""
    return words.view(np.int64) / _ONE

"""Shamir's secret sharing (Communications of the ACM 22, 1979): any t of n shares give the secret, t - 1 tell nothing of it.

The secret is the value at 0 of a polynomial of degree t - 1 over a prime field, whose other coefficients are drawn evenly; a share is its value
at one point.
"""

from collections.abc import Callable, Mapping, Sequence

from fedviz.core.errors import RunError

PRIME = 2**521 - 1
"""A Mersenne prime above every secret of 32 bytes."""
SHARE_BYTES = 66


def split(secret: int, threshold: int, points: Sequence[int], draw: Callable[[], int], prime: int = PRIME) -> dict[int, int]:
    """Shares of a secret in [0, prime) by point; any `threshold` of them give it back.

    `draw()` gives an element of the field, all equally likely. Raises `ValueError` where the points are not distinct elements above 0, or
    fewer than the threshold.
    """
    if len(set(points)) != len(points) or not all(0 < point < prime for point in points):
        raise ValueError(f"`points` must be distinct and between 1 and the prime, but got {list(points)}")
    if not 1 <= threshold <= len(points) or not 0 <= secret < prime:
        raise ValueError(f"`threshold` must be between 1 and the {len(points)} points, and the secret in the field, but got threshold={threshold}")
    coefficients = [secret, *(draw() for _ in range(threshold - 1))]
    return {point: _value(coefficients, point, prime) for point in points}


def _value(coefficients: Sequence[int], point: int, prime: int) -> int:
    """The polynomial at a point, by Horner's rule."""
    value = 0
    for coefficient in reversed(coefficients):
        value = (value * point + coefficient) % prime
    return value


def join(shares: Mapping[int, int], threshold: int, prime: int = PRIME) -> int:
    """The secret from at least `threshold` shares by point (Lagrange's value at 0); `RunError` where they are fewer."""
    if len(shares) < threshold:
        raise RunError(f"A secret that was shared needs {threshold} shares, but only {len(shares)} are there.")
    points = sorted(shares)[:threshold]
    total = 0
    for point in points:
        above, below = 1, 1
        for other in points:
            if other != point:
                above, below = above * other % prime, below * (other - point) % prime
        total += shares[point] * above * pow(below, -1, prime)
    return total % prime

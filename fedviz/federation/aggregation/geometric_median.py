"""The geometric median of Pillutla et al. 2022 (RFA): the point with the least weighted sum of distances to the clients' models.

Weiszfeld's iteration needs nothing but the models' places relative to each other. So it runs in the space that they span, of at most as
many dimensions as there are clients, where a step costs next to nothing; only the last mean is one of whole models.
"""

from typing import Literal

import numpy as np

from fedviz.core.i18n import N_
from fedviz.core.options import Options
from fedviz.federation.aggregation.base import AggregationEntry, Aggregator, Floats, Gathering, blocks

STEPS = 1000
"""After so many steps the iteration ends, settled or not; every step lowers the sum of distances."""
TOLERANCE = 1e-12
"""Relative to how far the models typically are from their middle: below it places are the same."""


class GeometricMedianOptions(Options):
    """The geometric median has no options: it needs no guess of how many clients are malicious."""

    name: Literal["geometric-median"] = "geometric-median"


def corners(matrix: Floats) -> Floats:
    """The rows of `matrix` [clients, d] as points [clients, min(clients, d)] at the same distances from each other and from the origin,
    which is the rows' coordinate-wise median: near it, and so near the honest models, nothing is lost to rounding, however far others lie.
    """
    clients, columns = matrix.shape
    triangle = np.empty((0, clients))
    for block in blocks(columns):
        centred = matrix[:, block] - np.median(matrix[:, block], axis=0)
        triangle = np.linalg.qr(np.vstack([triangle, centred.T]), mode="r")
    return triangle.T


def weiszfeld(points: Floats, weights: Floats) -> Floats:
    """Shares [n] of `points` [n, dimensions] whose mean is the geometric median with these `weights` [n] > 0.

    It starts at the best of the points and every step lowers the sum of distances, so no other point is met on the way unless it is as
    good. On a point the step is that of Vardi and Zhang (2000, PNAS 97, The multivariate L1-median and associated data depth), where
    Weiszfeld's would divide by 0 and the smoothed one of RFA would stay: it leaves the point unless that is the median.
    """
    from scipy.spatial.distance import cdist

    shares = np.zeros(len(points))
    shares[np.argmin(cdist(points, points) @ weights)] = 1.0
    same = TOLERANCE * np.median(np.linalg.norm(points, axis=1))
    for _ in range(STEPS):
        ways = points - shares @ points
        lengths = np.linalg.norm(ways, axis=1)
        here = lengths <= same
        if here.all():
            return weights / weights.sum()
        pulls = np.divide(weights, lengths, out=np.zeros_like(weights), where=~here)
        held, pull = weights[here].sum(), np.linalg.norm(pulls @ ways)
        stays = 0.0 if not held else 1.0 if pull <= held else held / pull
        former, shares = shares, (1 - stays) * pulls / pulls.sum()
        if held:
            shares[here] = stays * weights[here] / held
        if np.linalg.norm((shares - former) @ points) <= same:
            break
    return shares


def build(options: GeometricMedianOptions) -> Aggregator:
    """The aggregator of a round."""
    return Gathering(GEOMETRIC_MEDIAN.title, _combine, weighted=True)


def _combine(matrix: Floats, weights: Floats, old: Floats) -> tuple[Floats, Floats]:
    shares = weiszfeld(corners(matrix), weights)
    return shares @ matrix, shares


GEOMETRIC_MEDIAN = AggregationEntry(
    name="geometric-median",
    title=N_("Geometric median"),
    summary=N_("The model with the smallest sum of distances to the clients' models, weighted like the mean: no client pulls harder for being far away."),
    options=GeometricMedianOptions,
    equation=r"w_{t+1} = \arg\min_w \sum_k \frac{n_k}{n} \, \lVert w - w_t^k \rVert",
    paper="Pillutla et al. 2022, Robust Aggregation for Federated Learning, IEEE Transactions on Signal Processing 70, arXiv:1912.13445",
    when=N_(
        "When clients with less than half of the weight are malicious, and nobody knows how many; with honest clients it stays close to the mean. Many "
        "malicious clients that agree still shift it. It holds all updates of a round, so memory grows with the clients."
    ),
    least=lambda options: 1,
    build=build,
)

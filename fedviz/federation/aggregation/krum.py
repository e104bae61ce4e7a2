"""Krum of Blanchard et al. 2017: the model that is closest to its neighbours, and what Multi-Krum and Bulyan need of it."""

from functools import partial, reduce
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from fedviz.core.i18n import N_
from fedviz.core.options import Options
from fedviz.federation.aggregation.base import AggregationEntry, Aggregator, Floats, Gathering

KrumMalicious = Annotated[
    int,
    Field(
        ge=0,
        le=49,
        title="Malicious clients",
        description="How many of a round's clients may be malicious (f). A model is judged by its n - f - 2 nearest of n, so 2f + 3 updates must arrive.",
    ),
]


class KrumOptions(Options):
    """How many clients may be malicious."""

    name: Literal["krum"] = "krum"
    f: KrumMalicious = 1


def distances(matrix: Floats) -> Floats:
    """Squared distances [clients, clients] between the rows of `matrix` [clients, d]."""
    from scipy.spatial.distance import pdist, squareform

    # differences are squared, not products subtracted: far from the origin the honest models would lose all their digits
    return squareform(pdist(matrix, "sqeuclidean"))


def ranked(distances: Floats, f: int) -> NDArray[np.intp]:
    """Models from the best to the worst Krum score: the sum of the squared distances to the n - f - 2 nearest others.

    Two that are each other's only neighbour have the same score: then the neighbours that follow decide, not a client's number. A model
    that is not finite comes last. Bulyan asks with fewer than 2f + 3 models too; one neighbour is always looked at.
    """
    neighbours = min(len(distances) - 1, max(1, len(distances) - f - 2))
    sums = np.cumsum(np.sort(distances, axis=1), axis=1)  # column k: over the k nearest; the model itself is column 0
    return np.lexsort(sums[:, neighbours:].T[::-1])


def averaged(matrix: Floats, chosen: NDArray[np.intp]) -> tuple[Floats, Floats]:
    """The mean of the chosen rows of `matrix` [clients, d], and the shares [clients]."""
    shares = np.zeros(len(matrix))
    shares[chosen] = 1 / len(chosen)
    return reduce(np.add, (matrix[row] for row in chosen)) / len(chosen), shares


def least(options: KrumOptions) -> int:
    """The paper's 2f + 2 < n."""
    return 2 * options.f + 3


def build(options: KrumOptions) -> Aggregator:
    """The aggregator of a round."""
    return Gathering(KRUM.title, partial(_combine, options.f), least(options), f"f={options.f}")


def _combine(f: int, matrix: Floats, weights: Floats, old: Floats) -> tuple[Floats, Floats]:
    return averaged(matrix, ranked(distances(matrix), f)[:1])


KRUM = AggregationEntry(
    name="krum",
    title=N_("Krum"),
    summary=N_("The next global model is one client's: the one that is nearest to its neighbours. Each client counts the same."),
    options=KrumOptions,
    equation=r"w_{t+1} = w_t^{k^*}, \quad k^* = \arg\min_k \sum_{l \in N_k} \lVert w_t^k - w_t^l \rVert^2, \quad |N_k| = n - f - 2",
    paper="Blanchard et al. 2017, Machine Learning with Adversaries: Byzantine Tolerant Gradient Descent, NeurIPS 2017, arXiv:1703.02757",
    when=N_(
        "When a few clients send models that are far from all others. What the other clients learned in the round is thrown away, so it learns slowly, "
        "and with very different clients one-sidedly. It holds all updates of a round, so memory grows with the clients."
    ),
    least=least,
    build=build,
)

"""Bulyan of El Mhamdi et al. 2018: Krum chooses models one after the other, then each weight is the mean of the values near the median."""

from functools import partial
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from fedviz.core.i18n import N_
from fedviz.core.options import Options
from fedviz.federation.aggregation.base import AggregationEntry, Aggregator, Floats, Gathering, blocks
from fedviz.federation.aggregation.krum import distances, ranked


class BulyanOptions(Options):
    """How many clients may be malicious."""

    name: Literal["bulyan"] = "bulyan"
    f: Annotated[
        int,
        Field(
            ge=0,
            le=49,
            title="Malicious clients",
            description="How many of a round's clients may be malicious (f). Twice f models are left out, then twice f values of every weight, "
            "so 4f + 3 updates must arrive.",
        ),
    ] = 1


def chosen(between: Floats, f: int) -> NDArray[np.intp]:
    """The theta = n - 2f rows that Krum picks one after the other, each among those that are left; `between` are squared distances."""
    left, picked = list(range(len(between))), []
    for _ in range(len(between) - 2 * f):
        picked.append(left.pop(ranked(between[np.ix_(left, left)], f)[0]))
    return np.array(sorted(picked))


def near_the_median(matrix: Floats, rows: NDArray[np.intp], count: int) -> tuple[Floats, Floats]:
    """The mean of the `count` values nearest to the median of each column, in these rows of `matrix` [clients, d], and their shares [rows].

    The paper's median of an even number is one of the middle values; here it is their mean, which prefers neither.
    """
    model, used = np.empty(matrix.shape[1]), np.zeros(len(rows))
    for block in blocks(matrix.shape[1]):
        values = matrix[rows, block]
        away = np.abs(values - np.median(values, axis=0))
        nearest = np.argsort(away, axis=0, kind="stable")[:count]  # stable: ties fall alike on every machine
        model[block] = np.take_along_axis(values, nearest, axis=0).mean(axis=0)
        used += np.bincount(nearest.ravel(), minlength=len(rows))
    return model, used / used.sum()


def least(options: BulyanOptions) -> int:
    """The paper's n >= 4f + 3."""
    return 4 * options.f + 3


def build(options: BulyanOptions) -> Aggregator:
    """The aggregator of a round."""
    return Gathering(BULYAN.title, partial(_combine, options.f), least(options), f"f={options.f}")


def _combine(f: int, matrix: Floats, weights: Floats, old: Floats) -> tuple[Floats, Floats]:
    rows = chosen(distances(matrix), f)
    shares = np.zeros(len(matrix))
    model, shares[rows] = near_the_median(matrix, rows, len(rows) - 2 * f)
    return model, shares


BULYAN = AggregationEntry(
    name="bulyan",
    title=N_("Bulyan"),
    summary=N_("Krum chooses n - 2f models, then every weight is the mean of the values nearest to their median. Each client counts the same."),
    options=BulyanOptions,
    equation=r"\left[w_{t+1}\right]_j = \frac{1}{\beta} \sum_{k \in B_j} \left[w_t^k\right]_j, \quad |B_j| = \beta = n - 4f",
    paper="El Mhamdi et al. 2018, The Hidden Vulnerability of Distributed Learning in Byzantium, ICML 2018, arXiv:1802.07927",
    when=N_(
        "When malicious clients may hide a large change of a few weights in a model that is near the others, which Krum would let pass. It needs many "
        "clients for few malicious ones. It holds all updates of a round, so memory grows with the clients."
    ),
    least=least,
    build=build,
)

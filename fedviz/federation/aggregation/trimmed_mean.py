"""The coordinate-wise trimmed mean of Yin et al. 2018: each weight on its own, without its extremes."""

from functools import partial
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from fedviz.core.i18n import N_
from fedviz.core.options import Options
from fedviz.federation.aggregation.base import AggregationEntry, Aggregator, Floats, Gathering, blocks


class TrimmedMeanOptions(Options):
    """How much is trimmed."""

    name: Literal["trimmed-mean"] = "trimmed-mean"
    f: Annotated[
        int,
        Field(
            ge=0,
            le=49,
            title="Malicious clients",
            description="How many of a round's clients may be malicious (f). For every weight the f highest and the f lowest values are "
            "dropped, so 2f + 1 updates must arrive.",
        ),
    ] = 1


def trimmed(matrix: Floats, cut: int) -> tuple[Floats, Floats]:
    """The mean of each column of `matrix` [clients, d] without its `cut` highest and lowest values, and the shares [clients].

    NaN counts as the highest value. Clients whose values are equal to one that is kept share in it: equal models get equal shares.
    """
    clients, columns = matrix.shape
    last = clients - 1 - cut
    model, kept = np.empty(columns), np.zeros(clients)
    for block in blocks(columns):
        values = np.partition(matrix[:, block], (cut, last), axis=0)
        model[block] = values[cut : last + 1].mean(axis=0)
        kept += ((matrix[:, block] >= values[cut]) & (matrix[:, block] <= values[last])).sum(axis=1)
    return model, kept / kept.sum()


def least(options: TrimmedMeanOptions) -> int:
    """One value must be left."""
    return 2 * options.f + 1


def build(options: TrimmedMeanOptions) -> Aggregator:
    """The aggregator of a round."""
    return Gathering(TRIMMED_MEAN.title, partial(_combine, options.f), least(options), f"f={options.f}")


def _combine(f: int, matrix: Floats, weights: Floats, old: Floats) -> tuple[Floats, Floats]:
    return trimmed(matrix, f)


TRIMMED_MEAN = AggregationEntry(
    name="trimmed-mean",
    title=N_("Trimmed mean"),
    summary=N_("Every weight is the mean of the clients' weights without the f highest and the f lowest. Each client counts the same."),
    options=TrimmedMeanOptions,
    equation=r"\left[w_{t+1}\right]_j = \frac{1}{n - 2f} \sum_{i=f+1}^{n-f} \left[w_t\right]_j^{(i)}",
    paper="Yin et al. 2018, Byzantine-Robust Distributed Learning: Towards Optimal Statistical Rates, arXiv:1803.01498",
    when=N_(
        "When at most f clients of a round are malicious and the others are alike: no weight leaves the range of the honest ones. Clients that are "
        "honest but unusual are trimmed too. It holds all updates of a round, so memory grows with the clients."
    ),
    least=least,
    build=build,
)

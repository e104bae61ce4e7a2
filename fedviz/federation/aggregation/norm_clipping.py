"""Norm clipping of Sun et al. 2019: a step away from the global model that is too long is shortened before the mean is taken."""

from functools import partial
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from fedviz.core.i18n import N_
from fedviz.core.options import Options
from fedviz.federation.aggregation.base import AggregationEntry, Aggregator, Floats, Gathering


class NormClippingOptions(Options):
    """The longest step."""

    name: Literal["norm-clipping"] = "norm-clipping"
    norm: Annotated[
        float,
        Field(
            ge=0,
            le=1e6,
            title="Largest norm",
            description="The longest step (L2 norm of the update) that a client may take from the global model. 0 is the median of the round's norms.",
        ),
    ] = 0.0


def build(options: NormClippingOptions) -> Aggregator:
    """The aggregator of a round."""
    return Gathering(NORM_CLIPPING.title, partial(_combine, options.norm), weighted=True)


def _combine(norm: float, matrix: Floats, weights: Floats, old: Floats) -> tuple[Floats, Floats]:
    matrix -= old
    norms = np.array([np.linalg.norm(step) for step in matrix])  # row by row: with an axis it would square the whole matrix first
    longest = norm or np.median(norms)
    factors = np.divide(longest, norms, out=np.ones_like(norms), where=norms > longest)
    shares = factors * weights / weights.sum()
    return old + shares @ matrix, shares


NORM_CLIPPING = AggregationEntry(
    name="norm-clipping",
    title=N_("Norm clipping"),
    summary=N_("The weighted mean of the clients' steps, of which none may be longer than a bound: a longer one keeps its direction and is shortened."),
    options=NormClippingOptions,
    equation=r"w_{t+1} = w_t + \sum_k \frac{n_k}{n} \min\left(1, \frac{C}{\lVert \delta_k \rVert}\right) \delta_k, \quad \delta_k = w_t^k - w_t",
    paper="Sun et al. 2019, Can You Really Backdoor Federated Learning?, arXiv:1911.07963",
    when=N_(
        "When malicious clients enlarge their updates to outvote the others, as a backdoor does. One that takes small steps in a bad direction is not "
        "stopped, and honest clients with long steps lose some of them. It holds all updates of a round, so memory grows with the clients."
    ),
    least=lambda options: 1,
    build=build,
)

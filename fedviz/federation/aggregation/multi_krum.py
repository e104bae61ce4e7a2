"""Multi-Krum of Blanchard et al. 2017: the mean of the models with the best Krum scores."""

from functools import partial
from typing import Annotated, Literal

from pydantic import Field

from fedviz.core.i18n import N_
from fedviz.core.options import Options
from fedviz.federation.aggregation.base import AggregationEntry, Aggregator, Floats, Gathering
from fedviz.federation.aggregation.krum import KrumMalicious, averaged, distances, ranked


class MultiKrumOptions(Options):
    """How many clients may be malicious, and how many models are averaged."""

    name: Literal["multi-krum"] = "multi-krum"
    f: KrumMalicious = 1
    m: Annotated[
        int,
        Field(
            ge=0,
            le=100,
            title="Models averaged",
            description="How many of the best models are averaged (m); m + f updates must arrive. 1 is Krum, 0 is all but f.",
        ),
    ] = 0


def least(options: MultiKrumOptions) -> int:
    """Krum's 2f + 3; and were more than n - f models averaged, a malicious one would be among them."""
    return max(2 * options.f + 3, options.m + options.f)


def build(options: MultiKrumOptions) -> Aggregator:
    """The aggregator of a round."""
    settings = f"f={options.f}, m={options.m}" if options.m else f"f={options.f}"
    return Gathering(MULTI_KRUM.title, partial(_combine, options.f, options.m), least(options), settings)


def _combine(f: int, m: int, matrix: Floats, weights: Floats, old: Floats) -> tuple[Floats, Floats]:
    return averaged(matrix, ranked(distances(matrix), f)[: m or len(matrix) - f])


MULTI_KRUM = AggregationEntry(
    name="multi-krum",
    title=N_("Multi-Krum"),
    summary=N_("The mean of the m models that are nearest to their neighbours; the others are left out. Each client counts the same."),
    options=MultiKrumOptions,
    equation=r"w_{t+1} = \frac{1}{m} \sum_{k \in S} w_t^k, \quad S = \text{the } m \text{ best by } \sum_{l \in N_k} \lVert w_t^k - w_t^l \rVert^2",
    paper="Blanchard et al. 2017, Machine Learning with Adversaries: Byzantine Tolerant Gradient Descent, NeurIPS 2017, arXiv:1703.02757",
    when=N_(
        "When a few clients send models that are far from all others: it learns nearly as fast as the mean, and whole models are kept or left out. Small changes "
        "to a few weights pass unseen. It holds all updates of a round, so memory grows with the clients."
    ),
    least=least,
    build=build,
)

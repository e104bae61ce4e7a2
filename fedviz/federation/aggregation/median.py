"""The coordinate-wise median of Yin et al. 2018: the trimmed mean that trims all but the middle one or two."""

from typing import Literal

from fedviz.core.i18n import N_
from fedviz.core.options import Options
from fedviz.federation.aggregation.base import AggregationEntry, Aggregator, Floats, Gathering
from fedviz.federation.aggregation.trimmed_mean import trimmed


class MedianOptions(Options):
    """The median has no options: it needs no guess of how many clients are malicious."""

    name: Literal["median"] = "median"


def build(options: MedianOptions) -> Aggregator:
    """The aggregator of a round."""
    return Gathering(MEDIAN.title, _combine)


def _combine(matrix: Floats, weights: Floats, old: Floats) -> tuple[Floats, Floats]:
    return trimmed(matrix, (len(matrix) - 1) // 2)


MEDIAN = AggregationEntry(
    name="median",
    title=N_("Median"),
    summary=N_("Every weight is the median of the clients' weights. Each client counts the same, however many examples it has."),
    options=MedianOptions,
    equation=r"\left[w_{t+1}\right]_j = \operatorname{median}_k \left[w_t^k\right]_j",
    paper="Yin et al. 2018, Byzantine-Robust Distributed Learning: Towards Optimal Statistical Rates, arXiv:1803.01498",
    when=N_(
        "When fewer than half of the clients are malicious, and nobody knows how many. What only a minority learned is lost, so very different "
        "clients learn slowly with it. It holds all updates of a round, so memory grows with the clients."
    ),
    least=lambda options: 1,
    build=build,
)

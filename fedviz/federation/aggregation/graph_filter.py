"""The graph filter (ours): a model that contradicts the knowledge graph more than the others do is left out.

The server holds the graph, which is public, and no text. It writes probe texts from the names in it and asks each client's model for the class that
the graph names. What is far below the others' agreement is judged as outliers are by the median absolute deviation (Hampel 1974).
"""

from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from fedviz.core.i18n import N_
from fedviz.core.options import Options
from fedviz.federation.aggregation.base import AggregationEntry, Aggregator, Floats, Gathering

NORMAL = 1.4826
"""Times the median absolute deviation, the standard deviation where values are normal."""
LEAST = 0.01
"""A lack of agreement (a mean probability) that is never a contradiction, or clients who agree to the last digit would leave each other out."""


class GraphFilterOptions(Options):
    """How many probes, and how strict."""

    name: Literal["graph-filter"] = "graph-filter"
    probes: Annotated[
        int, Field(ge=8, le=2000, title="Probe texts", description="How many names of the graph each model is asked about, all classes alike as far as possible.")
    ] = 96
    strictness: Annotated[
        float,
        Field(
            gt=0,
            le=100,
            title="Deviations allowed",
            description="How many standard deviations (by the median absolute deviation) a model's agreement with the graph may lie below the median of the round.",
        ),
    ] = 3.0
    control: Annotated[
        Literal["none", "shuffled"],
        Field(title="Control", description="Shuffled gives the probes each other's classes. Protection that survives this is not knowledge of the graph."),
    ] = "none"


class GraphFilter(Gathering):
    """The weighted mean of the models whose agreement with the graph is not far below the others'."""

    def __init__(self, options: GraphFilterOptions) -> None:
        self._options = options
        super().__init__(GRAPH_FILTER.title, self._filtered, weighted=True)

    def _filtered(self, matrix: Floats, weights: Floats, old: Floats) -> tuple[Floats, Floats]:
        shuffled, server = self._options.control == "shuffled", self.own_server()
        agreement = np.nan_to_num([server.agreement(self._arrays(row), shuffled) for row in matrix])
        middle = np.median(agreement)
        allowed = max(self._options.strictness * NORMAL * float(np.median(abs(agreement - middle))), LEAST)
        shares = np.where(agreement >= middle - allowed, weights, 0.0)
        shares /= shares.sum()  # whoever lies at the median or above stays
        return shares @ matrix, shares


def build(options: GraphFilterOptions) -> Aggregator:
    """The aggregator of a round."""
    return GraphFilter(options)


GRAPH_FILTER = AggregationEntry(
    name="graph-filter",
    title=N_("Graph filter"),
    summary=N_("The server asks every model about names of the knowledge graph; models that contradict the graph more than the others do are left out of the mean."),
    options=GraphFilterOptions,
    equation=r"w_{t+1} = \sum_{k \in S} \frac{n_k}{n_S} w_t^k, \quad S = \{k : a_k \ge \mathrm{med}(a) - c \cdot 1.4826 \cdot \mathrm{MAD}(a)\}, \quad "
    r"a_k = \frac{1}{|P|} \sum_{(x, y) \in P} p_{w_t^k}(y \mid x)",
    paper="fedviz's own; the outlier rule is that of Hampel 1974, The Influence Curve and Its Role in Robust Estimation, JASA 69",
    when=N_(
        "When an attack makes models contradict the graph (wrong labels, noise, scaled replacement) and clients hold alike texts: in our benchmark it then did as well as "
        "Multi-Krum without a guess how many are malicious, and a shuffled graph protected hardly better than none. It is not better than Multi-Krum: with uneven "
        "clients, and against a turned sign, it failed with some seeds. No probe bears a backdoor's trigger, so that it does not stop one. It needs a graph that leads to "
        "classes, and holds all updates of a round."
    ),
    least=lambda options: 1,
    build=build,
    probes=lambda options: options.probes,
    asks_server=True,
)

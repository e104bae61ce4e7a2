"""How far a run trusts the graph: the loss on texts that the clients held out, with more and with less of it."""

from dataclasses import dataclass

import plotly.graph_objects as go

from fedviz.charts.theme import Spec, above, axis, figure, layout, rounded, value_axis
from fedviz.core.i18n import _
from fedviz.core.types import GraphTrust, TrustTried


@dataclass(frozen=True)
class TrustRecord:
    """What was tried, by factor on the structure, a line for each factor on class evidence; `chosen` is the one that was kept."""

    lines: tuple[tuple[float, tuple[TrustTried, ...]], ...]
    chosen: TrustTried

    @property
    def nothing(self) -> TrustTried | None:
        """What was measured without the graph: the least of both factors; None where that is what was chosen."""
        least = min((one for _evidence, tried in self.lines for one in tried), key=lambda one: (one.evidence, one.structure))
        return None if least == self.chosen else least


def trust_record(trust: GraphTrust) -> TrustRecord | None:
    """The record of a run's trust; None where nothing was tried."""
    chosen = next((one for one in trust.tried if (one.evidence, one.structure) == (trust.evidence, trust.structure)), None)
    if chosen is None:
        return None
    factors = sorted({one.evidence for one in trust.tried})
    return TrustRecord(tuple((factor, tuple(sorted((one for one in trust.tried if one.evidence == factor), key=lambda one: one.structure))) for factor in factors), chosen)


def trust_spec(record: TrustRecord) -> Spec:
    """A line a factor on class evidence, the factor on the structure to the right, and a ring around what was kept."""
    looks = (("@muted", "dash", "square"), ("@accent", "solid", "circle"))
    lines = [
        {
            "type": "scatter",
            "mode": "lines+markers",
            "name": _("class evidence × {factor}").format(factor=f"{factor:g}"),
            "x": [one.structure for one in tried],
            "y": rounded(one.loss for one in tried),
            "customdata": rounded(100 * one.accuracy for one in tried),
            "line": {"color": look[0], "width": 2, "dash": look[1]},
            "marker": {"color": look[0], "size": 7, "symbol": look[2]},
            "hovertemplate": "%{y:.3f}, %{customdata:.1f} %",
        }
        for (factor, tried), look in zip(record.lines, looks[-len(record.lines) :], strict=False)
    ]
    ring = {
        "type": "scatter", "mode": "markers", "name": _("kept"), "x": [record.chosen.structure], "y": rounded([record.chosen.loss]), "hoverinfo": "skip",
        "marker": {"symbol": "circle-open", "size": 17, "color": "@positive", "line": {"width": 3}},
    }  # fmt: skip
    return {
        "data": [*lines, ring],
        "layout": layout(
            height=310, showlegend=True, margin={"l": 48, "r": 12, "t": 34, "b": 104},
            legend={"orientation": "h", "x": 0, "xanchor": "left", "y": -0.3, "yanchor": "top", "font": {"color": "@text"}, "bgcolor": "rgba(0,0,0,0)"},
            xaxis=axis(_("factor on what V reads of the graph"), range=[-0.06, 1.06], dtick=0.25, tick0=0, ticks="outside", ticklen=4, fixedrange=True),
            yaxis=value_axis(fixedrange=True), annotations=[above(_("held-out loss, nats"))],
        ),
    }  # fmt: skip


def trust_figure(record: TrustRecord, dark: bool = False) -> go.Figure:
    """`trust_spec` as a figure."""
    return figure(trust_spec(record), dark)

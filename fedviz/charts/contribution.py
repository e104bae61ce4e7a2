"""What each client contributed: its Shapley value with its error, and its leave-one-out value beside it."""

import plotly.graph_objects as go

from fedviz.charts.palette import client_token
from fedviz.charts.theme import Spec, figure, layout, named_rows, next_nice, value_axis
from fedviz.core.i18n import N_, _
from fedviz.runs.contribution_record import Contribution

CONTRIBUTION_TITLE = N_("What did each client contribute?")
CONTRIBUTION_NOTE = N_(
    "Bars: a client's Shapley value, its mean gain over all orders in which the clients of a round could join; all bars together are what the clients gained together. "
    "Lines on the bars are two standard errors where the orders were drawn. Diamonds: what the model of all loses without the client, "
    "which is near zero wherever another client brought the same."
)
_UNITS = {"accuracy": N_("points of accuracy"), "loss": N_("nats of loss saved")}


def contribution_spec(found: Contribution) -> Spec:
    """A row a client in the run's order; accuracy in percentage points, loss in nats."""
    scale = 100.0 if found.measure == "accuracy" else 1.0
    places = list(range(len(found.clients)))
    bars = {
        "type": "bar",
        "orientation": "h",
        "name": _("Shapley value"),
        "y": places,
        "x": [round(scale * one.shapley, 5) for one in found.clients],
        "marker": {"color": [client_token(one.client) for one in found.clients]},
        "hovertemplate": "%{x:.3~g}",
    }
    if not found.exact:
        bars["error_x"] = {"type": "data", "array": [round(2 * scale * one.error, 5) for one in found.clients], "color": "@text", "thickness": 1.5}
    diamonds = {
        "type": "scatter",
        "mode": "markers",
        "name": _("leave one out"),
        "y": places,
        "x": [round(scale * one.leave_one_out, 5) for one in found.clients],
        "marker": {"color": "@page", "size": 9, "symbol": "diamond", "line": {"color": "@text", "width": 1.5}},
        "hovertemplate": "%{x:.3~g}",
    }
    low, high = _reach([scale * value for one in found.clients for value in (one.shapley - 2 * one.error, one.shapley + 2 * one.error, one.leave_one_out)])
    rows = named_rows([one.name for one in found.clients], places)
    rows["yaxis"] |= {"range": [len(places) - 0.4, -0.6]}
    return {
        "data": [bars, diamonds],
        "layout": layout(
            height=110 + 40 * len(places), bargap=0.35, xaxis=value_axis(range=[low, high], title=_(_UNITS[found.measure]), fixedrange=True, zeroline=True, zerolinecolor="@axis"),
            showlegend=True, hovermode="y unified", **rows,
        ),
    }  # fmt: skip


def _reach(values: list[float]) -> tuple[float, float]:
    """A range that holds zero and the values, with some room."""
    low, high = min(0.0, *values), max(0.0, *values)
    room = 0.06 * (high - low or next_nice(0))
    return low - room * (low < 0), high + room


def contribution_figure(found: Contribution, dark: bool = False) -> go.Figure:
    """`contribution_spec` as a figure."""
    return figure(contribution_spec(found), dark)

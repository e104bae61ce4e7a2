"""Which clients pull the same way: the cosines between the updates of the newest round as a heat map."""

import math
from dataclasses import dataclass

import plotly.graph_objects as go

from fedviz.charts.safe import MINUS, figure_text
from fedviz.charts.theme import Spec, axis, figure, layout, named_rows, rounded
from fedviz.core.i18n import N_, _
from fedviz.runs.run_view import RunView

COSINES_TITLE = N_("Cosines between the updates")
COSINES_NOTE = N_(
    "1 (blue) is the same direction, 0 has nothing to do with it, and −1 (orange) is the opposite. Clients with like texts are blue to each other, those with other texts pale. "
    "An attacker who flips the sign of its update is orange wherever it would have been blue, and colluders are at 1 to each other. A dash: one of the two has changed nothing."
)
_WRITTEN = 10
"""Up to so many clients the values stand in the cells; among more they are told to a pointer alone."""
_NAMED = 16
"""How many names fit beside each other on a narrow screen."""


@dataclass(frozen=True)
class CosinesRecord:
    """The round, the names of the clients compared, how many arrived, and the symmetric matrix by rows, in [-1, 1]; None where an update is zero."""

    round: int
    names: tuple[str, ...]
    arrived: int
    rows: tuple[tuple[float | None, ...], ...]


def cosines_record(view: RunView) -> CosinesRecord:
    """The newest round whose updates were seen; empty where there is none."""
    if view.cosines is None:
        return CosinesRecord(0, (), 0, ())
    number, found = view.cosines
    names = {client.info.index: client.info.name for client in view.clients}
    return CosinesRecord(number, tuple(names.get(client, str(client)) for client in found.clients), found.arrived, found.matrix())


def cosines_about(record: CosinesRecord) -> str:
    """Which round, and how many of the clients where there are too many for all."""
    if len(record.names) == record.arrived:
        return _("round {round}").format(round=record.round)
    return _("round {round}, {shown} of {arrived} clients, evenly spread").format(round=record.round, shown=len(record.names), arrived=record.arrived)


def cosines_spec(record: CosinesRecord) -> Spec:
    """A row and a column a client in the run's order; the colours meet at 0."""
    count = len(record.names)
    places = list(range(count))
    full = [figure_text(name, 40) for name in record.names]
    short = [figure_text(name, 14) for name in record.names]
    some = places[:: math.ceil(count / _NAMED)] if count else []
    cells = {
        "type": "heatmap", "x": places, "y": places, "z": [rounded(row, 4) for row in record.rows], "coloraxis": "coloraxis", "xgap": 2 if count <= _NAMED else 1, "ygap": 2 if count <= _NAMED else 1,
        "text": [[_text(value) for value in row] for row in record.rows], "texttemplate": "%{text}" if count <= _WRITTEN else "", "textfont": {"color": "@text"}, "hoverongaps": True,
        "customdata": [[f"{one}, {other}" for other in full] for one in full], "hovertemplate": "%{customdata}<br>%{text}<extra></extra>",
    }  # fmt: skip
    rows = named_rows(record.names, places)
    rows["yaxis"] |= {"range": [count - 0.5, -0.5]}
    rows["margin"] |= {"t": 8, "b": 12}
    slope = (-90 if count > _WRITTEN else -30) if count > 4 else 0
    rows["meta"] = {
        "wide": [*rows["meta"]["wide"], ["xaxis.tickvals", places], ["xaxis.ticktext", short], ["xaxis.tickangle", slope], ["coloraxis.showscale", True]],
        "narrow": [*rows["meta"]["narrow"], ["margin.l", 104], ["xaxis.tickvals", some], ["xaxis.ticktext", [short[place] for place in some]], ["xaxis.tickangle", -90], ["coloraxis.showscale", False]],
    }
    bar = {"thickness": 12, "outlinewidth": 0, "tickvals": [-1, -0.5, 0, 0.5, 1], "ticktext": [f"{MINUS}1", f"{MINUS}0.5", "0", "0.5", "1"], "len": 1}
    columns = axis(
        automargin=True, side="top", tickmode="array", tickvals=places, ticktext=short, tickangle=slope, tickfont={"color": "@text"}, range=[-0.5, count - 0.5], fixedrange=True,
    )  # fmt: skip
    scale = [[0, "@against"], [0.5, "@waiting"], [1, "@along"]]
    return {
        "data": [cells],
        "layout": layout(height=120 + count * (34 if count <= _NAMED else 16), xaxis=columns, coloraxis={"cmin": -1, "cmax": 1, "colorscale": scale, "showscale": True, "colorbar": bar}, **rows),
    }


def cosines_figure(record: CosinesRecord, dark: bool = False) -> go.Figure:
    """`cosines_spec` as a figure."""
    return figure(cosines_spec(record), dark)


def _text(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value + 0.0:.2f}".replace("-0.00", "0.00").replace("-", MINUS)

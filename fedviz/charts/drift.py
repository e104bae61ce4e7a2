"""Client drift: how far, and in which direction, each client's update lies from the average update, and the models' path.

Drift is what makes federated averaging hard on unlike clients (Karimireddy et al. 2020, SCAFFOLD).
"""

from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go

from fedviz.charts.palette import client_dash, client_symbol, client_token
from fedviz.charts.safe import figure_text
from fedviz.charts.theme import Spec, above, axis, figure, layout, next_nice, round_axis, rounded, value_axis
from fedviz.core.i18n import N_, _
from fedviz.runs.run_view import RunView

DISTANCE_TITLE = N_("Distance to the average update")
DISTANCE_NOTE = N_("How far each client's update lies from the average of all updates. Clients whose texts are unlike the others' lie further out.")
ANGLE_TITLE = N_("Angle to the average update")
ANGLE_NOTE = N_("0° is the same direction as the average, 90° has nothing to do with it, and beyond 90° a client pulls against the others.")
SHARE_TITLE = N_("Share in the next model")
SHARE_NOTE = N_(
    "What each next global model is made of, in the clients' colours. The mean counts every client by its texts or evenly; "
    "a combination that bears attackers leaves some out, or only takes a part of them."
)
PATH_TITLE = N_("Path of the models")
PATH_NOTE = N_(
    "All models, seen along the two directions in which they differ most so far. The bold line is the global model after each round; "
    "each coloured ray is one client's training, starting from the global model."
)


@dataclass(frozen=True)
class ClientPath:
    """One client's drift: by round it took part in, distance (as weights are measured), angle in degrees or None, its model's place, and its share in the next model."""

    index: int
    name: str
    rounds: tuple[int, ...]
    distance: tuple[float, ...]
    angle_deg: tuple[float | None, ...]
    x: tuple[float, ...]
    y: tuple[float, ...]
    share: tuple[float | None, ...]


@dataclass(frozen=True)
class DriftRecord:
    """The drift of all clients, and the place (x, y) of the global model by round; round 0 is the origin."""

    rounds_planned: int
    clients: tuple[ClientPath, ...]
    path: tuple[tuple[int, float, float], ...]


def drift_record(view: RunView) -> DriftRecord:
    """The drift of the rounds that were aggregated."""
    rows: dict[int, list[tuple[int, object]]] = {client.info.index: [] for client in view.clients}
    for number, drift in view.drift:
        for entry in drift:
            rows.setdefault(entry.client, []).append((number, entry))
    names = {client.info.index: client.info.name for client in view.clients}
    clients = tuple(
        ClientPath(
            index,
            names.get(index, str(index)),
            tuple(number for number, _entry in own),
            tuple(entry.distance for _number, entry in own),
            tuple(entry.angle_deg for _number, entry in own),
            tuple(entry.x for _number, entry in own),
            tuple(entry.y for _number, entry in own),
            tuple(entry.share for _number, entry in own),
        )
        for index, own in rows.items()
    )
    return DriftRecord(view.rounds_planned, clients, ((0, 0.0, 0.0), *view.path))


def distance_spec(record: DriftRecord) -> Spec:
    """Distance of each client's update to the average, by round."""
    top = next_nice(max((value for client in record.clients for value in client.distance), default=1.0) * 1.02)
    lines = [_line(client, client.distance, "%{y:.3~g}") for client in record.clients]
    return {"data": lines, "layout": layout(xaxis=_rounds(record), yaxis=value_axis(range=[0, top]), annotations=[above(_("length in weight space"))])}


def angle_spec(record: DriftRecord) -> Spec:
    """Angle of each client's update to the average, by round, in degrees."""
    top = 90 if all(angle <= 90 for client in record.clients for angle in client.angle_deg if angle is not None) else 180
    lines = [_line(client, client.angle_deg, "%{y:.0f}°") for client in record.clients]
    return {
        "data": lines,
        "layout": layout(xaxis=_rounds(record), yaxis=value_axis(range=[0, top * 1.02], dtick=top // 3, tick0=0), annotations=[above(_("degrees"))]),
    }


def share_spec(record: DriftRecord) -> Spec:
    """What the next model is made of, in percent: a stacked bar by round, in the clients' colours. What a rule has clipped away is missing."""
    bars = [
        _style(client)
        | {
            "type": "bar",
            "x": list(client.rounds),
            "y": rounded((None if share is None else 100 * share for share in client.share), 4),
            "marker": {"color": client_token(client.index), "line": {"width": 0}},
            "hovertemplate": "%{y:.3~g} %",
        }
        for client in record.clients
    ]
    x = _rounds(record)
    return {
        "data": bars,
        "layout": layout(barmode="stack", bargap=0.25, xaxis=x | {"range": [0.4, x["range"][1] + 0.5]}, yaxis=value_axis(range=[0, 102], dtick=25, tick0=0), annotations=[above("%")]),
    }


def path_spec(record: DriftRecord) -> Spec:
    """Rays from each round's start to the clients' models, and the path of the global model."""
    starts = {number: (x, y) for (_number, x, y), (number, _x, _y) in zip(record.path, record.path[1:], strict=False)}
    rays = []
    for client in record.clients:
        x: list[float | None] = []
        y: list[float | None] = []
        for number, to_x, to_y in zip(client.rounds, client.x, client.y, strict=True):
            from_x, from_y = starts.get(number, (0.0, 0.0))
            x += [from_x, to_x, None]
            y += [from_y, to_y, None]
        rays.append(
            _style(client)
            | {
                "mode": "lines+markers",
                "x": rounded(x, 4),
                "y": rounded(y, 4),
                "line": {"color": client_token(client.index), "width": 1.5, "dash": client_dash(client.index)},
                "marker": {"color": client_token(client.index), "size": [0, 7, 0] * len(client.rounds), "symbol": client_symbol(client.index)},
                "hovertext": [text for number in client.rounds for text in ("", _("round {round}").format(round=number), "")],
                "hovertemplate": "%{hovertext}",
            }
        )
    center = {
        "type": "scatter",
        "mode": "lines+markers",
        "name": _("global model"),
        "x": rounded((x for _number, x, _y in record.path), 4),
        "y": rounded((y for _number, _x, y in record.path), 4),
        "line": {"color": "@text", "width": 3},
        "marker": {"color": "@text", "size": 6},
        "hovertext": [_("round {round}").format(round=number) for number, _x, _y in record.path],
        "hovertemplate": "%{hovertext}",
    }
    plain = {"showticklabels": False, "showgrid": True}
    return {
        "data": [*rays, center],
        "layout": layout(
            margin={"l": 16, "r": 12, "t": 34, "b": 40},
            xaxis=axis(_("first principal direction"), **plain),
            yaxis=axis(**plain),
            annotations=[above(_("second principal direction"), -16)],
        ),
    }


def distance_figure(record: DriftRecord, dark: bool = False) -> go.Figure:
    """`distance_spec` as a figure."""
    return figure(distance_spec(record), dark)


def angle_figure(record: DriftRecord, dark: bool = False) -> go.Figure:
    """`angle_spec` as a figure."""
    return figure(angle_spec(record), dark)


def share_figure(record: DriftRecord, dark: bool = False) -> go.Figure:
    """`share_spec` as a figure."""
    return figure(share_spec(record), dark)


def path_figure(record: DriftRecord, dark: bool = False) -> go.Figure:
    """`path_spec` as a figure."""
    return figure(path_spec(record), dark)


def _rounds(record: DriftRecord) -> dict[str, Any]:
    return round_axis(_("round"), record.rounds_planned, record.path[-1][0])


def _style(client: ClientPath) -> dict[str, object]:
    return {"type": "scatter", "name": figure_text(client.name), "meta": {"client": client.index}}


def _line(client: ClientPath, values: tuple[float | None, ...], hover: str) -> dict[str, object]:
    return _style(client) | {
        "mode": "lines+markers",
        "x": list(client.rounds),
        "y": rounded(values, 4),
        "line": {"color": client_token(client.index), "width": 2, "dash": client_dash(client.index)},
        "marker": {"color": client_token(client.index), "size": 6, "symbol": client_symbol(client.index)},
        "hovertemplate": hover,
    }

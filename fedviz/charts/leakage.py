"""Membership and properties, as measured: how well a server tells who trained on what, by local epochs and by noise, with what it tells of texts nobody trained on."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go

from fedviz.charts.theme import Spec, above, axis, figure, layout, rounded, value_axis
from fedviz.core.i18n import N_, _

NAMES = {
    ("membership", "head"): N_("membership, head"),
    ("membership", "lora"): N_("membership, LoRA"),
    ("property", "head"): N_("classes held, head"),
    ("control", "head"): N_("control"),
}
_LOOK = {
    ("membership", "head"): ("@accent", "solid", "square"),
    ("membership", "lora"): ("@positive", "dash", "circle"),
    ("property", "head"): ("@negative", "longdash", "diamond"),
    ("control", "head"): ("@alone", "dot", "x"),
}
_SETTING = re.compile(r"(\d+) epochs(?:, noise (\S+))?$")


@dataclass(frozen=True)
class Point:
    """One measurement: local epochs, noise multiplier as written ("0": none), area under the curve and its deviation, and those of the control."""

    attack: str
    trained: str
    epochs: int
    noise: str
    auc: float
    spread: float
    control: float
    control_spread: float


@dataclass(frozen=True)
class Line:
    """A line of a chart: what it shows (a key of `NAMES`), labels of its places, values and deviations."""

    kind: tuple[str, str]
    labels: tuple[str, ...]
    values: tuple[float, ...]
    spreads: tuple[float, ...]


def points(rows: Sequence[Mapping[str, Any]]) -> tuple[Point, ...]:
    """The rows of `python -m fedviz bench leakage` about membership and properties; `KeyError`, `TypeError` or `ValueError` where they are none."""
    found = []
    for row in rows:
        if row["attack"] in ("membership", "property"):
            setting = _SETTING.match(str(row["setting"]))
            if setting is None or (row["attack"], row["trained"]) not in NAMES:
                raise ValueError("no such measurement")
            numbers = (float(row[key]) for key in ("value", "spread", "control", "control spread"))
            found.append(Point(row["attack"], row["trained"], int(setting[1]), setting[2] or "0", *numbers))
    return tuple(found)


def by_epochs(every: Sequence[Point]) -> tuple[Line, ...]:
    """Lines without noise over the number of local epochs."""
    return _lines([point for point in every if point.noise == "0"], lambda point: str(point.epochs))


def by_noise(every: Sequence[Point]) -> tuple[Line, ...]:
    """Lines over the noise multiplier, each at the epochs at which noise was measured."""
    noisy = {(point.attack, point.trained, point.epochs) for point in every if point.noise != "0"}
    return _lines([point for point in every if (point.attack, point.trained, point.epochs) in noisy], lambda point: point.noise)


def _lines(some: Sequence[Point], place: Any) -> tuple[Line, ...]:
    lines = []
    for kind in NAMES:
        mine = [point for point in some if (point.attack, point.trained) == (("membership", "head") if kind[0] == "control" else kind)]
        if mine:
            pairs = [(point.control, point.control_spread) if kind[0] == "control" else (point.auc, point.spread) for point in mine]
            lines.append(Line(kind, tuple(place(point) for point in mine), *(tuple(column) for column in zip(*pairs, strict=True))))  # type: ignore[arg-type]
    return tuple(lines)


def auc_spec(lines: Sequence[Line], title: str) -> Spec:
    """Areas under the curve with their deviations; `title` (in the viewer's language) names the level axis."""
    order = sorted({label for line in lines for label in line.labels}, key=float)
    return {
        "data": [_drawn(line) for line in lines],
        "layout": layout(
            height=320,
            margin={"l": 48, "r": 12, "t": 88, "b": 48},
            showlegend=True,
            legend=layout()["legend"] | {"y": 1.12, "x": 0, "xanchor": "left"},
            xaxis=axis(title, type="category", categoryorder="array", categoryarray=order, fixedrange=True),
            yaxis=value_axis(range=[0.4, 1.02], tick0=0.5, dtick=0.25, fixedrange=True),
            annotations=[above(_("area under the curve"))],
        ),
    }


def auc_figure(lines: Sequence[Line], title: str, dark: bool = False) -> go.Figure:
    """`auc_spec` as a figure."""
    return figure(auc_spec(lines, title), dark)


def _drawn(line: Line) -> dict[str, Any]:
    colour, dash, symbol = _LOOK[line.kind]
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "name": _(NAMES[line.kind]),
        "x": list(line.labels),
        "y": rounded(line.values),
        "error_y": {"type": "data", "array": rounded(line.spreads), "color": colour, "thickness": 1.5, "width": 4},
        "line": {"color": colour, "width": 2.5, "dash": dash},
        "marker": {"size": 8, "color": colour, "symbol": symbol},
        "hovertemplate": "%{y:.2f}",
    }

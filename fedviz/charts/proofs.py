"""Two curves behind the proofs: accuracy by round on MNIST, and the distance to the minimum by round on quadratic losses."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go

from fedviz.charts.safe import figure_text
from fedviz.charts.theme import Spec, above, axis, figure, layout, rounded, value_axis
from fedviz.core.i18n import N_, _

ACCURACY_TITLE = N_("Local epochs save rounds")
ACCURACY_NOTE = N_(
    "Accuracy on unseen images of MNIST after each round, until the target is reached. FedSGD takes one step a round; FedAvg takes many and averages. "
    "Each setting has the learning rate that reached the target in the fewest rounds, as in the paper."
)
DISTANCE_TITLE = N_("Where the algorithms come to rest")
DISTANCE_NOTE = N_(
    "Distance of the global model to the minimum of everybody's loss after each round, on quadratic losses with different optima. FedAvg and FedNova stop "
    "at a point that can be written down and is not the minimum; SCAFFOLD and FedDyn go on to the minimum, as far as double precision goes."
)
_LOOK = (("@alone", "dot"), ("@positive", "dash"), ("@accent", "solid"), ("@negative", "longdash"))
_FLOOR = 1e-17
"""What a logarithmic axis shows for a distance of zero."""


@dataclass(frozen=True)
class Curve:
    """A line: its name, and a value for each round from 0 on."""

    name: str
    values: tuple[float, ...]


def curves_record(series: Mapping[str, Sequence[float]]) -> tuple[Curve, ...]:
    """The lines of one chart of `python -m fedviz bench papers`; `TypeError`, `ValueError` or `AttributeError` where they are none."""
    return tuple(Curve(str(name), tuple(float(value) for value in values)) for name, values in series.items())


def accuracy_spec(curves: tuple[Curve, ...]) -> Spec:
    """Accuracy in per cent by round."""
    lines = [_line(curve, place, [100 * value for value in curve.values], "%{y:.1f} %") for place, curve in enumerate(curves)]
    return {"data": lines, "layout": _layout(value_axis(range=[0, 100], dtick=25, tick0=0, fixedrange=True), _("accuracy, %"))}


def distance_spec(curves: tuple[Curve, ...]) -> Spec:
    """Distance to the minimum by round, on a logarithmic axis."""
    lines = [_line(curve, place, [max(value, _FLOOR) for value in curve.values], "%{y:.1e}") for place, curve in enumerate(curves)]
    upright = value_axis(type="log", exponentformat="power", fixedrange=True)
    return {"data": lines, "layout": _layout(upright, _("distance to the minimum"))}


def accuracy_figure(curves: tuple[Curve, ...], dark: bool = False) -> go.Figure:
    """`accuracy_spec` as a figure."""
    return figure(accuracy_spec(curves), dark)


def distance_figure(curves: tuple[Curve, ...], dark: bool = False) -> go.Figure:
    """`distance_spec` as a figure."""
    return figure(distance_spec(curves), dark)


def _layout(upright: dict[str, Any], unit: str) -> dict[str, Any]:
    return layout(
        height=320,
        margin={"l": 56, "r": 12, "t": 88, "b": 48},
        showlegend=True,
        legend=layout()["legend"] | {"y": 1.12, "x": 0, "xanchor": "left"},
        xaxis=axis(_("round"), rangemode="tozero", fixedrange=True),
        yaxis=upright,
        annotations=[above(unit)],
    )


def _line(curve: Curve, place: int, values: Sequence[float], hover: str) -> dict[str, Any]:
    colour, dash = _LOOK[place % len(_LOOK)]
    return {
        "type": "scatter",
        "mode": "lines",
        "name": figure_text(curve.name),
        "x": list(range(len(values))),
        "y": rounded(values),
        "line": {"color": colour, "width": 2.5, "dash": dash},
        "hovertemplate": hover,
    }

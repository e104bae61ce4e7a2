"""Two or more runs in one picture, and the options in which they differ."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import plotly.graph_objects as go

from fedviz.charts.palette import client_dash, client_token
from fedviz.charts.safe import figure_text
from fedviz.charts.theme import Spec, above, figure, layout, round_axis, rounded, value_axis
from fedviz.core.config import RunConfig
from fedviz.core.i18n import _
from fedviz.runs.run_view import RunView

MetricName = Literal["loss", "accuracy", "macro_f1", "perplexity"]
NOT_THERE = "—"
"""What stands where a run has no such option."""


@dataclass(frozen=True)
class Curve:
    """One run: its name as figure text, rounds from 0, and the metric in each."""

    name: str
    rounds: tuple[int, ...]
    values: tuple[float, ...]


@dataclass(frozen=True)
class Overlay:
    """One metric of the global model on test texts (loss in nats, the others as fractions), a curve a run."""

    metric: MetricName
    curves: tuple[Curve, ...]


@dataclass(frozen=True)
class Difference:
    """A dotted option key and its value in each run."""

    key: str
    values: tuple[str, ...]


def overlay_record(views: Sequence[RunView], metric: MetricName) -> Overlay:
    """The curves of `metric` over the rounds of several runs."""
    curves = []
    for view in views:
        points = [(round_, values[metric]) for round_, values in view.global_metrics if metric in values]
        curves.append(Curve(figure_text(view.title or view.run_id), tuple(r for r, _value in points), tuple(value for _round, value in points)))
    return Overlay(metric, tuple(curves))


def overlay_spec(record: Overlay) -> Spec:
    """Lines over rounds, a colour and a line style for each run; accuracy and macro-F1 in per cent, loss in nats."""
    loss = record.metric in ("loss", "perplexity")
    lines = [
        {
            "type": "scatter", "mode": "lines+markers", "name": curve.name, "x": list(curve.rounds), "y": rounded(v if loss else 100 * v for v in curve.values),
            "line": {"color": client_token(index), "width": 2.5, "dash": client_dash(8 * index)}, "marker": {"size": 7, "color": client_token(index)},
            "hovertemplate": "%{y:.3f}" if loss else "%{y:.1f} %",
        }
        for index, curve in enumerate(record.curves)
    ]
    reached = max((curve.rounds[-1] for curve in record.curves if curve.rounds), default=1)
    return {
        "data": lines,
        "layout": layout(
            height=340, margin={"l": 48, "r": 16, "t": 60, "b": 44}, showlegend=True, hovermode="x unified",
            legend=layout()["legend"] | {"y": 1.1, "x": 0, "xanchor": "left"},
            xaxis=round_axis(_("Round"), reached, reached), yaxis=value_axis(rangemode="tozero"), annotations=[above(_("nats per text") if loss else "%")],
        ),
    }


def overlay_figure(record: Overlay, dark: bool = False) -> go.Figure:
    """`overlay_spec` as a figure."""
    return figure(overlay_spec(record), dark)


def differences(configs: Sequence[RunConfig]) -> tuple[Difference, ...]:
    """The options in which the configurations differ, by dotted key in the order of the configuration."""
    flat = [_flat(config.to_data()) for config in configs]
    keys = dict.fromkeys(key for options in flat for key in options)
    rows = [Difference(key, tuple(_shown(options.get(key, NOT_THERE)) for options in flat)) for key in keys]
    return tuple(row for row in rows if len(set(row.values)) > 1)


def _flat(data: Mapping[str, Any], above: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in data.items():
        if isinstance(value, Mapping):
            found |= _flat(value, f"{above}{key}.")
        else:
            found[f"{above}{key}"] = value
    return found


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)

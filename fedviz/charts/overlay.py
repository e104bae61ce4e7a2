"""Two or more runs in one picture, and the options in which they differ."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import plotly.graph_objects as go

from fedviz.charts.palette import client_dash, client_token
from fedviz.charts.safe import figure_text
from fedviz.core.config import RunConfig
from fedviz.core.i18n import _
from fedviz.runs.view import RunView

MetricName = Literal["loss", "accuracy", "macro_f1"]
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


def overlay_figure(record: Overlay) -> go.Figure:
    """Lines over rounds, a colour and a line style for each run."""
    titles = {"loss": _("Loss (nats)"), "accuracy": _("Accuracy"), "macro_f1": _("Macro-F1")}
    figure = go.Figure()
    for index, curve in enumerate(record.curves):
        figure.add_scatter(
            x=list(curve.rounds), y=list(curve.values), mode="lines+markers", name=curve.name, marker={"size": 6, "color": client_token(index)},
            line={"color": client_token(index), "width": 2.5, "dash": client_dash(8 * index)}, hovertemplate="%{y:.3f}",
        )
    legend = {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0}
    figure.update_layout(height=360, hovermode="x unified", legend=legend, margin={"l": 8, "r": 8, "t": 8, "b": 8})
    figure.update_xaxes(title={"text": _("Round")}, automargin=True, rangemode="tozero")
    figure.update_yaxes(title={"text": titles[record.metric]}, automargin=True, tickformat=None if record.metric == "loss" else ".0%")
    return figure


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

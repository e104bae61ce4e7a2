"""Class probabilities of one text as paired bars: with the graph and from the text alone, or under two models."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go

from fedviz.charts.safe import figure_text
from fedviz.charts.theme import Spec, axis, figure, layout
from fedviz.charts.waterfall import HATCH
from fedviz.core.i18n import _
from fedviz.explain.records import Explanation

SHOWN = 6
_ROW_PX = 52


@dataclass(frozen=True)
class Probabilities:
    """`rows`: (class, first, second) in [0, 1], largest first; the last row may sum up all other classes. `chosen`: row of the class looked at."""

    names: tuple[str, str]
    rows: tuple[tuple[str, float, float], ...]
    chosen: int | None


def probabilities_record(explanation: Explanation, target: int, shown: int = SHOWN) -> Probabilities:
    """With the graph and from the text alone."""
    names = (_("with the graph"), _("text alone"))
    return pair_record(names, explanation.classes, explanation.probabilities, explanation.text_probabilities, target, shown)


def pair_record(
    names: tuple[str, str], classes: Sequence[str], first: Sequence[float], second: Sequence[float], target: int, shown: int = SHOWN
) -> Probabilities:
    """Two distributions over `classes`: those of the `shown` largest probabilities and `target`, the others summed up."""
    ranked = sorted(range(len(classes)), key=lambda index: (-max(first[index], second[index]), index))
    kept = ranked if len(ranked) <= shown + 1 else ranked[:shown]
    if target not in kept:
        kept = [*kept[:-1], target]
    rows = [(classes[index], float(first[index]), float(second[index])) for index in kept]
    others = [index for index in ranked if index not in kept]
    if others:
        label = _("{count} other classes").format(count=len(others))
        rows.append((label, math.fsum(first[index] for index in others), math.fsum(second[index] for index in others)))
    return Probabilities(names, tuple(rows), kept.index(target))


def probabilities_spec(record: Probabilities) -> Spec:
    """Horizontal pairs of bars, each pair with its class above it."""
    level = list(range(len(record.rows)))
    series = ((0, "@accent", -0.02, ""), (1, "@alone", 0.26, "/"))
    return {
        "data": [_bars(record, column, colour, [number + shift for number in level], shape) for column, colour, shift, shape in series],
        "layout": layout(
            height=_ROW_PX * len(record.rows) + 84,
            margin={"l": 8, "r": 8, "t": 36, "b": 40},
            xaxis=axis(_("probability in %"), showgrid=True, range=[0, 112], tickvals=[0, 25, 50, 75, 100]),
            yaxis={"visible": False, "range": [len(record.rows) - 0.4, -0.6], "fixedrange": True},
            annotations=[_words(label, number, number == record.chosen) for number, (label, *_rest) in enumerate(record.rows)],
            showlegend=True,
            legend={"orientation": "h", "x": 0, "xanchor": "left", "y": 1.0, "yanchor": "bottom", "font": {"color": "@text"}, "traceorder": "normal"},
            bargap=0,
        ),
    }


def probabilities_figure(record: Probabilities, dark: bool = False) -> go.Figure:
    """`probabilities_spec` as a figure."""
    return figure(probabilities_spec(record), dark)


def _bars(record: Probabilities, column: int, colour: str, level: list[float], shape: str) -> dict[str, Any]:
    values = [100 * row[1 + column] for row in record.rows]
    return {
        "type": "bar",
        "orientation": "h",
        "name": figure_text(record.names[column]),
        "y": level,
        "x": [round(value, 3) for value in values],
        "width": 0.25,
        "marker": {"color": colour, "pattern": {"shape": shape} | HATCH},
        "text": [f"{value:.1f}" if value >= 0.05 else "0" for value in values],
        "textposition": "outside",
        "textfont": {"color": "@text", "size": 12},
        "cliponaxis": False,
        "hovertext": [f"{figure_text(row[0], 120)}<br>{value:.2f} %" for row, value in zip(record.rows, values, strict=True)],
        "hoverinfo": "text+name",
    }


def _words(label: str, number: int, chosen: bool) -> dict[str, Any]:
    words = figure_text(label, 74)
    place = {"xref": "paper", "x": 0, "xanchor": "left", "y": number - 0.34, "yanchor": "middle", "showarrow": False, "bgcolor": "@page", "borderpad": 1}
    return place | {"text": words, "font": {"color": "@text", "size": 13, "weight": 700 if chosen else 400}}

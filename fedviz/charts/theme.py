"""The look that all charts share, and how a chart's plain data becomes a Plotly figure.

A chart is first a `Spec`: plain `{"data": [...], "layout": {...}}` with colour tokens (`"@accent"`). The live page sends specs and
their changes as JSON; everywhere else `figure` paints a spec and hands out a `plotly.graph_objects.Figure`.
"""

import math
from collections.abc import Iterable, Sequence
from typing import Any

import plotly.graph_objects as go

from fedviz.charts import palette
from fedviz.charts.safe import figure_text

Spec = dict[str, Any]

FONT = "sans-serif"


def paint(value: Any, dark: bool = False) -> Any:
    """A copy of plain data with every colour token replaced by its colour; the token `@font` becomes the font."""
    return _painted(value, palette.tokens(dark) | {"font": FONT})


def _painted(value: Any, names: dict[str, str]) -> Any:
    if isinstance(value, str):
        return names.get(value[1:], value) if value.startswith("@") else value
    if isinstance(value, dict):
        return {key: _painted(item, names) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_painted(item, names) for item in value]
    return value


def figure(spec: Spec, dark: bool = False) -> go.Figure:
    """The figure of a spec, painted for the light or the dark page. Show it with the page's own theme switched off."""
    return go.Figure(paint(spec, dark))


def layout(**changes: Any) -> dict[str, Any]:
    """The layout every chart starts from: no background, quiet text, room for the unit above the left axis."""
    return {
        "margin": {"l": 48, "r": 12, "t": 34, "b": 48},
        "height": 280,
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"family": "@font", "size": 13, "color": "@muted"},
        "hoverlabel": {"bgcolor": "@page", "bordercolor": "@axis", "font": {"family": "@font", "size": 13, "color": "@text"}, "align": "left"},
        "legend": {
            "orientation": "h",
            "x": 1,
            "xanchor": "right",
            "y": 1.02,
            "yanchor": "bottom",
            "font": {"color": "@text"},
            "bgcolor": "rgba(0,0,0,0)",
            "traceorder": "normal",
        },
        "showlegend": False,
        "hovermode": "closest",
        "dragmode": "zoom",
    } | changes


def axis(title: str = "", **changes: Any) -> dict[str, Any]:
    """An axis with a title and without a grid."""
    base: dict[str, Any] = {
        "title": {"text": title, "font": {"size": 13}, "standoff": 6},
        "showgrid": False,
        "zeroline": False,
        "linecolor": "@axis",
        "gridcolor": "@grid",
        "tickcolor": "@axis",
        "ticks": "",
        "automargin": False,
    }
    return base | changes


def value_axis(**changes: Any) -> dict[str, Any]:
    """An upright axis with quiet grid lines; its title stands level above it, see `above`."""
    return axis(showgrid=True, nticks=5, ticklabelstandoff=4, **changes)


def above(text: str, left: int = -48) -> dict[str, Any]:
    """The title of an upright axis, written level above its upper end, as an annotation."""
    return {
        "text": text,
        "xref": "paper",
        "yref": "paper",
        "x": 0,
        "y": 1,
        "xanchor": "left",
        "yanchor": "bottom",
        "xshift": left,
        "yshift": 8,
        "showarrow": False,
        "font": {"size": 13, "color": "@muted"},
    }


def named_rows(names: Sequence[str], places: Sequence[float]) -> dict[str, Any]:
    """Layout for an upright axis whose rows have names from data, with its left margin; on a narrow screen the names are cut shorter.

    `meta` holds the pairs of path and value that the live page sets on a wide and on a narrow screen.
    """
    wide, narrow = ([figure_text(name, limit) for name in names] for limit in (26, 13))
    return {
        "margin": {"l": 176, "r": 28, "t": 34, "b": 48},
        "yaxis": axis(tickmode="array", tickvals=list(places), ticktext=wide, tickfont={"color": "@text"}, ticklabelstandoff=6, fixedrange=True),
        "meta": {"wide": [["margin.l", 176], ["yaxis.ticktext", wide]], "narrow": [["margin.l", 96], ["yaxis.ticktext", narrow]]},
    }


def round_axis(title: str, planned: int, reached: int) -> dict[str, Any]:
    """The axis of rounds from 0: all planned ones up to 20, of more only a part that grows as the run does."""
    end = planned if planned <= 20 else min(planned, max(20, next_nice(reached * 1.2)))
    end = max(int(end), 1)
    step = max(1, math.ceil(end / 10))
    return axis(title, range=[-0.02 * end, end * 1.02], dtick=step, tick0=0, ticks="outside", ticklen=4)


def round_line(name: str, x: Iterable[int], y: list[float | None], color: str, dash: str, hover: str) -> dict[str, Any]:
    """A trace of values by round; a solid line is the one to look at first, the others are thinner."""
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "name": name,
        "x": list(x),
        "y": y,
        "line": {"color": color, "width": 3 if dash == "solid" else 2, "dash": dash},
        "marker": {"color": color, "size": 7 if dash == "solid" else 5},
        "hovertemplate": hover,
    }


def next_nice(value: float) -> float:
    """The smallest of 1, 1.5, 2, 3, 4, 5, 6, 8, 10 times a power of ten that is at least `value` (which is above 0; else 1)."""
    if not value > 0 or not math.isfinite(value):
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return next(round(step * power, 12) for step in (1, 1.5, 2, 3, 4, 5, 6, 8, 10) if step * power >= value * (1 - 1e-9))


def rounded(values: Iterable[float | None], digits: int = 5) -> list[float | None]:
    """Numbers with so many significant digits; what is not finite becomes None, since JSON has no word for it."""
    return [None if v is None or not math.isfinite(v) else float(f"{v:.{digits}g}") for v in values]


def percents(shares: Iterable[float | None]) -> list[float | None]:
    """Shares in [0, 1] as per cent, rounded."""
    return rounded(None if share is None else 100 * share for share in shares)

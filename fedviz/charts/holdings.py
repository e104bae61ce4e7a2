"""Who holds what: labels by client, before anything is trained."""

import colorsys
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from fedviz.charts.safe import figure_text
from fedviz.charts.theme import Spec, axis, figure, layout
from fedviz.core.i18n import _
from fedviz.scenarios.load import Preview

_NUMBERED_CELLS = 100
"""Up to so many cells of the heatmap carry their number; more would not be legible."""
_NAMED_CLASSES = 6
"""Up to so many classes get a legend."""


@dataclass(frozen=True)
class Holdings:
    """Counts of texts, one row a client and one column a class, as nested tuples; names are figure text already."""

    clients: tuple[str, ...]
    classes: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]

    @property
    def totals(self) -> tuple[int, ...]:
        """Texts of each client."""
        return tuple(map(sum, self.counts))


def holdings_record(preview: Preview, split: str = "train") -> Holdings:
    """The counts of one split ("train" or "test") of a preview.

    Classes that nobody holds are left out; the others are ordered by the client that holds most of them, so that specialists
    show as blocks along the diagonal.
    """
    counts = np.asarray(preview.train if split == "train" else preview.test)
    present = np.flatnonzero(counts.sum(axis=0))
    order = present[np.lexsort((-counts[:, present].max(axis=0), counts[:, present].argmax(axis=0)))]
    return Holdings(
        tuple(figure_text(name, 28) for name in preview.names),
        tuple(figure_text(preview.classes[column], 34) for column in order),
        tuple(tuple(int(n) for n in row[order]) for row in counts),
    )


def class_color(index: int) -> str:
    """A calm colour for a class, `#rrggbb`; neighbours differ in hue and lightness. Classes are many: their names stand in the hover text."""
    hue = (0.58 + index * 0.381966) % 1.0
    red, green, blue = colorsys.hls_to_rgb(hue, (0.48, 0.62, 0.55)[index % 3], 0.38)
    return f"#{round(red * 255):02x}{round(green * 255):02x}{round(blue * 255):02x}"


def holdings_bars_spec(record: Holdings) -> Spec:
    """One bar a client, stacked by class."""
    few = len(record.classes) <= _NAMED_CLASSES
    bars = [
        {
            "type": "bar", "orientation": "h", "name": name, "y": list(record.clients), "x": [row[index] for row in record.counts],
            "marker": {"color": class_color(index), "line": {"width": 0}}, "hovertemplate": f"%{{y}}<br>{name}: %{{x}}<extra></extra>",
        }
        for index, name in enumerate(record.classes)
    ]
    return {
        "data": bars,
        "layout": layout(
            barmode="stack", bargap=0.25, showlegend=few, height=90 + 30 * len(record.clients) + 30 * few, margin={"l": 8, "r": 16, "t": 8 + 26 * few, "b": 44},
            legend=layout()["legend"] | {"x": 0, "xanchor": "left", "traceorder": "normal"},
            xaxis=axis(_("Training texts"), rangemode="tozero", showgrid=True), yaxis=axis(autorange="reversed", automargin=True, type="category"),
        ),
    }


def holdings_heatmap_spec(record: Holdings) -> Spec:
    """Clients by classes; the stronger the colour of a cell, the larger the share of the class that this client holds."""
    counts = np.array(record.counts, dtype=float).reshape(len(record.clients), len(record.classes))
    shares = counts / np.maximum(counts.sum(axis=0, keepdims=True), 1)
    cells = {
        "type": "heatmap", "x": list(record.classes), "y": list(record.clients), "z": shares.round(4).tolist(), "customdata": counts.tolist(),
        "zmin": 0, "zmax": 1, "showscale": False, "xgap": 1, "ygap": 1, "colorscale": [[0, "@waiting"], [1, "@accent"]],
        "hovertemplate": "%{y}<br>%{x}<br>%{customdata:.0f} (%{z:.0%})<extra></extra>",
    }
    if counts.size <= _NUMBERED_CELLS:
        cells |= {"text": counts.tolist(), "texttemplate": "%{text:.0f}"}
    return {
        "data": [cells],
        "layout": layout(
            height=170 + 28 * len(record.clients), margin={"l": 8, "r": 8, "t": 8, "b": 8},
            xaxis=axis(tickangle=-45, automargin=True, type="category", dtick=1, tickfont={"size": 11}),
            yaxis=axis(autorange="reversed", automargin=True, type="category"),
        ),
    }


def holdings_bars_figure(record: Holdings, dark: bool = False) -> go.Figure:
    """`holdings_bars_spec` as a figure."""
    return figure(holdings_bars_spec(record), dark)


def holdings_heatmap_figure(record: Holdings, dark: bool = False) -> go.Figure:
    """`holdings_heatmap_spec` as a figure."""
    return figure(holdings_heatmap_spec(record), dark)

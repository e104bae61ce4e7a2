"""What the graph adds, as measured: accuracy by the number of labels, for text alone, with the graph, and with a shuffled graph."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import plotly.graph_objects as go

from fedviz.charts.theme import Spec, above, axis, figure, layout, rounded, value_axis
from fedviz.core.i18n import N_, _

Way = Literal["text alone", "with graph", "shuffled graph"]
WAYS: dict[Way, str] = {"text alone": N_("text alone"), "with graph": N_("with the graph"), "shuffled graph": N_("with a shuffled graph")}
_LOOK: dict[Way, tuple[str, str, str]] = {
    "text alone": ("@alone", "dot", "circle"),
    "with graph": ("@accent", "solid", "square"),
    "shuffled graph": ("@negative", "dash", "diamond"),
}
HELPS = 1.0
"""Points of accuracy from which on a gain is called one."""


@dataclass(frozen=True)
class Measured:
    """One way at one number of labels: accuracy in per cent with its standard deviation over seeds; points gained over text alone, likewise, and seeds won.

    `absent`: accuracy on the texts of the party that never trains, where one does not.
    """

    accuracy: float
    spread: float
    gain: float | None = None
    gain_spread: float | None = None
    wins: str = ""
    absent: float | None = None


@dataclass(frozen=True, eq=False)
class Panel:
    """One task, with all parties or with one missing: what was measured by number of labels a class ("all": no limit), fewest first."""

    task: str
    missing: bool
    labels: tuple[str, ...]
    found: dict[Way, tuple[Measured, ...]]

    def weak(self) -> tuple[str, ...]:
        """Numbers of labels at which the graph does not help: it gains less than a point, or not more than its own spread."""
        return tuple(label for label, one in zip(self.labels, self.found["with graph"], strict=True) if not _helps(one))

    def linking(self) -> tuple[str, ...]:
        """Numbers of labels at which it helps, but the shuffled graph gains more than half as much: the linking helps there, not the structure."""
        pairs = zip(self.labels, self.found["with graph"], self.found["shuffled graph"], strict=True)
        return tuple(label for label, one, control in pairs if _helps(one) and (control.gain or 0.0) > (one.gain or 0.0) / 2)


def _helps(one: Measured) -> bool:
    return one.gain is not None and one.gain >= HELPS and one.gain > (one.gain_spread or 0.0)


def gain_record(rows: Sequence[Mapping[str, Any]], tuning: str = "head") -> tuple[Panel, ...]:
    """The rows of `python -m fedviz bench knowledge` as panels, fewest labels first; `KeyError`, `TypeError` or `ValueError` where they are none.

    Of the ways only the three are taken, of the graphs only those that nobody made wrong; what was not measured with the control is left out.
    """
    cells: dict[tuple[str, bool], dict[str, dict[Way, Measured]]] = {}
    for row in rows:
        if row["tuning"] == tuning and row["model"] in WAYS and not row.get("rewired"):
            here = cells.setdefault((str(row["task"]), row["missing"] != "none"), {}).setdefault(str(row["labels"]), {})
            here[row["model"]] = Measured(float(row["accuracy"]), float(row["spread"]), row["gain"], row["gain spread"], row["wins"] or "", row["accuracy of the missing"])
    panels = []
    for (task, missing), by_labels in cells.items():
        whole = {label: found for label, found in sorted(by_labels.items(), key=lambda pair: float("inf") if pair[0] == "all" else float(pair[0])) if len(found) == len(WAYS)}
        if whole:
            panels.append(Panel(task, missing, tuple(whole), {way: tuple(found[way] for found in whole.values()) for way in WAYS}))
    return tuple(panels)


def gain_spec(panel: Panel) -> Spec:
    """Three lines over the number of labels a class, each point with its standard deviation over seeds."""
    return {
        "data": [_line(panel, way) for way in WAYS],
        "layout": layout(
            height=300,
            margin={"l": 48, "r": 12, "t": 64, "b": 48},
            showlegend=True,
            hovermode="x unified",
            legend=layout()["legend"] | {"y": 1.12, "x": 0, "xanchor": "left"},
            xaxis=axis(_("labelled texts a class"), type="category", categoryorder="array", categoryarray=[_(label) for label in panel.labels], fixedrange=True),
            yaxis=value_axis(rangemode="tozero", fixedrange=True),
            annotations=[above(_("accuracy, %"))],
        ),
    }


def gain_figure(panel: Panel, dark: bool = False) -> go.Figure:
    """`gain_spec` as a figure."""
    return figure(gain_spec(panel), dark)


def _line(panel: Panel, way: Way) -> dict[str, Any]:
    colour, dash, symbol = _LOOK[way]
    points = panel.found[way]
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "name": _(WAYS[way]),
        "x": [_(label) for label in panel.labels],
        "y": rounded(point.accuracy for point in points),
        "error_y": {"type": "data", "array": rounded(point.spread for point in points), "color": colour, "thickness": 1.5, "width": 4},
        "line": {"color": colour, "width": 2.5, "dash": dash},
        "marker": {"size": 8, "color": colour, "symbol": symbol},
        "hovertemplate": "%{y:.1f} %",
    }

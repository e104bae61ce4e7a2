"""How many texts each class has, largest first: how uneven a scenario is, at a glance."""

from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from fedviz.charts.safe import figure_text, line
from fedviz.charts.theme import Spec, above, axis, figure, layout, value_axis
from fedviz.core.i18n import _
from fedviz.scenarios.base import ScenarioData

_NAMED = 6
"""Up to so many classes have their names below their bars."""


@dataclass(frozen=True)
class ClassSizes:
    """Names (one line each) and training texts of the classes that have any, largest first; `empty`: how many have none."""

    names: tuple[str, ...]
    counts: tuple[int, ...]
    empty: int = 0

    @property
    def ratio(self) -> float:
        """How many times as many texts the largest class has as the smallest one that has any; 1 where all are alike, 0 without texts."""
        return self.counts[0] / self.counts[-1] if self.counts else 0.0


def class_sizes_record(data: ScenarioData, names: tuple[str, ...] | None = None) -> ClassSizes:
    """The classes of a scenario's training texts; `names` in the viewer's language where they differ from the scenario's own."""
    counts = np.bincount(data.train.labels, minlength=len(data.classes))
    order = [int(place) for place in np.argsort(-counts, kind="stable") if counts[place]]
    words = names or data.classes
    return ClassSizes(tuple(line(words[place], 34) for place in order), tuple(int(counts[place]) for place in order), len(data.classes) - len(order))


def class_sizes_spec(record: ClassSizes) -> Spec:
    """One bar a class."""
    named = len(record.names) <= _NAMED
    bars = {
        "type": "bar", "x": list(range(len(record.names))), "y": list(record.counts), "customdata": [figure_text(name) for name in record.names],
        "marker": {"color": "@accent", "line": {"width": 0}}, "hovertemplate": "%{customdata}: %{y}<extra></extra>",
    }  # fmt: skip
    ticks = {"tickvals": list(range(len(record.names))), "ticktext": [figure_text(name, 16) for name in record.names], "tickangle": 0} if named else {"showticklabels": False}
    return {
        "data": [bars],
        "layout": layout(
            height=150, bargap=0.25, margin={"l": 40, "r": 8, "t": 26, "b": 30}, annotations=[above(_("Training texts"), -40)],
            xaxis=axis("" if named else _("Classes, largest first"), fixedrange=True, **ticks), yaxis=value_axis(rangemode="tozero", fixedrange=True),
        ),
    }  # fmt: skip


def class_sizes_figure(record: ClassSizes, dark: bool = False) -> go.Figure:
    """`class_sizes_spec` as a figure."""
    return figure(class_sizes_spec(record), dark)

"""Where the seconds of each round went."""

from dataclasses import dataclass

import plotly.graph_objects as go

from fedviz.charts.theme import Spec, above, figure, layout, next_nice, round_axis, rounded, value_axis
from fedviz.core.i18n import N_, _
from fedviz.runs.run_view import RunView

PHASES_TITLE = N_("Time of each round")
PHASES_NOTE = N_(
    "Seconds by what was done in them. Nearly all of it is the clients' training and testing; the server only averages, which takes next to no time."
)

NAMES = {"train": N_("train"), "evaluate": N_("evaluate"), "aggregate": N_("aggregate"), "checkpoint": N_("save")}
"""Phases in the order in which they are stacked, with their words; others follow under their own name."""

_COLORS = {"train": "@accent", "evaluate": "@soft", "aggregate": "@pooled", "checkpoint": "@alone"}


@dataclass(frozen=True)
class PhasesRecord:
    """Seconds by phase, one tuple per phase with an entry per complete round."""

    rounds_planned: int
    rounds: tuple[int, ...]
    seconds: dict[str, tuple[float, ...]]


def phases_record(view: RunView) -> PhasesRecord:
    """The time of the complete rounds."""
    names = [*NAMES, *sorted({name for ended in view.rounds for name in ended.phases_s} - set(NAMES))]
    seconds = {name: tuple(ended.phases_s.get(name, 0.0) for ended in view.rounds) for name in names}
    return PhasesRecord(view.rounds_planned, tuple(ended.round for ended in view.rounds), seconds)


def phases_spec(record: PhasesRecord) -> Spec:
    """Stacked bars, one per round."""
    top = max((sum(column) for column in zip(*record.seconds.values(), strict=True)), default=0.0)
    bars = [
        {
            "type": "bar",
            "name": _(NAMES[name]) if name in NAMES else name,
            "x": list(record.rounds),
            "y": rounded(values, 4),
            "marker": {"color": _COLORS.get(name, "@muted"), "line": {"width": 0}},
            "hovertemplate": "%{y:.2f} s",
        }
        for name, values in record.seconds.items()
    ]
    x = round_axis(_("round"), record.rounds_planned, record.rounds[-1] if record.rounds else 0)
    return {
        "data": bars,
        "layout": layout(
            barmode="stack",
            bargap=0.35,
            xaxis=x | {"range": [0.4, x["range"][1] + 0.5]},
            yaxis=value_axis(range=[0, next_nice(top * 1.02) if top else 1.0]),
            annotations=[above(_("seconds"))],
            showlegend=True,
            hovermode="x unified",
        ),
    }


def phases_figure(record: PhasesRecord, dark: bool = False) -> go.Figure:
    """`phases_spec` as a figure."""
    return figure(phases_spec(record), dark)

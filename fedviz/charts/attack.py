"""Does the attack work? How far the attackers have got with the global model, beside its accuracy."""

from dataclasses import dataclass

import plotly.graph_objects as go

from fedviz.charts.theme import Spec, above, figure, layout, percents, round_axis, round_line, value_axis
from fedviz.core.i18n import N_, _
from fedviz.runs.run_view import RunView

ATTACK_SECTION = N_("Does the attack work?")
ATTACK_TITLE = N_("Attack success")
ATTACK_NOTE = N_(
    "Share of the texts for which the global model gives the answer that the attackers want, beside its accuracy on clean texts. An honest model errs in "
    "that direction now and then, so that success is rarely nothing. This page can measure it because it knows the attack; no party of the federation can."
)


@dataclass(frozen=True)
class AttackRecord:
    """By round (0 is before training), each in [0, 1]: accuracy on clean texts, and success of the attack; None where not measured."""

    rounds_planned: int
    rounds: tuple[int, ...]
    accuracy: tuple[float | None, ...]
    success: tuple[float | None, ...]


def attack_record(view: RunView) -> AttackRecord:
    """What the run has measured so far."""
    columns = (tuple(values.get(name) for _number, values in view.global_metrics) for name in ("accuracy", "attack_success"))
    return AttackRecord(view.rounds_planned, tuple(number for number, _values in view.global_metrics), *columns)


def has_aim(view: RunView) -> bool:
    """Whether somebody attacks with an aim, so that there is something to show."""
    return any("attack_success" in values for _number, values in view.global_metrics[-1:])


def attack_spec(record: AttackRecord) -> Spec:
    """Both in per cent by round."""
    reached = record.rounds[-1] if record.rounds else 0
    return {
        "data": [
            round_line(_("attack success"), record.rounds, percents(record.success), "@accent", "solid", "%{y:.1f} %"),
            round_line(_("accuracy"), record.rounds, percents(record.accuracy), "@muted", "dot", "%{y:.1f} %"),
        ],
        "layout": layout(
            xaxis=round_axis(_("round"), record.rounds_planned, reached),
            yaxis=value_axis(range=[0, 102], dtick=25, tick0=0),
            annotations=[above("%")],
            showlegend=True,
            hovermode="x unified",
        ),
    }


def attack_figure(record: AttackRecord, dark: bool = False) -> go.Figure:
    """`attack_spec` as a figure."""
    return figure(attack_spec(record), dark)

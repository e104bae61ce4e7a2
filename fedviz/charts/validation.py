"""The global model on the texts that clients hold out of their training, by round, and the round that was best."""

from dataclasses import dataclass
from typing import Literal

import plotly.graph_objects as go

from fedviz.charts.theme import Spec, above, figure, layout, next_nice, percents, round_axis, round_line, rounded, value_axis
from fedviz.core.i18n import N_, _
from fedviz.runs.run_view import RunView

VALIDATION_TITLE = N_("Held-out texts")
VALIDATION_NOTE = N_(
    "The global model on training texts that the clients hold out and never train on: what a federation can look at without touching its test texts. Where the run "
    "has patience, the dotted line is the best round so far; after as many rounds without a better one the run stops, and ends with the model of that round."
)


@dataclass(frozen=True)
class ValidationRecord:
    """What is watched on held-out texts by round (0 is before training): loss in nats or accuracy in [0, 1]. `best`: the best round so far, 0 where none is looked for."""

    rounds_planned: int
    metric: Literal["loss", "accuracy"]
    rounds: tuple[int, ...]
    values: tuple[float, ...]
    texts: int
    clients: int
    best: int


def validation_record(view: RunView) -> ValidationRecord:
    """What the clients have measured on their held-out texts so far."""
    told = view.validated
    metric = told[-1].metric if told else "loss"
    values = tuple(event.metrics[metric] for event in told)
    return ValidationRecord(view.rounds_planned, metric, tuple(event.round for event in told), values, told[-1].texts if told else 0, len(told[-1].clients) if told else 0, view.best_round)


def validation_about(record: ValidationRecord) -> str:
    """How many texts stand behind the curve, and whose."""
    return _("{texts} held-out answers of {clients} clients").format(texts=f"{record.texts:,}", clients=record.clients)


def validation_spec(record: ValidationRecord) -> Spec:
    """The curve, with a dotted line at the best round."""
    of_loss = record.metric == "loss"
    name, unit = (_("Loss"), _("nats")) if of_loss else (_("Accuracy"), "%")
    top = next_nice(max((value for value in record.values if value < float("inf")), default=1.0) * 1.02) if of_loss else 100
    line = round_line(name, record.rounds, rounded(record.values) if of_loss else percents(record.values), "@accent", "solid", "%{y:.3f}" if of_loss else "%{y:.1f} %")
    mark = {"type": "line", "yref": "paper", "x0": record.best, "x1": record.best, "y0": 0, "y1": 1, "line": {"color": "@muted", "width": 1, "dash": "dot"}}
    reached = record.rounds[-1] if record.rounds else 0
    return {
        "data": [line],
        "layout": layout(
            xaxis=round_axis(_("round"), record.rounds_planned, reached), yaxis=value_axis(range=[0, top]), annotations=[above(unit)], shapes=[mark] if record.best else [], hovermode="x unified"
        ),
    }


def validation_figure(record: ValidationRecord, dark: bool = False) -> go.Figure:
    """`validation_spec` as a figure."""
    return figure(validation_spec(record), dark)

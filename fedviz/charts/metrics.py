"""Loss, accuracy and macro-F1 of the global model after each round, on the test texts of all clients together."""

from dataclasses import dataclass

import plotly.graph_objects as go

from fedviz.charts.theme import Spec, above, figure, layout, next_nice, percents, round_axis, round_line, rounded, value_axis
from fedviz.core.i18n import N_, _
from fedviz.runs.run_view import RunView

SCORES_TITLE = N_("Accuracy")
SCORES_NOTE = N_(
    "Share of test texts that the global model gets right, and macro-F1, which counts every class the same however rare it is. "
    "The dotted line is what guessing would reach."
)
LOSS_TITLE = N_("Loss")
LOSS_NOTE = N_(
    "How much the right answers of the test texts surprise the global model, on average. It falls while the model learns; "
    "it rises where the model grows sure of wrong answers or the clients' updates contradict each other."
)

TOKEN_SCORES_NOTE = N_("Share of what is asked about the test texts that the global model finds: hidden tokens, each next token, or the half of a text that belongs to another.")
TOKEN_LOSS_NOTE = N_("How much the right answers about the test texts surprise the global model, on average. Perplexity is e to this power: among so many equally likely answers it seems to choose.")


@dataclass(frozen=True)
class MetricsRecord:
    """The global model by round (0 is before training): loss in nats, accuracy and macro-F1 in [0, 1]; None where not measured."""

    rounds_planned: int
    classes: int
    rounds: tuple[int, ...]
    loss: tuple[float | None, ...]
    accuracy: tuple[float | None, ...]
    macro_f1: tuple[float | None, ...]
    tokens: bool = False
    """Whether answers are tokens: then there is no macro-F1, and no class to guess."""


def of_tokens(view: RunView) -> bool:
    """Whether the run trains a language model, whose answers are tokens."""
    return bool(view.global_metrics) and "perplexity" in view.global_metrics[0][1]


def scores_note(view: RunView) -> str:
    """What the curve of a classifier or of a language model is."""
    return _(TOKEN_SCORES_NOTE if of_tokens(view) else SCORES_NOTE)


def loss_note(view: RunView) -> str:
    """What the loss of a classifier or of a language model is."""
    return _(TOKEN_LOSS_NOTE if of_tokens(view) else LOSS_NOTE)


def metrics_record(view: RunView) -> MetricsRecord:
    """What the run has measured of its global model so far."""
    columns = {name: tuple(values.get(name) for _number, values in view.global_metrics) for name in ("loss", "accuracy", "macro_f1")}
    return MetricsRecord(view.rounds_planned, len(view.classes), tuple(number for number, _values in view.global_metrics), **columns, tokens=of_tokens(view))


def scores_spec(record: MetricsRecord) -> Spec:
    """Accuracy and macro-F1 in per cent by round."""
    shapes = []
    if record.classes > 1 and not record.tokens:
        chance = 100 / record.classes
        shapes = [{"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": chance, "y1": chance, "line": {"color": "@muted", "width": 1, "dash": "dot"}}]
    return {
        "data": [
            round_line(_("Accuracy"), record.rounds, percents(record.accuracy), "@accent", "solid", "%{y:.1f} %"),
            *([] if record.tokens else [round_line(_("Macro-F1"), record.rounds, percents(record.macro_f1), "@accent", "dot", "%{y:.1f} %")]),
        ],
        "layout": layout(
            xaxis=_rounds(record),
            yaxis=value_axis(range=[0, 100], dtick=25, tick0=0),
            annotations=[above("%")],
            shapes=shapes,
            showlegend=True,
            hovermode="x unified",
        ),
    }


def loss_spec(record: MetricsRecord) -> Spec:
    """Loss in nats by round."""
    top = next_nice(max((value for value in record.loss if value is not None), default=1.0) * 1.02)
    return {
        "data": [round_line(_("Loss"), record.rounds, rounded(record.loss), "@accent", "solid", "%{y:.3f}")],
        "layout": layout(xaxis=_rounds(record), yaxis=value_axis(range=[0, top]), annotations=[above(_("nats per answer") if record.tokens else _("nats per text"))], hovermode="x unified")
        | {"margin": {"l": 48, "r": 12, "t": 47, "b": 48}},
    }


def scores_figure(record: MetricsRecord, dark: bool = False) -> go.Figure:
    """`scores_spec` as a figure."""
    return figure(scores_spec(record), dark)


def loss_figure(record: MetricsRecord, dark: bool = False) -> go.Figure:
    """`loss_spec` as a figure."""
    return figure(loss_spec(record), dark)


def _rounds(record: MetricsRecord) -> dict[str, object]:
    return round_axis(_("round"), record.rounds_planned, record.rounds[-1] if record.rounds else 0)

"""Local against global: on each client's own test texts, the loss of the global model, of what the client has just trained, and of its personal model."""

import math
from dataclasses import dataclass

from fedviz.charts.palette import client_token
from fedviz.charts.safe import figure_text
from fedviz.charts.theme import Spec, above, layout, next_nice, round_axis, rounded, value_axis
from fedviz.core.i18n import N_, _
from fedviz.runs.client_view import ClientView
from fedviz.runs.run_view import RunView

APART_TITLE = N_("Local against global")
APART_NOTE = N_(
    "Loss on test texts. In the client's colour, on its own texts: solid is the global model after the round, dashed the model that the client had just trained, "
    "dotted its personal model. Grey is the global model on everybody's texts. Where clients are alike, the lines lie together. Where they are unlike, local "
    "training goes below the global model, and averaging takes that back, since what helps this client harms others: no one model is the best for all. "
    "A local model above the global one has learned less than the others had to teach it. With few test texts much of a gap is chance."
)

Curve = tuple[tuple[int, float], ...]


@dataclass(frozen=True)
class ClientApart:
    """One client's losses in nats by round, as (round, loss): the global model, its freshly trained one and its personal one on its own test texts."""

    index: int
    name: str
    shared: Curve
    own: Curve
    personal: Curve


def watched(view: RunView) -> bool:
    """Whether anything beside the global model was measured."""
    return any(client.own or client.personal for client in view.clients)


def apart_record(client: ClientView) -> ClientApart:
    """The losses of one client so far."""
    return ClientApart(client.info.index, client.info.name, losses(client.metrics), losses(client.own), losses(client.personal))


def losses(measured: tuple[tuple[int, dict[str, float]], ...]) -> Curve:
    """The loss by round of what was measured."""
    return tuple((number, values["loss"]) for number, values in measured if "loss" in values)


def top_loss(view: RunView) -> float:
    """Upper end of the loss axis that all clients share."""
    own = (measured for client in view.clients for measured in (client.metrics, client.own, client.personal))
    found = [loss for measured in (view.global_metrics, *own) for _round, loss in losses(measured) if math.isfinite(loss)]
    return next_nice(max(found, default=1.0) * 1.02)


def apart_spec(client: ClientApart, everybody: Curve, rounds_planned: int, reached: int, top: float) -> Spec:
    """The small chart of one client; `everybody` is the global model on all test texts. A kind of model that was not measured has no line."""
    color = client_token(client.index)
    lines = [
        _line(_("global model, everybody's texts"), everybody, "@muted", "solid", 1.5),
        _line(_("global model"), client.shared, color, "solid", 2),
        _line(_("local model"), client.own, color, "dash", 2),
        _line(_("personal model"), client.personal, color, "dot", 2.5),
    ]
    return {
        "data": [line | {"meta": {"client": client.index}} for line in lines if line["x"]],
        "layout": layout(
            height=190,
            margin={"l": 34, "r": 8, "t": 26, "b": 44},
            xaxis=round_axis(_("round"), rounds_planned, reached) | {"dtick": None, "nticks": 5},
            yaxis=value_axis(range=[0, top]) | {"nticks": 3},
            annotations=[above(_("nats"), -34)],
        ),
    }


def _line(name: str, curve: Curve, color: str, dash: str, width: float) -> dict[str, object]:
    return {
        "type": "scatter",
        "mode": "lines",
        "name": name,
        "x": [number for number, _loss in curve],
        "y": rounded(loss for _number, loss in curve),
        "line": {"color": color, "width": width, "dash": dash},
        "hovertemplate": f"{figure_text(name)}, {_('round {x}, loss {y}').format(x='%{x}', y='%{y:.3f}')}<extra></extra>",
    }

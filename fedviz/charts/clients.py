"""Training loss of every client, step by step: one small chart each, in the client's colour, all on the same scale."""

from dataclasses import dataclass

import plotly.graph_objects as go

from fedviz.charts.palette import client_dash, client_token
from fedviz.charts.safe import figure_text
from fedviz.charts.theme import Spec, above, axis, figure, layout, next_nice, rounded, value_axis
from fedviz.core.i18n import N_, _
from fedviz.runs.client_view import ClientView
from fedviz.runs.run_view import RunView

CLIENTS_TITLE = N_("Training loss of each client")
CLIENTS_NOTE = N_(
    "The loss of every training step on the client's own texts, all on one scale. A jump up where a round begins is client drift "
    "at work: the averaged model fits this client less well than the model it had just trained for itself."
)

MAX_POINTS = 400
"""More steps than this are shown as means of 2, 4, 8 ... steps; the last point is the mean of those that are done of its steps."""


@dataclass(frozen=True)
class ClientLosses:
    """One client's curve: `x` in rounds (1.5 is the middle of the second round), `y` in nats."""

    index: int
    name: str
    train_examples: int
    x: tuple[float, ...]
    y: tuple[float | None, ...]


@dataclass(frozen=True)
class ClientsRecord:
    """All clients' curves and what they share: the rounds of the run and the top of the loss axis."""

    rounds_planned: int
    reached: int
    top: float
    clients: tuple[ClientLosses, ...]


def clients_record(view: RunView) -> ClientsRecord:
    """The training losses so far."""
    clients = tuple(client_losses(client) for client in view.clients)
    return ClientsRecord(view.rounds_planned, view.round, top_loss(clients), clients)


def client_losses(client: ClientView) -> ClientLosses:
    """The curve of one client, thinned to at most `MAX_POINTS` points."""
    batches = client.batches
    steps = max(client.steps, max((step for _round, step, _loss in batches), default=1))
    width = 1
    while len(batches) > MAX_POINTS * width:
        width *= 2
    x, y = [], []
    for start in range(0, len(batches), width):
        some = batches[start : start + width]
        number, step, _loss = some[-1]
        x.append(number - 1 + step / steps)
        y.append(sum(loss for _round, _step, loss in some) / len(some))
    return ClientLosses(client.info.index, client.info.name, client.info.train_examples, tuple(rounded(x)), tuple(rounded(y)))


def top_loss(clients: tuple[ClientLosses, ...]) -> float:
    """Upper end of the shared loss axis."""
    return next_nice(max((value for client in clients for value in client.y if value is not None), default=1.0) * 1.02)


def client_spec(client: ClientLosses, rounds_planned: int, reached: int, top: float) -> Spec:
    """The small chart of one client."""
    end = rounds_planned if rounds_planned <= 20 else min(rounds_planned, max(20, int(next_nice(reached * 1.2))))
    trace = {
        "type": "scatter",
        "mode": "lines",
        "name": figure_text(client.name),
        "x": list(client.x),
        "y": list(client.y),
        "line": {"color": client_token(client.index), "width": 2, "dash": client_dash(client.index)},
        "hovertemplate": _("round {x}, loss {y}").format(x="%{x:.2f}", y="%{y:.3f}") + "<extra></extra>",
        "meta": {"client": client.index},
    }
    return {
        "data": [trace],
        "layout": layout(
            height=160,
            margin={"l": 34, "r": 8, "t": 26, "b": 44},
            xaxis=axis(_("rounds"), range=[0, max(end, 1)], nticks=4, ticks="outside", ticklen=3),
            yaxis=value_axis(range=[0, top]) | {"nticks": 3},
            annotations=[above(_("nats"), -34)],
        ),
    }


def clients_figure(record: ClientsRecord, columns: int = 4, dark: bool = False) -> go.Figure:
    """All small charts in one figure, `columns` side by side, for places where nothing moves."""
    count = max(len(record.clients), 1)
    rows = -(-count // columns)
    grid = {"rows": rows, "columns": columns, "pattern": "independent", "xgap": 0.2, "ygap": 0.45}
    data, shared = [], layout(height=70 + 150 * rows, grid=grid, annotations=[])
    for place, client in enumerate(record.clients, 1):
        spec = client_spec(client, record.rounds_planned, record.reached, record.top)
        number = "" if place == 1 else str(place)
        data.append(spec["data"][0] | {"xaxis": f"x{number}", "yaxis": f"y{number}"})
        last_row = place + columns > count
        shared[f"xaxis{number}"] = spec["layout"]["xaxis"] | ({} if last_row else {"title": {"text": ""}})
        shared[f"yaxis{number}"] = spec["layout"]["yaxis"]
        shared["annotations"].append(
            above(figure_text(client.name, 22), -20) | {"xref": f"x{number} domain", "yref": f"y{number} domain", "font": {"size": 12, "color": "@text"}}
        )
    return figure({"data": data, "layout": shared}, dark)

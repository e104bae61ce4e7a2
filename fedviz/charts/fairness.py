"""Does the global model serve everybody? Its accuracy on each client's own test texts, and how even that is.

The worst tenth is the mean over the tenth of the clients (at least one) with the lowest accuracy, as in Li et al. 2020 (q-FFL, arXiv
1905.10497). Jain's index (Jain, Chiu and Hawe 1984) is `(sum x)^2 / (n sum x^2)`: 1 where all are served alike, 1/n where one has everything.
"""

import math
from dataclasses import dataclass

from fedviz.charts.palette import client_dash, client_symbol, client_token
from fedviz.charts.safe import figure_text
from fedviz.charts.theme import Spec, above, layout, round_axis, rounded, value_axis
from fedviz.core.i18n import N_, _
from fedviz.runs.run_view import RunView

SERVED_TITLE = N_("Accuracy at each client")
SERVED_NOTE = N_("The global model on each client's own test texts, in the clients' colours. A client whose texts are unlike the others' may be served badly by a good mean.")
EVEN_TITLE = N_("How even it is")
EVEN_NOTE = N_(
    "The mean over the clients, the worst tenth of them, and Jain's index, which is 100 % where all are served alike. "
    "q-FFL lifts the worst at some cost to the mean."
)


@dataclass(frozen=True)
class Served:
    """One client's accuracy in [0, 1] by round, as (round, accuracy)."""

    index: int
    name: str
    accuracy: tuple[tuple[int, float], ...]


@dataclass(frozen=True)
class FairnessRecord:
    """Accuracy by client, and by round (round, mean over clients, worst tenth, Jain's index, None where all are 0), each in [0, 1]."""

    rounds_planned: int
    clients: tuple[Served, ...]
    even: tuple[tuple[int, float, float, float | None], ...]


def fairness_record(view: RunView) -> FairnessRecord:
    """The rounds that every client with test texts has measured."""
    clients = tuple(
        Served(client.info.index, client.info.name, tuple((number, values["accuracy"]) for number, values in client.metrics if "accuracy" in values))
        for client in view.clients
        if client.info.test_examples
    )
    by_round: dict[int, list[float]] = {}
    for client in clients:
        for number, accuracy in client.accuracy:
            by_round.setdefault(number, []).append(accuracy)
    even = tuple((number, *evenness(values)) for number, values in sorted(by_round.items()) if len(values) == len(clients))
    return FairnessRecord(view.rounds_planned, clients, even)


def evenness(values: list[float]) -> tuple[float, float, float | None]:
    """Mean, mean of the worst tenth (at least one), and Jain's index of the values, of which there is at least one."""
    worst = sorted(values)[: math.ceil(len(values) / 10)]
    squares = sum(value * value for value in values)
    return sum(values) / len(values), sum(worst) / len(worst), sum(values) ** 2 / (len(values) * squares) if squares else None


def served_spec(record: FairnessRecord) -> Spec:
    """A line a client, in percent by round."""
    lines = [
        {
            "type": "scatter",
            "mode": "lines+markers",
            "name": figure_text(client.name),
            "meta": {"client": client.index},
            "x": [number for number, _accuracy in client.accuracy],
            "y": rounded((100 * accuracy for _number, accuracy in client.accuracy), 4),
            "line": {"color": client_token(client.index), "width": 2, "dash": client_dash(client.index)},
            "marker": {"color": client_token(client.index), "size": 6, "symbol": client_symbol(client.index)},
            "hovertemplate": "%{y:.3~g} %",
        }
        for client in record.clients
    ]
    return {"data": lines, "layout": _layout(record)}


def even_spec(record: FairnessRecord) -> Spec:
    """Three lines in percent by round."""
    looks = ((_("mean over clients"), 1, "solid", "@accent"), (_("worst tenth"), 2, "dot", "@accent"), (_("Jain's index"), 3, "dash", "@muted"))
    lines = [
        {
            "type": "scatter",
            "mode": "lines+markers",
            "name": title,
            "x": [entry[0] for entry in record.even],
            "y": rounded((None if entry[place] is None else 100 * entry[place] for entry in record.even), 4),
            "line": {"color": colour, "width": 3 if dash == "solid" else 2, "dash": dash},
            "marker": {"color": colour, "size": 6},
            "hovertemplate": "%{y:.3~g} %",
        }
        for title, place, dash, colour in looks
    ]
    return {"data": lines, "layout": _layout(record) | {"showlegend": True, "hovermode": "x unified"}}


def _layout(record: FairnessRecord) -> dict[str, object]:
    reached = record.even[-1][0] if record.even else 0
    return layout(xaxis=round_axis(_("round"), record.rounds_planned, reached), yaxis=value_axis(range=[0, 102], dtick=25, tick0=0), annotations=[above("%")])

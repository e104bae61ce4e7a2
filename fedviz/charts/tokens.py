"""A language model on its way: how surprised each client's held-out text leaves it, and what it says of the texts that somebody watches."""

from dataclasses import dataclass

import plotly.graph_objects as go

from fedviz.charts.palette import client_dash, client_symbol, client_token
from fedviz.charts.safe import figure_text
from fedviz.charts.theme import Spec, above, figure, layout, named_rows, round_axis, rounded, value_axis
from fedviz.core.i18n import N_, _
from fedviz.runs.run_view import RunView

PERPLEXITY_TITLE = N_("Perplexity at each client")
PERPLEXITY_NOTE = N_(
    "The global model on each client's own held-out texts, in the clients' colours: among so many equally likely answers it seems to choose. "
    "Where a line falls, the model has learned that client's language."
)
WATCHED_TITLE = N_("What the model says")
WATCHED_NOTE = N_("The likeliest tokens at the gap of each watched text, or behind it, after each round, the likeliest first; the darker, the surer.")
_ROW = 24
_GAP = 0.7


@dataclass(frozen=True)
class Told:
    """One client's perplexity by round, as (round, perplexity)."""

    index: int
    name: str
    perplexity: tuple[tuple[int, float], ...]


@dataclass(frozen=True)
class PerplexityRecord:
    """Perplexity by client."""

    rounds_planned: int
    clients: tuple[Told, ...]


@dataclass(frozen=True)
class WatchedRecord:
    """By round, and in it for each watched text, the likeliest tokens with their probabilities in [0, 1]."""

    rounds_planned: int
    texts: tuple[str, ...]
    rounds: tuple[int, ...]
    likeliest: tuple[tuple[tuple[tuple[str, float], ...], ...], ...]


def perplexity_record(view: RunView) -> PerplexityRecord:
    """What the clients have measured."""
    clients = tuple(
        Told(c.info.index, c.info.name, tuple((number, values["perplexity"]) for number, values in c.metrics if "perplexity" in values))
        for c in view.clients
        if c.info.test_examples
    )
    return PerplexityRecord(view.rounds_planned, clients)


def watched_record(view: RunView) -> WatchedRecord:
    """The answers so far."""
    texts = tuple(answer.text for answer in view.watched[0][1]) if view.watched else ()
    return WatchedRecord(view.rounds_planned, texts, tuple(number for number, _answers in view.watched), tuple(tuple(a.likeliest for a in answers) for _number, answers in view.watched))


def perplexity_spec(record: PerplexityRecord) -> Spec:
    """A line a client by round; the axis is logarithmic, since what is learned first is worth most."""
    lines = [
        {
            "type": "scatter", "mode": "lines+markers", "name": figure_text(client.name), "meta": {"client": client.index},
            "x": [number for number, _value in client.perplexity], "y": rounded((value for _number, value in client.perplexity), 2),
            "line": {"color": client_token(client.index), "width": 2, "dash": client_dash(client.index)},
            "marker": {"color": client_token(client.index), "size": 6, "symbol": client_symbol(client.index)}, "hovertemplate": "%{y:,.3~g}",
        }
        for client in record.clients
    ]  # fmt: skip
    reached = max((number for client in record.clients for number, _value in client.perplexity), default=0)
    return {"data": lines, "layout": layout(xaxis=round_axis(_("round"), record.rounds_planned, reached), yaxis=value_axis(type="log"), annotations=[above(_("answers"))])}


def watched_spec(record: WatchedRecord) -> Spec:
    """For each text a block of rows, from the likeliest token down, and a column a round."""
    most = max((len(found) for answers in record.likeliest for found in answers), default=0)
    places = [number * (most + _GAP) for number in range(len(record.texts))]
    blocks = []
    for number, (text, start) in enumerate(zip(record.texts, places, strict=True)):
        columns = [answers[number] for answers in record.likeliest]
        rows = range(most)
        blocks.append({
            "type": "heatmap", "name": figure_text(text), "x": list(record.rounds), "y": [start + row for row in rows], "coloraxis": "coloraxis", "xgap": 2, "ygap": 1,
            "z": [rounded((column[row][1] for column in columns), 4) for row in rows], "text": [[figure_text(column[row][0], 18) for column in columns] for row in rows],
            "texttemplate": "%{text}", "textfont": {"color": "@text"}, "customdata": [[f"{100 * column[row][1]:.1f} %" for column in columns] for row in rows],
            "hovertemplate": _("round {round}").format(round="%{x}") + ": %{text}, %{customdata}<extra></extra>",
        })  # fmt: skip
    rows = named_rows(record.texts, places)
    end = places[-1] + most - 0.5 if places else 0.5
    rows["yaxis"] |= {"range": [end, -0.5]}
    reached = record.rounds[-1] if record.rounds else 0
    columns_axis = round_axis(_("round"), record.rounds_planned, reached)
    columns_axis |= {"range": [-0.5, columns_axis["range"][1] + 0.5]}
    scale = {"cmin": 0, "cmax": 1, "colorscale": [[0, "@page"], [1, "@along"]], "showscale": False}
    return {"data": blocks, "layout": layout(height=int(100 + _ROW * end), xaxis=columns_axis, coloraxis=scale, **rows)}


def perplexity_figure(record: PerplexityRecord, dark: bool = False) -> go.Figure:
    """`perplexity_spec` as a figure."""
    return figure(perplexity_spec(record), dark)


def watched_figure(record: WatchedRecord, dark: bool = False) -> go.Figure:
    """`watched_spec` as a figure."""
    return figure(watched_spec(record), dark)

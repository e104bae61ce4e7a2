"""How exactly the adapters of several clients become one: the part of what they learned that the aggregation gets wrong, by round and matrix."""

import re
from dataclasses import dataclass

import plotly.graph_objects as go

from fedviz.charts.palette import client_dash, client_token
from fedviz.charts.safe import figure_text
from fedviz.charts.theme import Spec, above, figure, layout, next_nice, percents, round_axis, round_line, value_axis
from fedviz.core.i18n import N_, _
from fedviz.core.registry import ADAPTERS
from fedviz.runs.run_view import RunView

RANKS_TITLE = N_("Ranks of the clients' adapters")
RANKS_NOTE = N_("Each client's rank after the round, one line a client. A client lets ranks go that training has made weaker; they never come back.")
ERROR_TITLE = N_("What the aggregation of adapters gets wrong")
ERROR_NOTE = N_(
    "How far the new global product of B and A lies from the average of the clients' products, in per cent of that average: one line for each adapted matrix, and 0 where "
    "the aggregation is exact, up to rounding."
)
HIDDEN_NOTE = N_("Under secure aggregation the server sees no single client's factors, and nobody can say how far the product of their averages lies from the average of their products.")
MOST = 8
"""Of more matrices than these there is one line for each layer, of the matrix that it gets most wrong."""
ROUNDING = 1e-5
"""Relative errors below this come from 32 bits a number."""
_LEAST_TOP = 1.0
"""Per cent up to which the axis goes at least, so that rounding lies on its foot."""
_COLOURS = ("@accent", "@positive", "@negative", "@muted")
_DASHES = ("solid", "dot", "dash", "longdash")
_LAYER = re.compile(r"^layers\.(\d+)\.(.+)$")


@dataclass(frozen=True)
class AdaptersRecord:
    """`lines`: a layer (counted from 1 at the lowest adapted one; 0 where it has none), a matrix of it (empty: the worst of them), and (round, relative error or None)."""

    rounds_planned: int
    combined: str
    lines: tuple[tuple[int, str, tuple[tuple[int, float | None], ...]], ...]


def adapters_record(view: RunView) -> AdaptersRecord:
    """The errors of the rounds that were aggregated."""
    found: dict[tuple[int, str], dict[int, float | None]] = {}
    many = len({entry.matrix for _number, errors in view.adapters for entry in errors}) > MOST
    for number, errors in view.adapters:
        for entry in errors:
            layer, matrix = _place(entry.matrix)
            line = found.setdefault((layer, "" if many else matrix), {})
            known = [error for error in (line.get(number), entry.relative) if error is not None]
            line[number] = max(known, default=None)
    return AdaptersRecord(view.rounds_planned, view.combined, tuple((layer, matrix, tuple(sorted(line.items()))) for (layer, matrix), line in sorted(found.items())))


def _place(name: str) -> tuple[int, str]:
    """A matrix's layer, and its own name there."""
    match = _LAYER.match(name)
    return (int(match[1]) + 1, match[2].rpartition(".")[2] if match[2].count(".") < 3 else match[2]) if match else (0, name)


def error_note(view: RunView) -> str:
    """What the lines mean, or why there are none."""
    return _(HIDDEN_NOTE) if view.secure else _(ERROR_NOTE)


def error_about(record: AdaptersRecord) -> str:
    """How adapters are combined, and the largest error of the newest round."""
    title = _(ADAPTERS.get(record.combined).title) if record.combined in ADAPTERS.names() else ""
    last = [error for _layer, _matrix, line in record.lines for _number, error in line[-1:] if error is not None]
    if not last:
        return title
    if max(last) < ROUNDING:
        return _("{way}: exact up to rounding").format(way=title)
    return _("{way}: {error} % at most").format(way=title, error=f"{100 * max(last):.2g}")


def error_spec(record: AdaptersRecord) -> Spec:
    """A line for each matrix (or layer), in per cent, by round."""
    traces, top, reached = [], _LEAST_TOP, 0
    for place, (layer, matrix, line) in enumerate(record.lines):
        values = percents(error for _number, error in line)
        top, reached = max([top, *(value for value in values if value is not None)]), max(reached, line[-1][0])
        name = _("layer {layer}, {matrix}").format(layer=layer, matrix=matrix) if layer and matrix else _("layer {layer}").format(layer=layer) if layer else matrix
        dash = _DASHES[place // len(_COLOURS) % len(_DASHES)]
        traces.append(round_line(figure_text(name, 40), [number for number, _error in line], values, _COLOURS[place % len(_COLOURS)], dash, "%{y:.3~g} %"))
    looks = layout(
        xaxis=round_axis(_("round"), record.rounds_planned, reached), yaxis=value_axis(range=[-0.02 * next_nice(top), next_nice(top)]),
        annotations=[above(_("% of the average product"))], showlegend=True, hovermode="x unified",
    )  # fmt: skip
    return {"data": traces, "layout": looks}


def error_figure(record: AdaptersRecord, dark: bool = False) -> go.Figure:
    """`error_spec` as a figure."""
    return figure(error_spec(record), dark)


@dataclass(frozen=True)
class RanksRecord:
    """Each client's index and name with (round, rank) of the rounds that were aggregated."""

    rounds_planned: int
    lines: tuple[tuple[int, str, tuple[tuple[int, int], ...]], ...]


def ranks_record(view: RunView) -> RanksRecord:
    """The ranks of the rounds so far; no line where clients keep theirs."""
    lines = [(c.info.index, c.info.name, tuple((number, ranks[c.info.index]) for number, ranks in view.ranks)) for c in view.clients] if view.ranks else []
    return RanksRecord(view.rounds_planned, tuple(lines))


def ranks_spec(record: RanksRecord) -> Spec:
    """A step line for each client, in the client's colour."""
    traces, top, reached = [], 1, 0
    for index, name, line in record.lines:
        numbers, ranks = [number for number, _rank in line], [rank for _number, rank in line]
        trace = round_line(figure_text(name), numbers, ranks, client_token(index), client_dash(index), "%{y:d}")
        traces.append(trace | {"line": trace["line"] | {"shape": "hv"}})
        top, reached = max(top, *ranks), max(reached, numbers[-1])
    axis = round_axis(_("round"), record.rounds_planned, reached)
    return {"data": traces, "layout": layout(xaxis=axis, yaxis=value_axis(range=[0, top * 1.05]), annotations=[above(_("rank"))], hovermode="x unified")}


def ranks_figure(record: RanksRecord, dark: bool = False) -> go.Figure:
    """`ranks_spec` as a figure."""
    return figure(ranks_spec(record), dark)

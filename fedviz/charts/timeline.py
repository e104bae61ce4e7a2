"""Who turns up, and when: the newest round in virtual time, and what became of every client in the rounds so far."""

from dataclasses import dataclass

import plotly.graph_objects as go

from fedviz.charts.palette import client_token
from fedviz.charts.safe import figure_text
from fedviz.charts.theme import Spec, axis, figure, layout, named_rows, next_nice, rounded
from fedviz.core.i18n import N_, _
from fedviz.core.types import Lane, Timing
from fedviz.runs.run_view import RunView

TIMELINE_TITLE = N_("The newest round in virtual time")
TIMELINE_NOTE = N_(
    "One lane per client that was asked: thin and pale while it receives the model, wide while it trains, thin and dark while it sends. "
    "Hatched: nothing of it counts, so that it is not trained at all. Virtual time is computed from the devices and links of the configuration; nobody waits for it."
)
TURNOUT_TITLE = N_("Who took part in which round")
TURNOUT_NOTE = N_("Filled: the update counts. An open diamond: the client sent what it had by the deadline. A cross: asked, and nothing of it arrived in time. Empty: not asked.")

FATES = {
    "arrived": N_("arrived"),
    "partial": N_("sent what it had by the deadline"),
    "late": N_("too slow for the deadline"),
    "dropped": N_("left the round"),
    "spare": N_("not needed: enough others were faster"),
}
"""What may become of a client, in words."""
MARKS = {"partial": N_("in part"), "late": N_("late"), "dropped": N_("left"), "spare": N_("spare")}
"""The same as a word beside the lane."""
_SYMBOLS = {"arrived": "square", "partial": "diamond-open", "late": "x-thin-open", "dropped": "x-thin-open", "spare": "x-thin-open"}
_COUNTED = ("arrived", "partial")
UNEVEN = 1.5
"""A round in which the slowest client takes so many times as long as the fastest is worth looking at."""
KEEP = 60
"""So many of the newest rounds are shown."""


@dataclass(frozen=True)
class TimelineRecord:
    """A round: its lanes by client (virtual seconds from its start), the clients' names by index, when it ended, and its deadline (0: none)."""

    round: int
    names: tuple[str, ...]
    lanes: tuple[Lane, ...]
    elapsed_s: float
    deadline_s: float


@dataclass(frozen=True)
class TurnoutRecord:
    """Names by client, and (round, client, fate) of the newest rounds."""

    names: tuple[str, ...]
    rounds: tuple[int, ...]
    cells: tuple[tuple[int, int, str], ...]


def eventful(view: RunView) -> bool:
    """Whether time tells anything: somebody was not asked or did not arrive in one of the newest rounds, or some took much longer than others."""
    return any(_tells(timing, len(view.clients)) for _round, timing in view.timings[-KEEP:])


def _tells(timing: Timing, clients: int) -> bool:
    lanes = timing.lanes
    if len(lanes) < clients or any(lane.fate != "arrived" for lane in lanes):
        return True
    taken = [lane.end_s - lane.start_s for lane in lanes]
    return bool(taken) and max(taken) >= UNEVEN * min(taken)


def timeline_record(view: RunView) -> TimelineRecord:
    """The newest round that has begun."""
    number, timing = view.timings[-1]
    return TimelineRecord(number, tuple(client.info.name for client in view.clients), timing.lanes, timing.elapsed_s, timing.deadline_s)


def turnout_record(view: RunView) -> TurnoutRecord:
    """The newest rounds."""
    rounds = view.timings[-KEEP:]
    cells = tuple((number, lane.client, lane.fate) for number, timing in rounds for lane in timing.lanes)
    return TurnoutRecord(tuple(client.info.name for client in view.clients), tuple(number for number, _timing in rounds), cells)


def timeline_spec(record: TimelineRecord) -> Spec:
    """A row per client that was asked; three bars each, and a word where it did not arrive whole. Upright lines: the deadline (dashed) and the end of the round."""
    lanes, count = record.lanes, max(len(record.lanes), 1)
    first = min((lane.start_s for lane in lanes), default=0.0)
    last = max([record.elapsed_s, *(lane.end_s for lane in lanes)])
    end = next_nice(max(last, record.deadline_s if record.deadline_s < 2 * last else 0.0) * 1.12)
    names = [record.names[lane.client] if lane.client < len(record.names) else f"{lane.client}" for lane in lanes]
    rows = named_rows(names, range(len(lanes)))
    rows["yaxis"] |= {"range": [count - 0.4, -0.6], "showline": False}
    lines = [(record.elapsed_s, _("end of the round"), "solid")]
    if 0 < record.deadline_s <= end and record.deadline_s != record.elapsed_s:
        lines.append((record.deadline_s, _("deadline"), "dash"))
    elif record.deadline_s and record.deadline_s == record.elapsed_s:
        lines = [(record.deadline_s, _("deadline"), "dash")]
    return {
        "data": [
            _bars(_("receives"), lanes, [lane.start_s for lane in lanes], [lane.down_s for lane in lanes], 0.3, "@soft"),
            _bars(_("trains"), lanes, [lane.start_s + lane.down_s for lane in lanes], [lane.train_s for lane in lanes], 0.72, ""),
            _bars(_("sends"), lanes, [lane.end_s - lane.up_s for lane in lanes], [lane.up_s for lane in lanes], 0.3, "@text"),
            _words(lanes),
        ],
        "layout": layout(
            height=110 + 26 * count,
            barmode="overlay",
            bargap=0.28,
            xaxis=axis(_("virtual seconds since round {round} began").format(round=record.round), range=[min(first * 1.05, 0.0), end], showgrid=True, ticks="outside", ticklen=4, nticks=8),
            shapes=[{"type": "line", "yref": "paper", "y0": 0, "y1": 1, "x0": x, "x1": x, "line": {"color": "@text", "width": 1.5, "dash": dash}} for x, _word, dash in lines],
            annotations=[
                {"text": word, "x": x, "y": 1, "yref": "paper", "yanchor": "bottom", "xanchor": "right" if x > 0.8 * end else "center", "showarrow": False, "font": {"color": "@muted"}}
                for x, word, _dash in lines
            ],
            **rows,
        ),
    }


def _bars(what: str, lanes: tuple[Lane, ...], starts: list[float], lengths: list[float], width: float, color: str) -> dict[str, object]:
    told = _("{what} for {seconds} virtual seconds").format(what=what, seconds="%{x:.3~g}")
    return {
        "type": "bar",
        "orientation": "h",
        "name": what,
        "y": list(range(len(lanes))),
        "base": rounded(starts),
        "x": rounded(lengths),
        "width": width,
        "marker": {
            "color": [color or client_token(lane.client) for lane in lanes],
            "opacity": [1.0 if lane.fate in _COUNTED else 0.45 for lane in lanes],
            "line": {"width": 0},
            "pattern": {"shape": ["" if lane.fate in _COUNTED else "/" for lane in lanes], "fillmode": "overlay", "size": 6, "solidity": 0.35, "fgcolor": "@page"},
        },
        "hovertext": [_fate(lane) for lane in lanes],
        "hovertemplate": told + "<br>%{hovertext}<extra></extra>",
    }


def _fate(lane: Lane) -> str:
    """What became of a client, in words for a figure."""
    word = figure_text(_(FATES[lane.fate]))
    return f"{word} ({100 * lane.share:.0f} %)" if lane.fate == "partial" else word


def _words(lanes: tuple[Lane, ...]) -> dict[str, object]:
    told = [(row, lane) for row, lane in enumerate(lanes) if lane.fate in MARKS]
    return {
        "type": "scatter",
        "mode": "text",
        "x": rounded(lane.end_s for _row, lane in told),
        "y": [row for row, _lane in told],
        "text": [" " + _(MARKS[lane.fate]) for _row, lane in told],
        "textposition": "middle right",
        "textfont": {"color": "@text", "size": 12},
        "hoverinfo": "skip",
        "cliponaxis": False,
    }


def turnout_spec(record: TurnoutRecord) -> Spec:
    """A grid of rounds and clients with a mark for each client that was asked."""
    count = max(len(record.names), 1)
    rows = named_rows(record.names, range(len(record.names)))
    rows["yaxis"] |= {"range": [count - 0.4, -0.6], "showline": False}
    told = _("round {round}: {fate}").format(round="%{x}", fate="%{hovertext}")
    first, last = (record.rounds[0], record.rounds[-1]) if record.rounds else (1, 1)
    return {
        "data": [
            {
                "type": "scatter",
                "mode": "markers",
                "x": [number for number, _client, _fate in record.cells],
                "y": [client for _number, client, _fate in record.cells],
                "hovertext": [figure_text(_(FATES[fate])) for _number, _client, fate in record.cells],
                "hovertemplate": told + "<extra></extra>",
                "marker": {
                    "symbol": [_SYMBOLS[fate] for _number, _client, fate in record.cells],
                    "color": [client_token(client) if fate in _COUNTED else "@failed" for _number, client, fate in record.cells],
                    "size": 9,
                    "line": {"width": 2, "color": [client_token(client) if fate in _COUNTED else "@failed" for _number, client, fate in record.cells]},
                },
            }
        ],
        "layout": layout(
            height=92 + 22 * count, xaxis=axis(_("round"), range=[first - 0.7, max(last, first + 9) + 0.7], ticks="outside", ticklen=4, tickformat="d", nticks=10), **rows
        ),
    }


def timeline_figure(record: TimelineRecord, dark: bool = False) -> go.Figure:
    """`timeline_spec` as a figure."""
    return figure(timeline_spec(record), dark)


def turnout_figure(record: TurnoutRecord, dark: bool = False) -> go.Figure:
    """`turnout_spec` as a figure."""
    return figure(turnout_spec(record), dark)

"""A lane per client over time: idle, training, sending, evaluating, failed."""

import math
from dataclasses import dataclass
from functools import lru_cache

import plotly.graph_objects as go

from fedviz.charts.palette import client_token
from fedviz.charts.safe import figure_text
from fedviz.charts.theme import Spec, axis, figure, layout, named_rows, next_nice
from fedviz.core.i18n import N_, _
from fedviz.runs.client_view import ClientState, ClientView, Span
from fedviz.runs.folder import LIVE
from fedviz.runs.run_view import RunView

LANES_TITLE = N_("Who works when")
LANES_NOTE = N_(
    "One lane per client, from left to right in time. A client receives the global model, trains on its own texts and sends its update; "
    "after the server has averaged, it tests the new model. In one process as many clients work at a time as there are cores."
)

STATES: dict[ClientState, str] = {"training": N_("training"), "sending": N_("sending"), "evaluating": N_("evaluating"), "failed": N_("failed")}
"""States that are drawn, with their words; an idle or absent client's lane is empty."""

_LOOKS = {"training": (0.72, 1.0, ""), "sending": (0.3, 1.0, ""), "evaluating": (0.72, 0.4, ""), "failed": (0.72, 1.0, "/")}
"""State -> width of the bar in lanes, opacity, hatching."""

_FIXED = {"failed": "@failed", "sending": "@text"}
"""State -> colour token, where it is not the client's own."""

SHORTEST_S = 5.0
"""The axis of a run that goes on is at least so long."""

KEEP = 1000
"""So many of the latest bars are always shown; older ones are dropped in blocks of this size."""


@dataclass(frozen=True)
class Bar:
    """One bar of a lane: seconds of work since the run started, pauses left out. `reason` says why a client failed."""

    client: int
    state: ClientState
    round: int
    start_s: float
    end_s: float
    reason: str = ""


_OUT_OF_SIGHT = Bar(-9, "training", 0, 0.0, 0.0)
"""The first bar of those that grow, above the chart: so there is always one that the page can copy."""


@dataclass(frozen=True)
class LanesRecord:
    """The lanes: names by client, bars that are complete, bars that still grow, the present moment and the axis' end (seconds since the start)."""

    names: tuple[str, ...]
    bars: tuple[Bar, ...]
    growing: tuple[Bar, ...]
    now_s: float
    end_s: float


def lanes_record(view: RunView) -> LanesRecord:
    """What every client has done and does, bars in the order in which they ended."""
    bars = [_bar(client.info.index, span, _reason(client, span.state, span.round), view.started_at, view.breaks) for client in view.clients for span in client.spans]
    bars.sort(key=lambda bar: (bar.end_s, bar.client))
    drop = max(len(bars) - KEEP, 0) // KEEP * KEEP
    now = now_s(view)
    growing = tuple(
        Bar(client.info.index, client.state, view.round, view.worked_s(client.since), max(now, view.worked_s(client.since)), _reason(client, client.state, view.round))
        for client in view.clients
        if client.state in STATES
    )
    return LanesRecord(tuple(client.info.name for client in view.clients), tuple(bars[drop:]), growing, now, _end_s(now, view.status))


@lru_cache(maxsize=8192)
def _bar(client: int, span: Span, reason: str, started_at: float | None, breaks: tuple[tuple[float, float], ...]) -> Bar:
    """A time that is over, as a bar. Remembered, since a picture is made several times a second and most of its bars are old."""
    worked_s = RunView(started_at=started_at, breaks=breaks).worked_s
    return Bar(client, span.state, span.round, worked_s(span.started_at), worked_s(span.ended_at), reason)


def now_s(view: RunView) -> float:
    """The present moment of the lanes, in half seconds since the start: bars that grow need no finer steps, and drawing them costs."""
    return math.floor(2 * view.worked_s(view.last_at)) / 2 if view.clients else 0.0


def _end_s(now: float, status: str) -> float:
    """Where the axis ends: in doublings while the run goes on, since every new axis is a redraw, which a training beside it feels."""
    if status in LIVE:
        return SHORTEST_S * 2.0 ** max(math.ceil(math.log2(max(now * 1.02, SHORTEST_S) / SHORTEST_S)), 0)
    return max(next_nice(now * 1.02), 1.0)


def _reason(client: ClientView, state: ClientState, number: int) -> str:
    return next((why for when, why in reversed(client.failures) if when == number), "") if state == "failed" else ""


def lanes_spec(record: LanesRecord) -> Spec:
    """A strip of horizontal bars, one row per client; the complete bars of each state, the growing ones, and a legend in neutral colour."""
    count = max(len(record.names), 1)
    traces = [_trace(state, tuple(bar for bar in record.bars if bar.state == state)) for state in STATES]
    growing = [_trace(state, (_OUT_OF_SIGHT, *(bar for bar in record.growing if bar.state == state))) | {"meta": {"grows": True}} for state in STATES]
    legend = [_trace(state, ()) | {"name": _(word), "showlegend": True, "x": [None], "y": [0], "base": [0]} for state, word in STATES.items()]
    for state, trace in zip(STATES, legend, strict=True):
        trace["opacity"] = _LOOKS[state][1]
        trace["marker"] = trace["marker"] | {"color": _FIXED.get(state, "@muted")}
    rows = named_rows(record.names, range(len(record.names)))
    rows["yaxis"] |= {"range": [count - 0.4, -0.6], "showline": False}
    return {
        "data": [*traces, *growing, *legend],
        "layout": layout(
            height=92 + 26 * count,
            barmode="overlay",
            bargap=0.28,
            showlegend=True,
            xaxis=axis(_("seconds since the start"), range=[0, record.end_s], showgrid=True, ticks="outside", ticklen=4, nticks=8),
            **rows,
        ),
    }


def _trace(state: ClientState, bars: tuple[Bar, ...]) -> dict[str, object]:
    width, opacity, hatch = _LOOKS[state]
    told = _("round {round}: {state}, {seconds} s").format(round="%{customdata}", state=_(STATES[state]), seconds="%{x:.2f}")
    failed = {"hovertext": [f"<br>{figure_text(bar.reason, 120)}" if bar.reason else "" for bar in bars]} if state == "failed" else {}
    return {
        "type": "bar",
        "orientation": "h",
        "y": [bar.client for bar in bars],
        "base": [round(bar.start_s, 3) for bar in bars],
        "x": [round(max(bar.end_s - bar.start_s, 0.004), 3) for bar in bars],
        "width": width,
        "marker": {
            "color": [_FIXED.get(state) or client_token(bar.client) for bar in bars],
            "opacity": opacity,
            "line": {"width": 0},
            "pattern": {"shape": hatch, "fillmode": "overlay", "size": 6, "solidity": 0.35, "fgcolor": "@page"},
        },
        "customdata": [bar.round for bar in bars],
        "hovertemplate": told + ("%{hovertext}" if failed else "") + "<extra></extra>",
        "showlegend": False,
    } | failed


def lanes_figure(record: LanesRecord, dark: bool = False) -> go.Figure:
    """`lanes_spec` as a figure."""
    return figure(lanes_spec(record), dark)

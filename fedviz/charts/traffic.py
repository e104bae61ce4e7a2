"""Bytes up and down, summed over the rounds so far."""

from dataclasses import dataclass
from itertools import accumulate

import plotly.graph_objects as go

from fedviz.charts.theme import Spec, above, figure, layout, next_nice, round_axis, rounded, value_axis
from fedviz.core.i18n import N_, _
from fedviz.runs.run_view import RunView

TRAFFIC_TITLE = N_("Bytes on the network")
TRAFFIC_NOTE = N_(
    "What has crossed the network in complete rounds, and no text is among it: the global model goes down to the clients, their updates and "
    "counts come back up. The sum above also counts the test before the first round."
)

UNITS = (("GB", 1e9), ("MB", 1e6), ("kB", 1e3))


@dataclass(frozen=True)
class TrafficRecord:
    """Bytes summed up to and including each round, received (down) and sent (up) by all clients together."""

    rounds_planned: int
    expected_bytes: float
    rounds: tuple[int, ...]
    received_bytes: tuple[int, ...]
    sent_bytes: tuple[int, ...]


def traffic_record(view: RunView) -> TrafficRecord:
    """Bytes of the complete rounds."""
    return TrafficRecord(
        view.rounds_planned,
        float(3 * view.message_bytes * len(view.clients) * view.rounds_planned),
        tuple(ended.round for ended in view.rounds),
        tuple(accumulate(ended.received_bytes for ended in view.rounds)),
        tuple(accumulate(ended.sent_bytes for ended in view.rounds)),
    )


def unit(number_bytes: float) -> tuple[str, float]:
    """The unit in which so many bytes are read best, and its size in bytes."""
    return next(((name, size) for name, size in UNITS if number_bytes >= size), UNITS[-1])


def in_words(number_bytes: float) -> str:
    """A number of bytes with its unit, three digits, say `12.4 MB`."""
    name, size = unit(number_bytes)
    value = number_bytes / size
    return f"{value:.0f} {name}" if value >= 100 else f"{value:.1f} {name}"


def traffic_spec(record: TrafficRecord) -> Spec:
    """Two stacked areas over the rounds; their upper edge is the sum."""
    total = (record.received_bytes[-1] + record.sent_bytes[-1]) if record.rounds else 0
    name, size = unit(max(record.expected_bytes, total))
    x = [0, *record.rounds]
    traces = [
        _area(_("down, to the clients"), x, [0.0, *record.received_bytes], size, name, "@soft"),
        _area(_("up, to the server"), x, [0.0, *record.sent_bytes], size, name, "@accent"),
    ]
    reached = record.rounds[-1] if record.rounds else 0
    top = next_nice(max(total / size * 1.02, 1e-9)) if total else 1.0
    return {
        "data": traces,
        "layout": layout(
            xaxis=round_axis(_("round"), record.rounds_planned, reached),
            yaxis=value_axis(range=[0, top]),
            annotations=[above(name)],
            showlegend=True,
            hovermode="x unified",
        ),
    }


def _area(name: str, x: list[int], values: list[float], size: float, unit_name: str, color: str) -> dict[str, object]:
    return {
        "type": "scatter",
        "mode": "lines",
        "name": name,
        "x": x,
        "y": rounded(value / size for value in values),
        "stackgroup": "bytes",
        "line": {"color": color, "width": 1.5},
        "fillcolor": color,
        "hovertemplate": "%{y:.3~g} " + unit_name,
    }


def traffic_figure(record: TrafficRecord, dark: bool = False) -> go.Figure:
    """`traffic_spec` as a figure."""
    return figure(traffic_spec(record), dark)

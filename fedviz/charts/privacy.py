"""What a run has spent of every client's privacy, and how clipping treats the updates."""

from dataclasses import dataclass

import plotly.graph_objects as go

from fedviz.charts.theme import Spec, above, figure, layout, next_nice, round_axis, rounded, value_axis
from fedviz.core.i18n import N_, _
from fedviz.runs.run_view import RunView

SPENT_TITLE = N_("Privacy spent")
SPENT_NOTE = N_(
    "How much the global models so far can tell about any one client, at most (epsilon; lower is better, above 10 it means little). Both lines are upper "
    "bounds, and the lower one holds: RDP counts that only some clients are drawn, if nobody learns who; PLD is exact for clients that always take part. "
    "The promise is for those who see the global models alone: losses, scores and single clients on this page are shown without noise."
)
CLIPPED_TITLE = N_("Updates that were shortened")
CLIPPED_NOTE = N_(
    "Share of the clients whose update was longer than the clip norm. If all are shortened, the model learns slowly; if none is, there is more noise than needed."
)


@dataclass(frozen=True)
class PrivacyRecord:
    """By round: epsilon at `delta` by two accountants (None without noise), share of shortened updates in [0, 1], clip norm, and noise on each weight of the mean."""

    rounds_planned: int
    delta: float
    rounds: tuple[int, ...]
    rdp: tuple[float | None, ...]
    pld: tuple[float | None, ...]
    clipped: tuple[float, ...]
    clip_norm: tuple[float, ...]
    noise: tuple[float, ...]


def privacy_record(view: RunView) -> PrivacyRecord:
    """What the aggregated rounds said."""
    entries = [entry for _number, entry in view.privacy]
    columns = {name: tuple(getattr(entry, name) for entry in entries) for name in ("rdp", "pld", "clipped", "clip_norm", "noise")}
    return PrivacyRecord(view.rounds_planned, entries[-1].delta if entries else 0.0, tuple(number for number, _entry in view.privacy), **columns)


def spent_spec(record: PrivacyRecord) -> Spec:
    """Both bounds of epsilon by round; nothing is spent before the first."""
    values = [value for value in rounded((*record.rdp, *record.pld)) if value is not None]
    top = next_nice(max(values, default=1.0) * 1.02)
    x = [0, *record.rounds]
    return {
        "data": [
            _line(_("PLD"), x, [0.0, *rounded(record.pld)], "@accent", "solid", "%{y:.3~g}"),
            _line(_("RDP"), x, [0.0, *rounded(record.rdp)], "@accent", "dot", "%{y:.3~g}"),
        ],
        "layout": layout(
            xaxis=_rounds(record),
            yaxis=value_axis(range=[0, top]),
            annotations=[above(_("epsilon at delta {delta}").format(delta=f"{record.delta:g}"))],
            showlegend=True,
            hovermode="x unified",
        ),
    }


def clipped_spec(record: PrivacyRecord) -> Spec:
    """Share of shortened updates in per cent by round; the clip norm and the noise are told on hovering."""
    told = _("clip norm {norm}, noise {noise} on each weight")
    norms = [told.format(norm=f"{norm:.3g}", noise=f"{noise:.3g}") for norm, noise in zip(record.clip_norm, record.noise, strict=True)]
    shares = _line(_("shortened"), list(record.rounds), rounded(100 * share for share in record.clipped), "@accent", "solid", "%{y:.0f} %, %{hovertext}")
    return {
        "data": [shares | {"hovertext": norms}],
        "layout": layout(xaxis=_rounds(record), yaxis=value_axis(range=[-2, 102], dtick=25, tick0=0), annotations=[above("%")], hovermode="x unified"),
    }


def spent_figure(record: PrivacyRecord, dark: bool = False) -> go.Figure:
    """`spent_spec` as a figure."""
    return figure(spent_spec(record), dark)


def clipped_figure(record: PrivacyRecord, dark: bool = False) -> go.Figure:
    """`clipped_spec` as a figure."""
    return figure(clipped_spec(record), dark)


def _rounds(record: PrivacyRecord) -> dict[str, object]:
    return round_axis(_("round"), record.rounds_planned, record.rounds[-1] if record.rounds else 0)


def _line(name: str, x: list[int], y: list[float | None], color: str, dash: str, hover: str) -> dict[str, object]:
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "name": name,
        "x": x,
        "y": y,
        "line": {"color": color, "width": 3 if dash == "solid" else 2, "dash": dash},
        "marker": {"color": color, "size": 7 if dash == "solid" else 5},
        "hovertemplate": hover,
    }

"""What a run has spent of every client's privacy, and how clipping treats the updates."""

from dataclasses import dataclass

import plotly.graph_objects as go

from fedviz.charts.safe import figure_text
from fedviz.charts.theme import Spec, above, axis, figure, layout, named_rows, next_nice, percents, round_axis, round_line, rounded, value_axis
from fedviz.core.i18n import N_, _
from fedviz.core.registry import PRIVACY
from fedviz.runs.run_view import RunView

SPENT_TITLE = N_("Privacy spent")
SPENT_NOTE = N_(
    "Epsilon: lower is better, above 10 it means little. {promise} Both lines are upper bounds, and the lower one holds. {bounds} "
    "Losses, scores, training steps and single clients on this page are shown without noise, and so is the comparison after the last round, which trains without privacy."
)
BOUNDS = {
    "central": N_("RDP counts that only some clients are drawn, if nobody learns who; PLD is exact for clients that always take part. The promise is for those who see the global models alone."),
    "local": N_("A client is taken for drawn in every round, since the server knows who was: PLD is then exact, RDP a little above. Attackers add no noise."),
    "example": N_("Each client spends its own, those with few texts most, and a client is taken for drawn in every round. Both count that every text is in a batch by chance. How many texts a client holds is public."),
}
"""What the accounts of a mechanism count, and for whom the promise is."""
BY_CLIENT_TITLE = N_("Privacy spent by client")
BY_CLIENT_NOTE = N_("A text is more often in a batch where there are few of them: the small clients pay most. The bound is RDP's, and a client is taken for drawn in every round.")
CLIPPED_TITLE = N_("Updates that were shortened")
CLIPPED_NOTE = N_(
    "Share of the clients whose update was longer than the clip norm. If all are shortened, the model learns slowly; if none is, there is more noise than needed."
)


@dataclass(frozen=True)
class PrivacyRecord:
    """By round: epsilon at `delta` by two accountants (None without noise), share of shortened updates in [0, 1] (None where only clients know), clip norm, and noise on
    each weight of the mean. `clients`: name and epsilon of each client after the last round, the largest first, where they differ."""

    rounds_planned: int
    delta: float
    rounds: tuple[int, ...]
    rdp: tuple[float | None, ...]
    pld: tuple[float | None, ...]
    clipped: tuple[float | None, ...]
    clip_norm: tuple[float, ...]
    noise: tuple[float, ...]
    clients: tuple[tuple[str, float], ...] = ()


def privacy_record(view: RunView) -> PrivacyRecord:
    """What the aggregated rounds said."""
    entries = [entry for _number, entry in view.privacy]
    columns = {name: tuple(getattr(entry, name) for entry in entries) for name in ("rdp", "pld", "clipped", "clip_norm", "noise")}
    names = {client.info.index: client.info.name for client in view.clients}
    spent = sorted(((names.get(k, str(k)), epsilon) for k, epsilon in enumerate(entries[-1].clients if entries else ())), key=lambda pair: -pair[1])
    return PrivacyRecord(view.rounds_planned, entries[-1].delta if entries else 0.0, tuple(number for number, _entry in view.privacy), **columns, clients=tuple(spent))


def spent_note(view: RunView) -> str:
    """What epsilon means here: of whom it speaks to whom, by the mechanism of the run."""
    mechanism = view.privacy[-1][1].mechanism
    return _(SPENT_NOTE).format(promise=_(PRIVACY.get(mechanism).promise), bounds=_(BOUNDS[mechanism]))


def spent_spec(record: PrivacyRecord) -> Spec:
    """Both bounds of epsilon by round; nothing is spent before the first."""
    bounds = [(title, values, dash) for title, values, dash in ((_("PLD"), record.pld, "solid"), (_("RDP"), record.rdp, "dot")) if any(v is not None for v in values)]
    values = [value for value in rounded((*record.rdp, *record.pld)) if value is not None]
    top = next_nice(max(values, default=1.0) * 1.02)
    x = [0, *record.rounds]
    return {
        "data": [
            round_line(title, x, [0.0, *rounded(values)], "@accent", dash, "%{y:.3~g}")
            for title, values, dash in bounds
        ],
        "layout": layout(
            xaxis=_rounds(record),
            yaxis=value_axis(range=[0, top]),
            annotations=[above(_("epsilon at delta {delta}").format(delta=f"{record.delta:g}"))],
            showlegend=True,
            hovermode="x unified",
        ),
    }


def by_client_spec(record: PrivacyRecord) -> Spec:
    """Level bars: each client's epsilon by RDP so far."""
    places = list(range(len(record.clients)))
    bars = {"type": "bar", "orientation": "h", "y": places, "x": rounded(epsilon for _name, epsilon in record.clients), "marker": {"color": "@accent"}, "hovertemplate": "%{x:.3~g}"}
    rows = named_rows([figure_text(name, 24) for name, _epsilon in record.clients], places)
    rows["yaxis"] |= {"range": [len(places) - 0.4, -0.6]}
    title = _("epsilon at delta {delta}").format(delta=f"{record.delta:g}")
    return {"data": [bars], "layout": layout(xaxis=axis(title, rangemode="tozero", showgrid=True, fixedrange=True), height=max(200, 70 + 22 * len(places)), **rows)}


def clipped_spec(record: PrivacyRecord) -> Spec:
    """Share of shortened updates in per cent by round; the clip norm and the noise are told on hovering."""
    told = _("clip norm {norm}, noise {noise} on each weight")
    norms = [told.format(norm=f"{norm:.3g}", noise=f"{noise:.3g}") for norm, noise in zip(record.clip_norm, record.noise, strict=True)]
    shares = round_line(_("shortened"), list(record.rounds), percents(record.clipped), "@accent", "solid", "%{y:.0f} %, %{hovertext}")
    return {
        "data": [shares | {"hovertext": norms}],
        "layout": layout(xaxis=_rounds(record), yaxis=value_axis(range=[-2, 102], dtick=25, tick0=0), annotations=[above("%")], hovermode="x unified"),
    }


def spent_figure(record: PrivacyRecord, dark: bool = False) -> go.Figure:
    """`spent_spec` as a figure."""
    return figure(spent_spec(record), dark)


def by_client_figure(record: PrivacyRecord, dark: bool = False) -> go.Figure:
    """`by_client_spec` as a figure."""
    return figure(by_client_spec(record), dark)


def clipped_figure(record: PrivacyRecord, dark: bool = False) -> go.Figure:
    """`clipped_spec` as a figure."""
    return figure(clipped_spec(record), dark)


def _rounds(record: PrivacyRecord) -> dict[str, object]:
    return round_axis(_("round"), record.rounds_planned, record.rounds[-1] if record.rounds else 0)

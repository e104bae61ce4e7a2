"""Who is like whom: which of several models each client took in each round, where clients choose among clusters."""

from dataclasses import dataclass

import plotly.graph_objects as go

from fedviz.charts.theme import Spec, figure, layout, named_rows, round_axis
from fedviz.core.i18n import N_, _
from fedviz.runs.run_view import RunView

CLUSTERS_TITLE = N_("The cluster that each client chose")
CLUSTERS_NOTE = N_(
    "One row a client, one mark a round in which it trained; the letter and the colour say which cluster's model fitted its training texts best. Rows of the same "
    "letters belong to clients that are alike. One letter everywhere means that one start was better for all, and that there is one model in fact. "
    "The letters mean nothing beyond this run."
)
_COLOURS = ("@positive", "@negative", "@muted", "@accent", "@alone")
_SYMBOLS = ("square", "circle")
_ROW = 30
_LETTERED = 25
"""Up to so many rounds the marks are wide enough for a letter."""


@dataclass(frozen=True)
class ClustersRecord:
    """Names of the clients, and who chose what, as (round, client, cluster)."""

    rounds_planned: int
    names: tuple[str, ...]
    chosen: tuple[tuple[int, int, int], ...]


def clusters_record(view: RunView) -> ClustersRecord:
    """The choices so far."""
    chosen = tuple((number, client, cluster) for number, some in view.clusters for client, cluster in some)
    return ClustersRecord(view.rounds_planned, tuple(client.info.name for client in view.clients), chosen)


def letter(cluster: int) -> str:
    """The name of a cluster: A, B, C and on."""
    return chr(ord("A") + cluster % 26)


def clusters_spec(record: ClustersRecord) -> Spec:
    """Clients from top to bottom, rounds from left to right; one trace a cluster that somebody chose."""
    told = _("round {x}: cluster {cluster}")
    lettered = record.rounds_planned <= _LETTERED
    marks = []
    for cluster in sorted({cluster for _number, _client, cluster in record.chosen}):
        own = [(number, client) for number, client, which in record.chosen if which == cluster]
        colour = _COLOURS[cluster % len(_COLOURS)]
        marks.append({
            "type": "scatter", "mode": "markers+text" if lettered else "markers", "name": _("cluster {cluster}").format(cluster=letter(cluster)),
            "x": [number for number, _client in own], "y": [client for _number, client in own], "text": [letter(cluster)] * len(own),
            "textfont": {"size": 11, "color": "@page"}, "marker": {"symbol": _SYMBOLS[cluster // len(_COLOURS) % len(_SYMBOLS)], "size": 17 if lettered else 8, "color": colour},
            "hovertemplate": told.format(x="%{x}", cluster=letter(cluster)) + "<extra></extra>",
        })  # fmt: skip
    rows = named_rows(record.names, list(range(len(record.names))))
    rows["yaxis"] |= {"range": [len(record.names) - 0.5, -0.5]}
    reached = record.chosen[-1][0] if record.chosen else 0
    looks = layout(height=90 + _ROW * len(record.names), showlegend=True, xaxis=round_axis(_("round"), record.rounds_planned, reached), **rows)
    return {"data": marks, "layout": looks}


def clusters_figure(record: ClustersRecord, dark: bool = False) -> go.Figure:
    """`clusters_spec` as a figure."""
    return figure(clusters_spec(record), dark)

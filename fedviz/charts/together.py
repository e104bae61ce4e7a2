"""What became of each party's triples, and the fused graph as a picture whose edges have their parties' colours."""

from collections import Counter
from dataclasses import dataclass

from fedviz.charts.graph_places import places
from fedviz.charts.graph_scope import overview
from fedviz.charts.graph_view import GraphEdge, GraphRecord, graph_record
from fedviz.charts.safe import figure_text
from fedviz.charts.theme import Spec, layout
from fedviz.core.i18n import N_, _
from fedviz.core.types import Triple
from fedviz.kg.graph import Entity, KnowledgeGraph
from fedviz.runs.together import FusedRow, Story

FATES = {
    "released": N_("released"),
    "refused": N_("no consent"),
    "bounded": N_("more than one unit may add"),
    "few": N_("too few parties hold it"),
    "noise": N_("noisy count below the threshold"),
}
"""Fate of a triple -> the words for it."""
_COLOURS = {"released": "@positive", "refused": "@negative", "bounded": "@against", "few": "@alone", "noise": "@soft"}
SHOWN = 120
"""Most entities in the picture; the table has all triples."""


@dataclass(frozen=True)
class FatesRecord:
    """Names of the parties, as figure text, and for each fate that occurs the count of each party."""

    parties: tuple[str, ...]
    counts: dict[str, tuple[int, ...]]


def fates_record(story: Story) -> FatesRecord:
    """The counts of a story."""
    found = [party.fates for party in story.parties]
    counts = {fate: tuple(some.get(fate, 0) for some in found) for fate in FATES}
    return FatesRecord(tuple(figure_text(party.name, 28) for party in story.parties), {fate: row for fate, row in counts.items() if any(row)})


def fates_spec(record: FatesRecord) -> Spec:
    """One bar a party, as long as its graph has triples, in pieces by fate."""
    bars = [
        {
            "type": "bar", "orientation": "h", "name": _(FATES[fate]), "y": list(record.parties), "x": list(row), "marker": {"color": _COLOURS[fate]},
            "hovertemplate": f"%{{y}}: %{{x}} {figure_text(_(FATES[fate]))}<extra></extra>",
        }
        for fate, row in record.counts.items()
    ]  # fmt: skip
    shape = layout(barmode="stack", height=90 + 30 * len(record.parties), showlegend=True, bargap=0.25)
    shape["legend"] = shape["legend"] | {"x": 0, "xanchor": "left"}
    shape["xaxis"] = {"title": {"text": _("triples")}, "gridcolor": "@grid", "zeroline": False}
    shape["yaxis"] = {"autorange": "reversed", "automargin": True}
    return {"data": bars, "layout": shape}


def fused_picture(story: Story) -> tuple[KnowledgeGraph, GraphRecord]:
    """The fused graph, and the picture of its entities that most triples name. A triple has a line in the colour of each party that holds it."""
    rows = {Triple(row.head, row.relation, row.tail): row for row in story.fused}
    names = {key: name for row in story.fused for key, name in ((row.head, row.head_name), (row.tail, row.tail_name))}
    graph = KnowledgeGraph(story.title, story.id, {key: Entity(key, name) for key, name in names.items()}, tuple(rows))
    degree = Counter(end for triple in rows for end in (triple.head, triple.tail))
    part = overview(graph, degree, SHOWN)
    record = graph_record(graph, part, places(part))
    called = {party.client: party.name for party in story.parties}
    edges = tuple(GraphEdge(edge.triple, parties=rows[edge.triple].parties, note=_note(rows[edge.triple], called)) for edge in record.edges)
    return graph, GraphRecord(record.nodes, edges, record.kinds, record.truncated)


def _note(row: FusedRow, called: dict[int, str]) -> str:
    words = ", ".join(called[party] for party in row.parties) or _("noisy count {count}").format(count=row.count)
    return f"{words} ({_('disputed')})" if row.disputed else words

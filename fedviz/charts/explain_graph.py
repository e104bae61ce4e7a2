"""The triples of one prediction as a picture: coloured and weighted by their signed influence on a class."""

from fedviz.charts import graph_scope
from fedviz.charts.contrast import Contrast
from fedviz.charts.graph_kinds import kinds
from fedviz.charts.graph_places import places
from fedviz.charts.graph_view import MAX_NODES, GraphEdge, GraphNode, GraphRecord
from fedviz.charts.safe import line
from fedviz.core.types import Triple
from fedviz.explain.records import Edits, Explanation
from fedviz.kg.graph import KnowledgeGraph
from fedviz.kg.subgraph import Subgraph

FAINT = 0.05
"""Paths of several steps below this share of the greatest influence are not drawn (the table has them)."""


def explain_record(graph: KnowledgeGraph, plain: Explanation, edited: Explanation, contrast: Contrast, edits: Edits) -> GraphRecord:
    """The linked entities (ringed), all that their triples reach, and the influence of each triple on a score after edits.

    `plain` is the prediction before `edits` and decides which nodes there are and where they lie, so that an edit moves nothing;
    nodes that an added triple reaches join the others.
    """
    ends = [end for c in plain.contributions for end in c.triple[::2]]
    seeds = tuple(dict.fromkeys(mention.entity for mention in plain.mentions))
    known = tuple(dict.fromkeys((*seeds, *ends)))[:MAX_NODES]
    before = places(graph_scope.subgraph(graph, known))
    joined = tuple(dict.fromkeys((*known, *(end for c in edited.contributions for end in c.triple[::2]), *(end for t in edits.added for end in t[::2]))))
    inside = graph_scope.subgraph(graph, joined[:MAX_NODES])
    spots = places(inside, before) if known else places(inside)
    of = kinds(graph)
    nodes = tuple(GraphNode(node, line(graph.entity(node).name, 200), of.of(node), *spots[node], seed=node in seeds) for node in inside.nodes)
    return GraphRecord(nodes, _edges(inside, edited, contrast, edits), of.names, len(joined) > MAX_NODES)


def hidden(record: GraphRecord, edited: Explanation) -> int:
    """How many triples of the prediction are too faint to be drawn."""
    drawn = {edge.triple for edge in record.edges}
    return sum(c.triple not in drawn for c in edited.contributions)


def _edges(inside: Subgraph, edited: Explanation, contrast: Contrast, edits: Edits) -> tuple[GraphEdge, ...]:
    own = {c.triple: c for c in edited.contributions}
    greatest = max((abs(contrast.of(c.values)) for c in edited.contributions), default=0.0)

    def edge(triple: Triple) -> GraphEdge:
        c = own[triple]
        return GraphEdge(triple, contrast.of(c.values), c.scale == 0, c.added)

    edges = [edge(triple) if triple in own else GraphEdge(triple) for triple in inside.triples]
    drawn = set(inside.triples)
    nodes = set(inside.nodes)
    for triple, c in own.items():
        if triple in drawn or not nodes.issuperset(triple[::2]):
            continue
        if c.scale != 1 or c.added or abs(contrast.of(c.values)) >= FAINT * greatest > 0:
            edges.append(edge(triple))
            drawn.add(triple)
    edges += [GraphEdge(triple, None, added=True) for triple in edits.added if triple not in drawn]
    return tuple(edges)


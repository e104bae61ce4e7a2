"""Statements as a picture: the answer of a query, paths, or a proof in which the conclusion stands out."""

from collections.abc import Collection, Mapping, Sequence

from fedviz.charts.graph_places import places
from fedviz.charts.graph_view import GraphEdge, GraphNode, GraphRecord
from fedviz.charts.safe import line
from fedviz.core.i18n import N_
from fedviz.core.types import Triple
from fedviz.kg.subgraph import Subgraph

MAX_STATEMENTS = 400
"""More than this is a table, no picture."""
KINDS = (N_("thing"), N_("value"))


def statement_record(
    triples: Sequence[Triple], names: Mapping[str, str], values: Collection[str] = (), ringed: Collection[str] = (), concluded: Collection[Triple] = ()
) -> GraphRecord:
    """The picture of triples whose ends are terms; `names` calls them, `values` are those that are texts, `concluded` triples follow from the others."""
    kept = tuple(dict.fromkeys(triples))[:MAX_STATEMENTS]
    nodes = tuple(dict.fromkeys(end for triple in kept for end in (triple.head, triple.tail)))
    spots = places(Subgraph(nodes, kept, len(kept) < len(triples)))
    return GraphRecord(
        tuple(GraphNode(node, line(names.get(node, node), 120) or "-", 1 if node in values else 0, *spots[node], seed=node in ringed) for node in nodes),
        tuple(GraphEdge(triple, added=triple in concluded) for triple in kept),
        KINDS,
        len(kept) < len(triples),
    )

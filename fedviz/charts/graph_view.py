"""A subgraph as a picture: the record of what is drawn, and the pyvis network made of it.

Ids of the picture are `n:` and the entity id (so that no id can be a name that JavaScript knows), and `e:` and the triple.
"""

import math
import textwrap
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from fedviz.charts.graph_kinds import kinds
from fedviz.charts.graph_places import Place
from fedviz.charts.safe import line, signed
from fedviz.core.errors import InputError
from fedviz.core.i18n import _
from fedviz.core.types import Triple
from fedviz.kg.graph import CARRIES, KnowledgeGraph
from fedviz.kg.subgraph import Subgraph
from fedviz.kg.surface import is_chinese

MAX_NODES = 1000
"""More than this is no picture any more, and no smooth one (benchmarks/graph)."""
UNIT_PX = 85
_LABELLED_EDGES = 12
_WRAPPED = 20
"""Characters of a label's line; a third of that where they are Chinese, which are twice as wide and offer no blanks to break at."""
_BEND = 0.09


@dataclass(frozen=True)
class GraphNode:
    """One entity in the picture. `kind`: index into the record's kinds, -1 above all; `texts`: texts that mention it; `x`, `y` in edge lengths."""

    entity: str
    name: str
    kind: int
    x: float
    y: float
    texts: int = 0
    seed: bool = False


@dataclass(frozen=True)
class GraphEdge:
    """One triple in the picture. `influence`: its signed share of a logit (None where no prediction is looked at); `off`: switched off.

    `parties`: the clients that hold it, each of which has a line of its colour; `note`: a further line of its hint.
    """

    triple: Triple
    influence: float | None = None
    off: bool = False
    added: bool = False
    parties: tuple[int, ...] = ()
    note: str = ""


@dataclass(frozen=True)
class GraphRecord:
    """All that is drawn. `kinds`: names of the kinds of the whole graph; `truncated`: there is more around these nodes than is shown."""

    nodes: tuple[GraphNode, ...]
    edges: tuple[GraphEdge, ...]
    kinds: tuple[str, ...]
    truncated: bool = False

    @property
    def scale(self) -> float:
        """The largest influence in absolute value; 1 where there is none."""
        return max((abs(edge.influence) for edge in self.edges if edge.influence), default=0.0) or 1.0


def graph_record(
    graph: KnowledgeGraph,
    subgraph: Subgraph,
    places: Mapping[str, Place],
    texts: Mapping[str, int] | None = None,
    seeds: Collection[str] = (),
    influence: Mapping[Triple, float] | None = None,
    off: Collection[Triple] = (),
    added: Collection[Triple] = (),
) -> GraphRecord:
    """The record of a subgraph whose nodes all have a place.

    `texts`: entity -> number of texts that mention it (decides the size); `seeds`: entities to ring; `influence`: triple -> signed
    influence. `InputError` above `MAX_NODES` nodes.
    """
    if len(subgraph.nodes) > MAX_NODES:
        raise InputError(f"A picture has at most {MAX_NODES} nodes, but got {len(subgraph.nodes)}.")
    of = kinds(graph)
    counts = texts or {}
    nodes = tuple(
        GraphNode(node, line(graph.entity(node).name, 200), of.of(node), *places[node], texts=int(counts.get(node, 0)), seed=node in seeds)
        for node in subgraph.nodes
    )
    edges = tuple(
        GraphEdge(triple, None if influence is None else float(influence.get(triple, 0.0)), triple in off, triple in added) for triple in subgraph.triples
    )
    return GraphRecord(nodes, edges, of.names, subgraph.truncated)


def node_key(entity: str) -> str:
    """Id of an entity in the picture."""
    return "n:" + entity


def edge_key(triple: Triple) -> str:
    """Id of a triple in the picture."""
    return "e:" + "\x1f".join(triple)


def node_of(key: object, record: GraphRecord) -> str | None:
    """The entity of an id that came back from the picture; None for anything that is not in it."""
    known = {node_key(node.entity): node.entity for node in record.nodes}
    return known.get(key) if isinstance(key, str) else None


def picture(record: GraphRecord) -> dict[str, Any]:
    """The record as plain data for the frame: what it needs to draw, and nothing that it could run."""
    scale = record.scale
    ranked = sorted((abs(edge.influence or 0.0) for edge in record.edges), reverse=True)
    worth_a_label = max(ranked[_LABELLED_EDGES - 1] if len(ranked) >= _LABELLED_EDGES else 0.0, 0.005)
    names = {node.entity: node.name for node in record.nodes}
    return {
        "nodes": [_node(node, record) for node in record.nodes],
        "edges": [drawn for edge in record.edges for drawn in _apart(_edge(edge, names, scale, worth_a_label), edge.parties)],
    }


def _node(node: GraphNode, record: GraphRecord) -> dict[str, Any]:
    kind = record.kinds[node.kind] if node.kind >= 0 else _("general")
    tip = [node.name, line(kind)]
    if node.texts:
        tip.append(_("{count} texts").format(count=node.texts))
    return {
        "id": node_key(node.entity),
        "label": "\n".join(textwrap.wrap(line(node.name, 54), _WRAPPED // 3 if any(map(is_chinese, node.name)) else _WRAPPED)[:3]),
        "x": round(node.x * UNIT_PX, 1),
        "y": round(node.y * UNIT_PX, 1),
        "size": round(min(8 + 2.4 * math.sqrt(node.texts), 34), 1),
        "kind": node.kind,
        "seed": node.seed,
        "tip": "\n".join(tip),
    }


def _edge(edge: GraphEdge, names: Mapping[str, str], scale: float, worth_a_label: float) -> dict[str, Any]:
    head, relation, tail = edge.triple
    tip = _("features of {entity}").format(entity=names[head]) if relation == CARRIES else f"{names[head]} — {line(relation)} — {names[tail]}"
    plain: dict[str, Any] = {"id": edge_key(edge.triple), "from": node_key(head), "to": node_key(tail), "tip": tip}
    if edge.influence is not None:
        plain |= {"influence": round(edge.influence / scale, 4), "tip": f"{tip}\n{signed(edge.influence, 3)}"}
        if abs(edge.influence) >= worth_a_label:
            plain["label"] = signed(edge.influence)
    if relation.endswith("*"):
        plain["far"] = True
    if edge.off:
        plain |= {"off": True, "tip": tip + "\n" + _("switched off")}
    if edge.added:
        plain["added"] = True
    if edge.note:
        plain["tip"] += "\n" + line(edge.note, 300)
    return plain


def _apart(plain: dict[str, Any], parties: tuple[int, ...]) -> list[dict[str, Any]]:
    """One line for each party side by side, or the one line of a triple that is nobody's."""
    middle = (len(parties) - 1) / 2
    return [plain | {"id": f"{plain['id']}\x1f{party}", "party": party, "bend": round(_BEND * (place - middle), 3)} for place, party in enumerate(parties)] or [plain]

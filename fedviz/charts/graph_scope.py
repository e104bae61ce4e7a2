"""Which part of a large graph is looked at: an overview, the surroundings of one entity, and both with an entity's neighbours added."""

from collections.abc import Collection, Iterable, Mapping

from fedviz.core.types import Triple
from fedviz.kg.graph import KnowledgeGraph
from fedviz.kg.subgraph import Subgraph, neighbourhood

Relations = Collection[str] | None


def overview(graph: KnowledgeGraph, texts: Mapping[str, int], limit: int, relations: Relations = None) -> Subgraph:
    """The entities that most texts mention, each with everything above it, so that the picture hangs together.

    A graph of at most `limit` entities is shown whole. Where no text mentions anything, the most general entities come first.
    """
    if len(graph.entities) <= limit:
        return subgraph(graph, graph.entities, relations)
    ranked = sorted(texts, key=lambda entity: (-texts[entity], entity)) or sorted(graph.entities, key=lambda entity: (-graph.descendants(entity), entity))
    chosen: dict[str, None] = {}
    for entity in ranked:
        line = [some for some in (entity, *graph.ancestors(entity)) if some not in chosen]
        if len(chosen) + len(line) > limit:
            break
        chosen.update(dict.fromkeys(line))
    return subgraph(graph, chosen, relations)


def around(graph: KnowledgeGraph, entity: str, limit: int, relations: Relations = None) -> Subgraph:
    """An entity, what lies above it, and its neighbours, at most `limit` entities. `UnknownNameError` where there is no such entity."""
    line = (graph.entity(entity).id, *graph.ancestors(entity))[:limit]
    near = neighbourhood(graph, [entity], limit, relations)
    nodes = tuple(dict.fromkeys((*line, *near.nodes)))
    return subgraph(graph, nodes[:limit], relations)


def expanded(graph: KnowledgeGraph, shown: Iterable[str], entity: str, limit: int, relations: Relations = None) -> Subgraph:
    """What is shown and the neighbours of `entity`, as many as there is room for; nothing that is shown disappears."""
    nodes = dict.fromkeys(shown)
    for neighbour in neighbourhood(graph, [entity], len(graph.entities), relations).nodes:
        if len(nodes) < limit:
            nodes[neighbour] = None
    return subgraph(graph, nodes, relations)


def subgraph(graph: KnowledgeGraph, nodes: Iterable[str], relations: Relations = None) -> Subgraph:
    """These entities and all triples between them; `truncated` where some neighbour of theirs is not among them."""
    kept = dict.fromkeys(nodes)

    def wanted(triple: Triple) -> bool:
        return relations is None or triple.relation in relations

    inside = dict.fromkeys(triple for node in kept for triple in graph.outgoing(node) if triple.tail in kept and wanted(triple))
    outside = any(triple.tail not in kept for node in kept for triple in graph.outgoing(node) if wanted(triple)) or any(
        triple.head not in kept for node in kept for triple in graph.incoming(node) if wanted(triple)
    )
    return Subgraph(tuple(kept), tuple(inside), outside)


def hidden_neighbours(graph: KnowledgeGraph, entity: str, shown: Collection[str], relations: Relations = None) -> int:
    """How many neighbours of `entity` are not shown."""
    near = neighbourhood(graph, [entity], len(graph.entities), relations).nodes
    return sum(node not in shown for node in near)

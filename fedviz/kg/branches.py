"""The great branches of a taxonomy: its organ systems, its product groups."""

from functools import lru_cache

from fedviz.kg.graph import KnowledgeGraph


@lru_cache(maxsize=16)
def branches(graph: KnowledgeGraph) -> tuple[str, ...]:
    """The entities under which a taxonomy first divides, sorted by id.

    From the top downwards, as long as one entity holds more than half of all entities below it, one goes on into that entity; its children are
    the branches. So the Human Phenotype Ontology divides into its organ systems, and not into "Phenotypic abnormality" and "Mode of inheritance".
    """
    tops = tuple(key for key in sorted(graph.entities) if not graph.parents(key) and graph.children(key))
    while tops:
        largest = max(tops, key=lambda key: (graph.descendants(key), key))
        below = tuple(child for child in graph.children(largest) if child not in tops)
        if 2 * graph.descendants(largest) <= len(graph.entities) or not below:
            break
        tops = below
    return tops


@lru_cache(maxsize=1 << 16)
def branches_of(graph: KnowledgeGraph, entity: str) -> tuple[str, ...]:
    """The branches that `entity` lies in (several where it has several parents), itself where it is one; sorted by id."""
    return tuple(sorted({entity, *graph.ancestors(entity)}.intersection(branches(graph))))

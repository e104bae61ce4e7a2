"""Which entities each text of a scenario names: asked for by the preview, by partitions and by charts, computed once."""

from functools import lru_cache

from fedviz.kg.graph import KnowledgeGraph
from fedviz.kg.link import Linker
from fedviz.scenarios.base import Examples, ScenarioData


@lru_cache(maxsize=8)
def linker(graph: KnowledgeGraph) -> Linker:
    """The linker of a graph, built once."""
    return Linker(graph)


@lru_cache(maxsize=8)
def entities_of(data: ScenarioData) -> tuple[tuple[frozenset[str], ...], tuple[frozenset[str], ...]]:
    """For each training text and each test text, the ids of the entities that are linked in it (exact names)."""
    return _linked(data.graph, data.train), _linked(data.graph, data.test)


def _linked(graph: KnowledgeGraph, examples: Examples) -> tuple[frozenset[str], ...]:
    return tuple(frozenset(mention.entity for mention in mentions) for mentions in linker(graph).link_many(examples.texts))

"""Construction from text with the models that it may ask for: the gazetteer of a graph, built once, and MiniLM where names are linked by embedding."""

from collections.abc import Callable
from functools import lru_cache

from fedviz.kg.construct.distant import DistantModel
from fedviz.kg.construct.gazetteer import Gazetteer
from fedviz.kg.construct.pipeline import Constructor, ConstructOptions
from fedviz.kg.graph import KnowledgeGraph
from fedviz.kg.vectors import Embed


@lru_cache(maxsize=3)
def gazetteer_of(graph: KnowledgeGraph) -> Gazetteer:
    """The gazetteer of a graph in memory, built once."""
    return Gazetteer(graph)


def embedder() -> Embed:
    """Unit vectors of texts by MiniLM; `CarrierError` where it is not fetched."""
    from fedviz.models.minilm import MiniLMOptions, load
    from fedviz.models.vectors import unit_vectors

    backbone = load(MiniLMOptions())
    return lambda texts: unit_vectors(backbone, list(texts))


def make(
    graph: KnowledgeGraph | None, options: ConstructOptions, progress: Callable[[int, int], None] = lambda done, total: None, distant: DistantModel | None = None
) -> Constructor:
    """The steps that `options` ask for over the names of `graph` (None: no gazetteer). `progress(names done, names in all)` while the names' vectors are made for the first time."""
    gazetteer = gazetteer_of(graph) if graph is not None else None
    near = None
    if options.near and gazetteer is not None:
        from fedviz.models.knowledge.nearest import nearest

        near = nearest(gazetteer.linker, "minilm-l6", embedder(), options.near_threshold, progress)
    return Constructor(options, gazetteer, near, distant)

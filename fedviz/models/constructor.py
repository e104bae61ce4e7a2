"""Construction from text with the models that it may ask for: the gazetteer of a graph, built once, and MiniLM where names are linked by embedding."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache

from fedviz.kg.construct.distant import DistantModel, train
from fedviz.kg.construct.gazetteer import Gazetteer
from fedviz.kg.construct.pipeline import ConstructOptions, Constructor
from fedviz.kg.construct.records import Document, Found
from fedviz.kg.graph import KnowledgeGraph
from fedviz.kg.vectors import Embed
from fedviz.models.generator import generator


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
    written = generator(options.language_model.strip()) if options.language_model.strip() else None
    return Constructor(options, gazetteer, near, distant, written)


def taught(teacher: KnowledgeGraph, steps: Constructor, documents: Sequence[Document], progress: Callable[[int, int], None] = lambda done, total: None) -> Constructor:
    """The same steps with a classifier that the triples of `teacher` taught on these documents. `InputError` where they say too little, `CarrierError` without MiniLM."""
    names = {key: " ".join(item.name.lower().split()) for key, item in teacher.entities.items()}
    known = {(end, other): triple.relation for triple in teacher.triples for end in {triple.head, names[triple.head]} for other in {triple.tail, names[triple.tail]}}
    sentences: list[tuple[str, Sequence[Found]]] = []
    for document in documents:
        one = steps.extract(document)
        sentences += [(one.document.text, sorted({*one.mentions, *(end for fact in one.triples for end in (fact.head, fact.tail) if fact.sentence == one.document.text)}))]
    return replace(steps, distant=train(known, sentences, embedder(), progress=progress))

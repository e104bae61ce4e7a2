"""The control that should fail: the same names, the same structure, but the structure hangs on other entities."""

from fedviz.core import seeds
from fedviz.core.types import Triple
from fedviz.kg.graph import KnowledgeGraph


def shuffled(graph: KnowledgeGraph, seed: int) -> KnowledgeGraph:
    """`graph` with its entities permuted within the triples.

    Texts link to the same entities as before and the graph has the same shape; only what the graph says about an entity is
    now said about another, and their features are those of others. A gain that survives this is not knowledge.
    """
    keys = sorted(graph.entities)
    order = seeds.generator(seed, "kg", "shuffled").permutation(len(keys))
    swap = {key: keys[position] for key, position in zip(keys, order, strict=True)}
    triples = tuple(Triple(swap[triple.head], triple.relation, swap[triple.tail]) for triple in graph.triples)
    features = None if graph.features is None else graph.features.shuffled(seed)
    return KnowledgeGraph(f"{graph.name} (shuffled)", graph.source, graph.entities, triples, features)

"""Graphs that should not help: the structure on other entities, or the triples' ends drawn anew; and graphs of which a part is wrong."""

from fedviz.core import seeds
from fedviz.core.types import Triple
from fedviz.kg.graph import IS_A, KnowledgeGraph


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


def rewired(graph: KnowledgeGraph, share: float, seed: int) -> KnowledgeGraph:
    """`graph` with a `share` in [0, 1] of its triples pointing to the end of another such triple of the same relation; 1 is a random graph of equal degrees.

    Every entity stays head and tail of as many triples as before. An is_a triple gets a tail as far below the root as its own, so that
    what was without cycles stays so and chains keep their lengths. Features stay with their entities.
    """
    generator = seeds.generator(seed, "kg", "rewired")
    chosen = sorted(generator.permutation(len(graph.triples))[: round(share * len(graph.triples))])
    height = _heights(graph)
    alike: dict[tuple[str, int], list[int]] = {}
    for place in generator.permutation(chosen) if chosen else ():
        triple = graph.triples[place]
        alike.setdefault((triple.relation, height[triple.tail] if triple.relation == IS_A else 0), []).append(int(place))
    triples = list(graph.triples)
    for places in alike.values():
        for place, other in zip(places, places[1:] + places[:1], strict=True):  # around in a circle: nobody keeps its own end unless it is the other's too
            triples[place] = graph.triples[place]._replace(tail=graph.triples[other].tail)
    return KnowledgeGraph(f"{graph.name} ({share:.0%} rewired)", graph.source, graph.entities, tuple(triples), graph.features)


def _heights(graph: KnowledgeGraph) -> dict[str, int]:
    """How many is_a steps each entity is at most above it; who stands higher has fewer ancestors, so these come first."""
    height: dict[str, int] = {}
    for entity in sorted(graph.entities, key=lambda key: len(graph.ancestors(key))):
        height[entity] = 1 + max((height.get(parent, 0) for parent in graph.parents(entity)), default=-1)
    return height

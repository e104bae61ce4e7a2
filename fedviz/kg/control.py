"""Graphs that should not help: the structure on other entities, or the triples' ends drawn anew; and graphs that are old, or of which a part is wrong."""

from collections.abc import Collection, Mapping

from fedviz.core import seeds
from fedviz.core.types import Triple
from fedviz.kg.branches import branches_of
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
        alike.setdefault(_kind(triple, height), []).append(int(place))
    triples = list(graph.triples)
    for places in alike.values():
        for place, other in zip(places, places[1:] + places[:1], strict=True):  # around in a circle: nobody keeps its own end unless it is the other's too
            triples[place] = graph.triples[place]._replace(tail=graph.triples[other].tail)
    return KnowledgeGraph(f"{graph.name} ({share:.0%} rewired)", graph.source, graph.entities, tuple(triples), graph.features)


def stale(graph: KnowledgeGraph, share: float, kept: Collection[str], seed: int) -> KnowledgeGraph:
    """`graph` without a `share` in [0, 1] of its narrowest entities (nothing is a kind of them), their names and triples: as it was before these were described.

    Entities in `kept` stay. The graph has one entity at least.
    """
    leaves = [key for key in sorted(graph.entities) if not graph.children(key) and key not in kept]
    chosen = seeds.generator(seed, "kg", "stale").permutation(len(leaves))[: round(share * len(leaves))]
    gone = {leaves[place] for place in chosen[: len(graph.entities) - 1]}
    entities = {key: item for key, item in graph.entities.items() if key not in gone}
    triples = tuple(triple for triple in graph.triples if triple.head not in gone and triple.tail not in gone)
    features = None if graph.features is None else graph.features.only(entities)
    return KnowledgeGraph(f"{graph.name} ({share:.0%} of the leaves unknown)", graph.source, entities, triples, features)


def poisoned(graph: KnowledgeGraph, named: Collection[str], share: float, seed: int) -> KnowledgeGraph:
    """`graph` in which the triples of a `share` in [0, 1] of the entities `named`, as their heads, point into another branch.

    The new end is that of another triple of the same relation, and of an is_a triple as far below the root as its own, so that what was without cycles stays
    so. Where no other branch has such an end, the triple stays.
    """
    generator = seeds.generator(seed, "kg", "poisoned")
    heads = sorted(key for key in named if graph.outgoing(key))
    chosen = {heads[place] for place in generator.permutation(len(heads))[: round(share * len(heads))]}
    height = _heights(graph)
    ends: dict[tuple[str, int], set[str]] = {}
    for triple in graph.triples:
        ends.setdefault(_kind(triple, height), set()).add(triple.tail)
    ordered = {kind: sorted(tails) for kind, tails in ends.items()}
    triples = []
    for triple in graph.triples:
        if triple.head in chosen:
            own = {*branches_of(graph, triple.head), *branches_of(graph, triple.tail)}
            others = [tail for tail in ordered[_kind(triple, height)] if tail not in (triple.tail, triple.head) and own.isdisjoint(branches_of(graph, tail))]
            triple = triple._replace(tail=others[int(generator.integers(len(others)))]) if others else triple
        triples.append(triple)
    return KnowledgeGraph(f"{graph.name} (poisoned)", graph.source, graph.entities, tuple(triples), graph.features)


def _kind(triple: Triple, height: Mapping[str, int]) -> tuple[str, int]:
    """What ends a triple may be given: those of its relation, and of is_a as high."""
    return triple.relation, height[triple.tail] if triple.relation == IS_A else 0


def _heights(graph: KnowledgeGraph) -> dict[str, int]:
    """How many is_a steps each entity is at most above it; who stands higher has fewer ancestors, so these come first."""
    height: dict[str, int] = {}
    for entity in sorted(graph.entities, key=lambda key: len(graph.ancestors(key))):
        height[entity] = 1 + max((height.get(parent, 0) for parent in graph.parents(entity)), default=-1)
    return height

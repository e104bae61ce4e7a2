"""The part of a graph that one looks at: a neighbourhood of some entities, and where its nodes lie on a page."""

import random
import threading
from collections.abc import Collection, Iterable
from dataclasses import dataclass

import igraph
import numpy as np

from fedviz.core import seeds as randomness
from fedviz.core.types import Triple
from fedviz.kg.graph import KnowledgeGraph

_IGRAPH = threading.Lock()  # igraph draws from one generator for the whole process


@dataclass(frozen=True)
class Subgraph:
    """Entity ids in the order in which they were reached, all triples between them, and whether `limit` cut something off."""

    nodes: tuple[str, ...]
    triples: tuple[Triple, ...]
    truncated: bool


def neighbourhood(graph: KnowledgeGraph, seeds: Iterable[str], limit: int = 200, relations: Collection[str] | None = None, hops: int = 1) -> Subgraph:
    """What lies within `hops` steps of `seeds` (against or along the arrows) over `relations` (None: all), at most `limit` entities.

    Steps along the arrows come first, so that what an entity is a kind of is kept before what is a kind of it.
    `UnknownNameError` where a seed is not in the graph.
    """
    start = tuple(dict.fromkeys(graph.entity(seed).id for seed in seeds))
    nodes = dict.fromkeys(start[:limit])
    truncated = len(start) > limit
    level = tuple(nodes)
    for _ in range(hops):
        reached: dict[str, None] = {}
        for ends in (
            [triple.tail for node in level for triple in graph.outgoing(node) if relations is None or triple.relation in relations],
            [triple.head for node in level for triple in graph.incoming(node) if relations is None or triple.relation in relations],
        ):
            reached.update(dict.fromkeys(end for end in ends if end not in nodes))
        room = limit - len(nodes)
        truncated = truncated or len(reached) > room
        level = tuple(reached)[:room]
        nodes.update(dict.fromkeys(level))
    triples = tuple(triple for node in nodes for triple in graph.outgoing(node) if triple.tail in nodes and (relations is None or triple.relation in relations))
    return Subgraph(tuple(nodes), tuple(dict.fromkeys(triples)), truncated)


def layout(subgraph: Subgraph, seed: int = 0) -> dict[str, tuple[float, float]]:
    """A place (x, y) for every node, in units of about one edge length, the same for the same subgraph and seed.

    Each connected part is drawn by forces (Fruchterman, Reingold 1991) and turned so that arrows point upwards on average
    (y grows downwards, as on a screen); the parts lie side by side.
    """
    index = {node: position for position, node in enumerate(subgraph.nodes)}
    edges = sorted({(index[triple.head], index[triple.tail]) for triple in subgraph.triples if triple.head != triple.tail})
    whole = igraph.Graph(n=len(index), edges=edges, directed=True)
    places = np.zeros((len(index), 2))
    offset = 0.0
    for part in sorted(whole.connected_components(mode="weak"), key=lambda some: (-len(some), some)):
        drawn = _forces(whole.induced_subgraph(part), seed)
        drawn -= drawn.min(axis=0)
        places[part] = drawn + (offset, 0.0)
        offset += float(drawn[:, 0].max()) + 1.5
    return {node: (round(float(x), 4), round(float(y), 4)) for node, (x, y) in zip(subgraph.nodes, places, strict=True)}


def _forces(part: igraph.Graph, seed: int) -> np.ndarray:
    """Positions [n, 2] of one connected part, arrows upwards on average."""
    count = part.vcount()
    start = randomness.generator(seed, "layout", count).uniform(-1, 1, (count, 2)) * np.sqrt(count)
    with _IGRAPH:
        igraph.set_random_number_generator(random.Random(seed))
        try:
            drawn = np.array(part.layout_fruchterman_reingold(seed=start.tolist(), niter=300, grid=count > 300).coords)
        finally:
            igraph.set_random_number_generator(random)
    drawn -= drawn.mean(axis=0)
    edges = np.array(part.get_edgelist(), dtype=np.int64).reshape(-1, 2)  # a lone node has none
    x, y = (drawn[edges[:, 1]] - drawn[edges[:, 0]]).sum(axis=0)
    turn = np.arctan2(-1.0, 0.0) - np.arctan2(y, x)
    cos, sin = np.cos(turn), np.sin(turn)
    return drawn @ np.array([[cos, sin], [-sin, cos]])

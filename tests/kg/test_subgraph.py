"""Neighbourhoods stay within their limit and say when they cut; layouts are the same every time."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fedviz.core.errors import UnknownNameError
from fedviz.core.types import Triple
from fedviz.kg.graph import IS_A, Entity, KnowledgeGraph
from fedviz.kg.subgraph import layout, neighbourhood
from tests.kg.small import graph_of, hierarchies


def within(graph: KnowledgeGraph, seed: str, hops: int) -> set[str]:
    """What lies within `hops` steps, by the definition."""
    found = {seed}
    for _ in range(hops):
        found |= {end for triple in graph.triples for end in (triple.head, triple.tail) if found & {triple.head, triple.tail}}
    return found


@settings(max_examples=50, deadline=None)
@given(graph=hierarchies(cycles=True), hops=st.integers(0, 3), limit=st.integers(1, 12), data=st.data())
def test_a_neighbourhood_is_what_is_near_up_to_its_limit(graph: KnowledgeGraph, hops: int, limit: int, data: st.DataObject) -> None:
    seed = data.draw(st.sampled_from(sorted(graph.entities)))
    whole = within(graph, seed, hops)
    part = neighbourhood(graph, [seed], limit=limit, hops=hops)
    assert part.nodes[0] == seed and len(part.nodes) == len(set(part.nodes)) == min(limit, len(whole))
    assert set(part.nodes) <= whole
    assert part.truncated == (len(whole) > limit)
    inside = {triple for triple in graph.triples if triple.head in part.nodes and triple.tail in part.nodes}
    assert set(part.triples) == inside and len(part.triples) == len(inside)


def test_parents_come_before_children() -> None:
    graph = graph_of([("seed", "parent"), *((f"child{n}", "seed") for n in range(9))])
    assert neighbourhood(graph, ["seed"], limit=3).nodes[:2] == ("seed", "parent")


def test_a_cut_at_the_first_step_is_told_after_the_second() -> None:
    star = graph_of([(f"leaf{n}", "centre") for n in range(3)])
    assert neighbourhood(star, ["centre"], limit=2, hops=2).truncated


def test_relations_can_be_chosen() -> None:
    entities = {key: Entity(key, key) for key in "abc"}
    graph = KnowledgeGraph("g", "s", entities, (Triple("a", IS_A, "b"), Triple("a", "treats", "c")))
    part = neighbourhood(graph, ["a"], relations={"treats"})
    assert part.nodes == ("a", "c") and part.triples == (Triple("a", "treats", "c"),)


def test_more_seeds_than_the_limit_are_cut_and_unknown_ones_refused() -> None:
    graph = graph_of([("a", "b"), ("c", "b")])
    part = neighbourhood(graph, ["a", "a", "c", "b"], limit=2)
    assert part.nodes == ("a", "c") and part.truncated
    with pytest.raises(UnknownNameError, match="'ghost'"):
        neighbourhood(graph, ["a", "ghost"])


@settings(max_examples=25, deadline=None)
@given(graph=hierarchies(cycles=True), seed=st.integers(0, 5))
def test_a_layout_places_every_node_the_same_way_each_time(graph: KnowledgeGraph, seed: int) -> None:
    part = neighbourhood(graph, sorted(graph.entities), limit=12)
    places = layout(part, seed)
    assert list(places) == list(part.nodes) and np.isfinite(list(places.values())).all()
    assert len(set(places.values())) == len(places)
    assert layout(part, seed) == places


def test_arrows_point_upwards_on_average() -> None:
    graph = graph_of([(f"e{n}", f"e{(n - 1) // 2}") for n in range(1, 31)])
    part = neighbourhood(graph, ["e0"], hops=9)
    places = layout(part)
    rises = [places[triple.tail][1] - places[triple.head][1] for triple in part.triples]
    assert np.mean(rises) < 0

"""Places and scopes: a picture grows without jumping, and shows what it says it shows."""

import itertools
import math

import pytest

from fedviz.charts import graph_scope
from fedviz.charts.graph_places import packed, places
from fedviz.core.errors import UnknownNameError
from fedviz.core.types import Triple
from fedviz.kg.graph import IS_A, Entity, KnowledgeGraph
from tests.charts.toy import toy_graph

GRAPH = toy_graph()


def wide(leaves: int) -> KnowledgeGraph:
    entities = {key: Entity(key, key) for key in ("top", *(f"leaf{number}" for number in range(leaves)))}
    return KnowledgeGraph("wide", "test", entities, tuple(Triple(f"leaf{number}", IS_A, "top") for number in range(leaves)))


@pytest.mark.parametrize("graph", [GRAPH, wide(5), wide(60)], ids=["toy", "tree", "rings"])
def test_every_node_has_a_place_of_its_own_and_the_same_one_again(graph):
    part = graph_scope.subgraph(graph, graph.entities)
    found = places(part)
    assert set(found) == set(part.nodes) and found == places(part)
    assert min(math.dist(a, b) for a, b in itertools.combinations(found.values(), 2)) > 0.3


def test_what_is_above_stands_above_in_a_small_taxonomy():
    part = graph_scope.subgraph(GRAPH, GRAPH.entities)
    found = places(part)
    assert all(found[triple.tail][1] < found[triple.head][1] for triple in part.triples)


def test_a_cycle_in_the_data_does_no_harm():
    keys = ("a", "b", "c", "d")
    graph = KnowledgeGraph("ring", "test", {key: Entity(key, key) for key in keys}, tuple(Triple(x, IS_A, y) for x, y in zip(keys, keys[1:] + keys[:1], strict=True)))
    found = places(graph_scope.subgraph(graph, keys))
    assert len(set(found.values())) == 4


def test_a_graph_that_is_no_taxonomy_has_places_too():
    graph = KnowledgeGraph("flat", "test", {key: Entity(key, key) for key in "abc"}, (Triple("a", "knows", "b"), Triple("b", "knows", "c")))
    assert set(places(graph_scope.subgraph(graph, "abc"))) == set("abc")


def test_nodes_that_join_move_nobody():
    before = places(graph_scope.around(GRAPH, "toy:radio", 4))
    grown = graph_scope.subgraph(GRAPH, GRAPH.entities)
    after = places(grown, before, "toy:radio")
    assert {node: after[node] for node in before} == before and set(after) == set(GRAPH.entities)
    assert min(math.dist(a, b) for a, b in itertools.combinations(after.values(), 2)) > 0.05


def test_packing_moves_parts_as_a_whole():
    drawn = {"a": (0.0, 0.0), "b": (1.0, 2.0), "c": (50.0, 9.0), "d": (53.0, 9.0)}
    found = packed(drawn, (Triple("a", IS_A, "b"), Triple("c", IS_A, "d")))
    for one, two in (("a", "b"), ("c", "d")):
        assert math.dist(found[one], found[two]) == pytest.approx(math.dist(drawn[one], drawn[two]), abs=1e-3)
    assert max(x for x, _ in found.values()) < 10


def test_an_overview_hangs_together_and_keeps_its_limit():
    texts = {"toy:antenna": 5, "toy:spoke": 4, "toy:lid": 1}
    part = graph_scope.overview(GRAPH, texts, 7)
    assert part.nodes == ("toy:antenna", "toy:receiver-part", "toy:radio", "toy:spoke", "toy:wheel-part", "toy:bicycle")
    assert part.truncated and len(part.triples) == 4


def test_a_small_graph_is_shown_whole():
    part = graph_scope.overview(GRAPH, {}, 200)
    assert set(part.nodes) == set(GRAPH.entities) and not part.truncated and set(part.triples) == set(GRAPH.triples)


def test_around_an_entity_are_what_lies_above_and_beside():
    part = graph_scope.around(GRAPH, "toy:receiver-part", 50)
    assert set(part.nodes) == {"toy:receiver-part", "toy:radio", "toy:antenna", "toy:tuning-dial", "toy:coil"}
    with pytest.raises(UnknownNameError):
        graph_scope.around(GRAPH, "no such entity", 50)


def test_expanding_adds_neighbours_and_loses_nothing():
    start = graph_scope.around(GRAPH, "toy:antenna", 50)
    assert graph_scope.hidden_neighbours(GRAPH, "toy:radio", start.nodes) == 1
    grown = graph_scope.expanded(GRAPH, start.nodes, "toy:radio", 50)
    assert set(start.nodes) | {"toy:sound-part"} == set(grown.nodes)
    assert graph_scope.hidden_neighbours(GRAPH, "toy:radio", grown.nodes) == 0
    assert len(graph_scope.expanded(GRAPH, start.nodes, "toy:radio", len(start.nodes)).nodes) == len(start.nodes)


def test_relations_are_filtered():
    assert graph_scope.subgraph(GRAPH, GRAPH.entities, ()).triples == ()
    assert len(graph_scope.subgraph(GRAPH, GRAPH.entities, (IS_A,)).triples) == len(GRAPH.triples)

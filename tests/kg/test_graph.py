"""The graph: what it answers, and that cycles and strange data do no harm."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedviz.core.errors import UnknownNameError
from fedviz.core.types import Triple
from fedviz.kg.branches import branches, branches_of
from fedviz.kg.control import rewired, shuffled
from fedviz.kg.graph import IS_A, Entity, KnowledgeGraph
from fedviz.kg.subgraph import layout, neighbourhood
from tests.kg.conftest import make

nodes = st.sampled_from("abcdefgh")
graphs = st.lists(st.tuples(nodes, nodes), max_size=20).map(
    lambda pairs: KnowledgeGraph("g", "s", {key: Entity(key, key) for key in "abcdefgh"}, tuple(Triple(head, IS_A, tail) for head, tail in pairs))
)


def test_neighbours_and_ancestors(eyes):
    assert eyes.outgoing("n") == (Triple("n", IS_A, "c"), Triple("n", "affects", "e"))
    assert [triple.head for triple in eyes.incoming("e")] == ["c", "n"]
    assert eyes.ancestors("n") == ("c", "e", "t")
    assert eyes.parents("n") == ("c",)
    assert eyes.children("t") == ("e", "h")
    assert eyes.relations == ("affects", IS_A)
    assert eyes.outgoing("t") == () and eyes.ancestors("t") == ()


@given(graphs)
def test_ancestors_are_what_is_reachable_even_in_cycles(graph):
    for key in graph.entities:
        reached, stack = set(), [key]
        while stack:
            for triple in graph.outgoing(stack.pop()):
                if triple.tail not in reached:
                    reached.add(triple.tail)
                    stack.append(triple.tail)
        assert set(graph.ancestors(key)) == reached - {key}
        assert len(graph.ancestors(key)) == len(set(graph.ancestors(key)))


@given(graphs)
def test_information_content_lies_in_the_unit_interval_and_grows_downwards(graph):
    for key in graph.entities:
        assert 0 <= graph.information_content(key) <= 1
        if not graph.children(key):
            assert graph.information_content(key) == 1
        for parent in graph.parents(key):
            if key not in graph.ancestors(parent):
                assert graph.information_content(key) >= graph.information_content(parent)


def test_information_content_of_the_root_is_zero(eyes):
    assert eyes.information_content("t") == pytest.approx(0)
    assert 0 < eyes.information_content("e") < eyes.information_content("c") < eyes.information_content("n") == 1


def test_search_completes_names_words_and_ids(eyes):
    assert [item.id for item in eyes.find("cat")] == ["c", "n", "d"]
    assert [item.id for item in eyes.find("cataract")][0] == "c"
    assert [item.id for item in eyes.find("CAT nuc")] == ["n"]
    assert [item.id for item in eyes.find("hearing l")] == ["d"]
    assert [item.id for item in eyes.find("h")][0] == "h"
    assert len(eyes.find("e", limit=1)) == 1
    assert eyes.find("  ") == () and eyes.find("zzz") == () and eyes.find("(*[") == ()


def test_digest_depends_on_content_and_not_on_order(eyes):
    turned = KnowledgeGraph("other", "other", dict(reversed(eyes.entities.items())), tuple(reversed(eyes.triples)))
    assert turned.digest == eyes.digest
    assert KnowledgeGraph("test", "the tests", eyes.entities, eyes.triples[1:]).digest != eyes.digest


def test_a_triple_between_unknown_entities_is_refused():
    with pytest.raises(UnknownNameError, match="nowhere"):
        KnowledgeGraph("g", "s", {"a": Entity("a", "a")}, (Triple("a", IS_A, "nowhere"),))
    with pytest.raises(UnknownNameError):
        make(["a>b"]).entity("c")


def test_branches_go_down_past_an_entity_that_holds_nearly_all():
    graph = make(["m>all", "p>all", "x>p", "y>p", "x1>x", "x2>x", "y1>y", "y2>y", "z>y", "z>x"])
    assert branches(graph) == ("x", "y")
    assert branches_of(graph, "z") == ("x", "y") and branches_of(graph, "x") == ("x",) and branches_of(graph, "m") == ()


def test_branches_of_a_forest_are_its_trees():
    graph = make(["a1>a", "a2>a", "b1>b", "b2>b"])
    assert branches(graph) == ("a", "b")


def test_branches_survive_a_cycle():
    assert branches(make(["a>b", "b>a"])) == ()


@given(graphs, st.integers(0, 100))
def test_the_shuffled_control_keeps_names_and_shape(graph, seed):
    control = shuffled(graph, seed)
    assert dict(control.entities) == dict(graph.entities)
    degrees = [sorted(len(some.outgoing(key)) * 100 + len(some.incoming(key)) for key in some.entities) for some in (graph, control)]
    assert degrees[0] == degrees[1]
    assert shuffled(graph, seed).digest == control.digest


def test_the_shuffled_control_says_something_else(eyes):
    assert any(shuffled(eyes, seed).triples != eyes.triples for seed in range(3))


def test_neighbourhood_takes_hops_relations_and_a_limit(eyes):
    one = neighbourhood(eyes, ["c"])
    assert one.nodes == ("c", "e", "n") and not one.truncated
    assert set(one.triples) == {Triple("c", IS_A, "e"), Triple("n", IS_A, "c"), Triple("n", "affects", "e")}
    assert neighbourhood(eyes, ["n"], relations=["affects"]).nodes == ("n", "e")
    assert neighbourhood(eyes, ["c"], hops=0).nodes == ("c",)
    assert set(neighbourhood(eyes, ["c"], hops=9).nodes) == set(eyes.entities)
    few = neighbourhood(eyes, ["c"], limit=2)
    assert few.nodes == ("c", "e") and few.truncated
    assert neighbourhood(eyes, ["c", "d", "c"], limit=1).nodes == ("c",)
    with pytest.raises(UnknownNameError):
        neighbourhood(eyes, ["nowhere"])


def test_layout_places_every_node_the_same_way_each_time(eyes):
    part = neighbourhood(eyes, ["c"], hops=9)
    places = layout(part, seed=3)
    assert set(places) == set(part.nodes) and places == layout(part, seed=3)
    assert len(set(places.values())) == len(places)
    assert places["t"][1] < places["n"][1]  # y grows downwards: what is broader lies above
    assert layout(neighbourhood(eyes, ["c"], hops=0)) == {"c": (0.0, 0.0)}


def test_layout_keeps_separate_parts_apart():
    graph = make(["a1>a", "a2>a", "b1>b", "b2>b"])
    places = layout(neighbourhood(graph, ["a", "b"]))
    assert max(places[key][0] for key in ("a", "a1", "a2")) < min(places[key][0] for key in ("b", "b1", "b2"))


acyclic = st.lists(st.tuples(nodes, nodes, st.sampled_from((IS_A, "part_of"))), max_size=30).map(
    lambda rows: KnowledgeGraph("g", "s", {key: Entity(key, key) for key in "abcdefgh"}, tuple(Triple(head, kind, tail) for head, tail, kind in rows if head > tail))
)


@given(acyclic, st.floats(0, 1), st.integers(0, 100))
def test_a_rewired_graph_keeps_every_degree_and_gets_no_cycle(graph, share, seed):
    wrong = rewired(graph, share, seed)
    assert dict(wrong.entities) == dict(graph.entities)
    for end in (0, 2):
        counted = [Counter((triple.relation, triple[end]) for triple in some.triples) for some in (wrong, graph)]
        assert counted[0] == counted[1]
    assert sum(one != other for one, other in zip(wrong.triples, graph.triples, strict=True)) <= round(share * len(graph.triples))
    assert all(key not in wrong.ancestors(parent) for key in wrong.entities for parent in wrong.parents(key))
    assert rewired(graph, share, seed).digest == wrong.digest


def test_how_much_of_a_graph_is_wrong_follows_the_share():
    graph = make([f"{leaf}>{leaf % 7 + 100}" for leaf in range(50)] + [f"{above}>200" for above in range(100, 107)])
    changed = [sum(one != other for one, other in zip(rewired(graph, share, 1).triples, graph.triples, strict=True)) for share in (0, 0.5, 1)]
    assert changed[0] == 0 < changed[1] < changed[2]

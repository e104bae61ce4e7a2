"""The picture of a prediction: what is drawn, in which colour it will be, and that an edit moves nothing."""

from functools import cache

import pytest

from fedviz.charts.contrast import Contrast
from fedviz.charts.explain_graph import explain_record, hidden
from fedviz.core.types import Triple
from fedviz.explain.influence import explain
from fedviz.explain.records import Edits
from fedviz.kg.graph import IS_A
from tests.models.small import trained_predictor

TEXT = "The aerial came loose. Also check the cord."


@cache
def plain():
    """What is said of the text without an edit."""
    return explain(trained_predictor(), TEXT)


def contrast() -> Contrast:
    return Contrast(plain().predicted)


def record(edits: Edits = Edits()):  # noqa: B008 - frozen
    """The picture of the text under some edits."""
    return explain_record(trained_predictor().graph, plain(), explain(trained_predictor(), TEXT, edits), contrast(), edits)


def influences(some) -> dict[Triple, float | None]:
    return {edge.triple: edge.influence for edge in some.edges}


def test_every_edge_with_an_influence_has_that_of_its_summand():
    own = {c.triple: contrast().of(c.values) for c in plain().contributions}
    drawn = {triple: value for triple, value in influences(record()).items() if value is not None}
    assert drawn and drawn == {triple: own[triple] for triple in drawn}
    assert hidden(record(), plain()) == len(own) - len(drawn)


def test_the_entities_of_the_text_are_ringed_and_all_ends_of_edges_are_there():
    some = record()
    assert {node.entity for node in some.nodes if node.seed} == {mention.entity for mention in plain().mentions}
    assert {end for edge in some.edges for end in edge.triple[::2]} <= {node.entity for node in some.nodes}


def test_a_switch_moves_no_node_and_marks_its_edge():
    first = plain().contributions[0]
    some = record(Edits(scale={first.key: 0.0}))
    assert [(node.entity, node.x, node.y) for node in some.nodes] == [(node.entity, node.x, node.y) for node in record().nodes]
    (edge,) = [edge for edge in some.edges if edge.triple == first.triple]
    assert edge.off and edge.influence == 0


def test_an_added_triple_is_drawn_with_its_end_and_moves_no_other_node():
    added = Triple(plain().mentions[0].entity, IS_A, "toy:kettle")
    before, after = record(), record(Edits(added=(added,)))
    places = {node.entity: (node.x, node.y) for node in after.nodes}
    assert "toy:kettle" in places and all(places[node.entity] == pytest.approx((node.x, node.y)) for node in before.nodes)
    assert any(edge.triple == added and edge.added for edge in after.edges)

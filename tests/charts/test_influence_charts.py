"""Flows, means over texts, and the view as one file: they add up, and nothing in them runs or is loaded."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from fedviz.charts.carried import CarriedRecord, carried_figure, gains_spec, moved_spec
from fedviz.charts.contrast import Contrast
from fedviz.charts.explain_graph import explain_record
from fedviz.charts.sankey import flow_figure, flow_record
from fedviz.charts.standalone import standalone
from fedviz.charts.theme import figure
from fedviz.charts.waterfall import waterfall_record, waterfall_spec
from fedviz.explain.influence import explain
from fedviz.explain.records import Edits
from fedviz.explain.words import words_of
from tests.charts.hostile import HOSTILE
from tests.charts.toy import explanation
from tests.models.small import trained_predictor

TEXT = "The aerial came loose. Also check the cord."


def test_what_flows_into_a_triple_flows_out_of_it():
    said, contrast = explain(trained_predictor(), TEXT), Contrast(1)
    record = flow_record(said, words_of(trained_predictor(), TEXT, contrast.weights(4)), contrast)
    for place, (_label, column) in enumerate(record.nodes):
        if column in (1, 2):
            into, out = (sum(abs(flow.value) for flow in record.flows if getattr(flow, end) == place) for end in ("end", "start"))
            assert into == pytest.approx(out) and into > 0
    ends = sum(flow.value for flow in record.flows if flow.end in (0, 1))
    words = sum(word.value for word in words_of(trained_predictor(), TEXT, contrast.weights(4)).words)
    assert ends == pytest.approx(words + sum(contrast.of(c.values) for c in said.contributions), abs=1e-6)
    flow_figure(record)


def test_a_contrast_is_its_weights():
    for contrast in (Contrast(0), Contrast(2, -1), Contrast(1, 3)):
        values = (0.3, -1.0, 2.5, 4.0)
        assert contrast.of(values) == pytest.approx(sum(a * b for a, b in zip(contrast.weights(4), values, strict=True)))


@settings(max_examples=15, deadline=None)
@given(some.lists(some.tuples(some.text(max_size=20), some.floats(-5, 5), some.floats(0, 1)), max_size=20))
def test_means_are_drawn_whatever_they_are(rows):
    carried_figure(CarriedRecord(tuple(rows)), "score")
    figure(moved_spec([row[0] for row in rows], [0, 1], [[row[1], row[2]] for row in rows], 1, "round", "score"))
    figure(gains_spec(["a", "b"], ["c"], [[1.0], [None]], "by"))


def test_bars_know_their_edges_and_their_paths():
    said = explain(trained_predictor(), "The spoke is bent.")
    paths = {c.triple: trained_predictor().graph.triples[:2] for c in said.contributions}
    spec = waterfall_spec(waterfall_record(said, Contrast(0)), "explain-graph", paths)
    path = {"e:" + "\x1f".join(triple) for triple in trained_predictor().graph.triples[:2]}
    ids = [edges for trace in spec["data"] for edges in trace.get("customdata", []) if edges]
    assert {edges[0] for edges in ids} == {"e:" + "\x1f".join(c.triple) for c in said.contributions} and all(set(edges[1:]) <= path for edges in ids)
    assert spec["layout"]["meta"] == {"graph": "explain-graph"}


@pytest.mark.parametrize("words", HOSTILE)
def test_a_file_of_a_view_loads_nothing_and_keeps_data_as_text(words):
    said = explanation((0.5, -1.0), [(1.0, 2.0)])
    charts = [("Bars", waterfall_spec(waterfall_record(said.model_copy(update={"contributions": (said.contributions[0].model_copy(update={"head_name": words}),)}), Contrast(0))))]
    made = standalone(words, words, [words], charts, None, (("a", "b"), [(words, "1")]), words)
    ours = re.sub(r"<script>.*?</script>", "", made, count=1, flags=re.S)  # the first is plotly.js
    assert "<img" not in ours and "<a " not in ours and ours.count("<script>") == 1 == ours.count("</script>")
    assert not re.search(r"""(?:src|href)=["']?(?:https?:)?//""", ours)


def test_a_file_with_a_graph_holds_its_library():
    said = explain(trained_predictor(), TEXT)
    record = explain_record(trained_predictor().graph, said, said, Contrast(1), Edits())
    made = standalone("t", TEXT, [], [], ("Graph", record), (("a", "b"), []), "foot")
    assert "vis-network" in made and "sandbox=\"allow-scripts\"" in made and "default-src 'none'" in made

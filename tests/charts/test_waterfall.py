"""The laws of the waterfall: it adds up, whatever the order of its parts and however many are shown."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as some

from fedviz.charts.contrast import AVERAGE, Contrast
from fedviz.charts.waterfall import build, difference_record, triple_label, waterfall_figure, waterfall_record, waterfall_spec
from fedviz.explain.influence import compare
from tests.charts.hostile import HOSTILE
from tests.charts.toy import explanation

numbers = some.floats(-50, 50, allow_nan=False).map(lambda value: round(value, 6))
parts = some.lists(some.tuples(some.text(max_size=5), numbers), max_size=40)


@given(numbers, parts, some.integers(1, 15))
def test_bars_add_up_exactly(start, summands, shown):
    record = build("from", "to", start, summands, shown)
    assert record.end == math.fsum([start, *(value for _label, value in summands)])
    assert record.gain == pytest.approx(record.end - start, abs=1e-9)
    places = [start, *(step.end for step in record.steps)]
    assert [step.start for step in record.steps] == pytest.approx(places[:-1], abs=1e-9)
    assert places[-1] == pytest.approx(record.end, abs=1e-9)


@given(numbers, parts, some.integers(1, 15), some.randoms())
def test_order_changes_nothing(start, summands, shown, random):
    other = list(summands)
    random.shuffle(other)
    assert build("from", "to", start, summands, shown) == build("from", "to", start, other, shown)


@given(numbers, parts, some.integers(1, 15))
def test_grouping_keeps_the_sum_and_the_number_of_triples(start, summands, shown):
    record = build("from", "to", start, summands, shown)
    everything = build("from", "to", start, summands, len(summands) + 1)
    assert record.end == everything.end and record.gain == pytest.approx(everything.gain, abs=1e-9)
    assert sum(step.count for step in record.steps) == len(everything.steps) == sum(value != 0 for _label, value in summands)
    assert len(record.steps) <= shown + 1
    assert all(step.kind == "triple" for step in record.steps[:-1])


@given(some.lists(some.lists(numbers, min_size=3, max_size=3), min_size=1, max_size=12), some.lists(numbers, min_size=3, max_size=3))
def test_every_contrast_of_an_explanation_adds_up(rows, text):
    shown = explanation(text, rows)
    for contrast in (Contrast(0), Contrast(1, AVERAGE), Contrast(2, 0)):
        record = waterfall_record(shown, contrast, 4)
        assert record.start == contrast.of(shown.text_logits)
        assert record.end == pytest.approx(contrast.of(shown.logits), abs=1e-9)


@given(some.lists(some.lists(numbers, min_size=2, max_size=2), min_size=1, max_size=6))
def test_the_way_from_one_model_to_another_adds_up(rows):
    first, second = explanation((0.5, -1.0), rows), explanation((2.0, 0.25), [[value / 2 for value in row] for row in rows][:-1])
    difference = compare(first, second)
    record = difference_record(difference, "one", "two", first.logits[1], Contrast(1), 3)
    assert record.end == pytest.approx(second.logits[1], abs=1e-9)
    assert record.steps[0].kind == "text" and record.steps[0].value == pytest.approx(1.25)


def test_the_greatest_come_first():
    record = build("from", "to", 0.0, [("a", 0.1), ("b", -3.0), ("c", 2.0), ("d", 0.2), ("e", 0.3)], 2)
    assert [step.label for step in record.steps[:2]] == ["b", "c"]
    assert record.steps[2].kind == "rest" and record.steps[2].value == pytest.approx(0.6) and record.steps[2].count == 3


def test_a_single_leftover_is_shown_and_not_called_one_more():
    assert [step.label for step in build("from", "to", 0.0, [("a", 3.0), ("b", 2.0), ("c", 1.0)], 2).steps] == ["a", "b", "c"]


def test_the_figure_draws_the_record():
    record = build("text alone", "with the graph", -1.0, [("for", 3.0), ("against", -0.5)])
    figure = waterfall_figure(record)
    bars = [bar for trace in figure.data if trace.type == "bar" for bar in zip(trace.base, trace.x, strict=True)]
    assert sorted(bars) == sorted([(0.0, -1.0), (-1.0, 3.0), (2.0, -0.5), (0.0, 1.5)])
    patterns = {trace.marker.color: trace.marker.pattern.shape for trace in figure.data if trace.type == "bar" and trace.x == (-0.5,)}
    assert list(patterns.values()) == ["/"], "a bar against the class is hatched, not only coloured"


@pytest.mark.parametrize("word", HOSTILE)
def test_names_stay_words(word):
    spec = waterfall_spec(build(word, word, 0.0, [(triple_label(word, word, word), 1.0)]))
    texts = [note["text"] for note in spec["layout"]["annotations"]] + [text for trace in spec["data"] if trace["type"] == "bar" for text in trace["hovertext"]]
    assert all("<" not in text.replace("<br>", "") for text in texts)
    assert all(len(text) < 400 for text in texts)


def test_a_path_of_several_steps_is_told_from_a_triple():
    assert triple_label("A", "is_a*", "B") == "A is_a … B" != triple_label("A", "is_a", "B")

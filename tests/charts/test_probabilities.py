"""Paired bars: nothing is lost, and the class that is looked at is always there."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as some

from fedviz.charts.probabilities import pair_record, probabilities_figure, probabilities_spec


def distribution(weights: list[int]) -> list[float]:
    return [weight / sum(weights) for weight in weights]


pairs = some.integers(2, 30).flatmap(lambda count: some.tuples(*(some.lists(some.integers(1, 99), min_size=count, max_size=count),) * 2))


@given(pairs, some.integers(1, 8), some.data())
def test_all_probability_is_shown(weights, shown, data):
    first, second = map(distribution, weights)
    target = data.draw(some.integers(0, len(first) - 1))
    record = pair_record(("a", "b"), [f"class {n}" for n in range(len(first))], first, second, target, shown)
    for column in (1, 2):
        assert math.fsum(row[column] for row in record.rows) == pytest.approx(1)
    assert record.rows[record.chosen][0] == f"class {target}"
    assert len(record.rows) <= shown + 2


def test_two_bars_a_class_told_apart_without_colour():
    record = pair_record(("with", "without"), ("x", "y"), (0.9, 0.1), (0.4, 0.6), 0)
    figure = probabilities_figure(record)
    assert [tuple(trace.x) for trace in figure.data] == [(90.0, 10.0), (40.0, 60.0)]
    assert len({trace.marker.pattern.shape for trace in figure.data}) == 2


def test_a_class_name_is_no_markup():
    record = pair_record(("a", "b"), ("<img src=x onerror=alert(1)>", "y"), (1, 0), (0, 1), 0)
    assert "<" not in probabilities_spec(record)["layout"]["annotations"][0]["text"]

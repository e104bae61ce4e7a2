"""Runs over each other: their curves, and exactly the options in which they differ."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedviz.charts.overlay import NOT_THERE, differences, overlay_figure, overlay_record
from fedviz.core.config import RunConfig
from fedviz.runs.run_view import RunView

BASE = RunConfig.parse({"scenario": "toy", "model": "toy"})


def view(title, *values):
    return RunView(title=title, global_metrics=tuple((i, {"accuracy": value, "loss": 2 * value}) for i, value in enumerate(values)))


@pytest.mark.parametrize(("metric", "factor"), [("accuracy", 100), ("loss", 2)])
def test_a_curve_a_run(metric, factor):
    figure = overlay_figure(overlay_record([view("A", 0.1, 0.5), view("B", 0.2)], metric))
    assert [trace.name for trace in figure.data] == ["A", "B"]
    assert [list(trace.y) for trace in figure.data] == [[0.1 * factor, 0.5 * factor], [0.2 * factor]]
    assert len({(trace.line.color, trace.line.dash) for trace in figure.data}) == 2


def test_a_run_without_rounds_has_an_empty_curve():
    record = overlay_record([RunView(title="<b>new</b>"), view("B", 0.2)], "macro_f1")
    assert [curve.rounds for curve in record.curves] == [(), ()]
    assert "<" not in record.curves[0].name
    overlay_figure(record)


def test_equal_configurations_do_not_differ():
    assert differences([BASE, BASE.updated({})]) == ()


@given(st.dictionaries(st.sampled_from(["federation.rounds", "federation.clients", "federation.batch_size", "seed"]), st.integers(40, 99)))
def test_what_was_changed_is_what_differs(changes):
    found = differences([BASE, BASE.updated(changes)])
    assert {row.key: row.values[1] for row in found} == {key: str(value) for key, value in changes.items()}


def test_an_option_that_one_lacks_is_said():
    found = {row.key: row.values for row in differences([BASE, BASE.updated({"federation.strategy": {"name": "fedprox", "mu": 0.5}})])}
    assert found["federation.strategy.mu"] == (NOT_THERE, "0.5")
    assert found["federation.strategy.name"] == ("fedavg", "fedprox")


def test_lists_and_truth_values_read_well():
    found = {row.key: row.values for row in differences([BASE, BASE.updated({"federation.absent_clients": [1, 2], "federation.compare": False})])}
    assert found["federation.absent_clients"] == ("", "1, 2")
    assert found["federation.compare"] == ("true", "false")

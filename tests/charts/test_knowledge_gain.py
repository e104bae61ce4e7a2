"""The measured gain of the graph: which rows become which curve, and where we may say that it helps."""

import pytest

from fedviz.charts.knowledge_gain import gain_figure, gain_record


def rows(gain: float, spread: float, labels: str = "5", shuffled: float = -1.0, **others):
    """Three rows of one cell, as the measurement writes them."""
    shared = {"task": "some-task", "labels": labels, "tuning": "head", "missing": "none", "spread": 2.0, "accuracy of the missing": None} | others
    return [
        shared | {"model": "text alone", "accuracy": 50.0, "gain": None, "gain spread": None, "wins": None},
        shared | {"model": "with graph", "accuracy": 50.0 + gain, "gain": gain, "gain spread": spread, "wins": "5/5"},
        shared | {"model": "shuffled graph", "accuracy": 50.0 + shuffled, "gain": shuffled, "gain spread": 1.0, "wins": "1/5"},
    ]


@pytest.mark.parametrize(("gain", "spread", "helps"), [(11.0, 2.0, True), (0.9, 0.1, False), (3.0, 4.0, False), (-2.0, 0.5, False)])
def test_it_helps_only_where_it_gains_a_point_and_more_than_its_spread(gain, spread, helps):
    (panel,) = gain_record(rows(gain, spread))
    assert panel.weak() == (() if helps else ("5",))


def test_cells_become_panels_and_other_tunings_stay_out():
    found = gain_record(rows(9, 1) + rows(2, 3, "all") + rows(7, 1, missing="one hospital") + rows(5, 1, tuning="lora"))
    assert [(panel.missing, panel.labels, panel.weak()) for panel in found] == [(False, ("5", "all"), ("all",)), (True, ("5",), ())]


def test_where_the_shuffled_graph_gains_as_much_it_is_the_linking():
    (panel,) = gain_record(rows(11, 1) + rows(11, 1, "all", shuffled=9.5) + rows(0.5, 1, "1", shuffled=0.4))
    assert panel.linking() == ("all",) and panel.weak() == ("1",)


def test_each_point_is_drawn_with_its_spread():
    (panel,) = gain_record(rows(9, 1) + rows(2, 3, "all"))
    drawn = gain_figure(panel)
    graph = next(line for line in drawn.data if line.name == "with the graph")
    assert list(graph.y) == [59, 52] and list(graph.error_y.array) == [2, 2]


def test_what_was_measured_without_the_control_is_left_out():
    assert gain_record(rows(9, 1)[:2]) == ()
    (panel,) = gain_record(rows(9, 1, "8")[:2] + rows(11, 1))
    assert panel.labels == ("5",)


def test_other_ways_and_a_wrong_graph_are_no_line_of_these():
    others = [rows(9, 1)[1] | {"model": "rules"}, *(one | {"rewired": 0.5, "accuracy": 1.0} for one in rows(9, 1))]
    (panel,) = gain_record(rows(11, 1) + others)
    assert panel.found["with graph"][0].accuracy == 61.0 and set(panel.found) == {"text alone", "with graph", "shuffled graph"}

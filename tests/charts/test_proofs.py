"""The curves behind the proofs."""

import pytest

from fedviz.charts.proofs import accuracy_figure, curves_record, distance_figure


def test_accuracy_is_drawn_in_per_cent_from_round_0():
    drawn = accuracy_figure(curves_record({"FedSGD <b>": [0.1, 0.5, 0.9]}))
    assert list(drawn.data[0].x) == [0, 1, 2] and list(drawn.data[0].y) == pytest.approx([10, 50, 90])
    assert drawn.data[0].name == "FedSGD &lt;b&gt;"


def test_a_distance_of_zero_has_a_place_on_the_logarithmic_axis():
    drawn = distance_figure(curves_record({"SCAFFOLD": [1.0, 0.0], "FedAvg": [1.0, 0.3]}))
    assert drawn.layout.yaxis.type == "log" and list(drawn.data[0].y) == [1.0, 1e-17]
    assert drawn.data[0].line.dash != drawn.data[1].line.dash


def test_what_is_no_list_of_numbers_is_refused():
    with pytest.raises((TypeError, ValueError)):
        curves_record({"FedAvg": ["x"]})

"""The charts of membership and properties."""

import pytest

from fedviz.charts.leakage import auc_figure, by_epochs, by_noise, points


def row(attack, trained, setting, value, control=0.5):
    return {"attack": attack, "trained": trained, "setting": setting, "value": value, "spread": 0.01, "control": control, "control spread": 0.02}


ROWS = [
    {"attack": "words", "setting": "none"}, row("membership", "head", "1 epochs", 0.7), row("membership", "head", "20 epochs", 0.9, 0.51),
    row("membership", "head", "20 epochs, noise 0.1", 0.6, 0.49), row("property", "head", "5 epochs", 0.98),
]  # fmt: skip


def test_epochs_without_noise_stand_beside_their_control():
    drawn = auc_figure(by_epochs(points(ROWS)), "local epochs")
    lines = {line.name: line for line in drawn.data}
    assert list(lines["membership, head"].x) == ["1", "20"] and list(lines["membership, head"].y) == [0.7, 0.9]
    assert list(lines["control"].y) == [0.5, 0.51] and list(lines["control"].error_y.array) == [0.02, 0.02]
    assert list(drawn.layout.xaxis.categoryarray) == ["1", "5", "20"]


def test_noise_is_drawn_for_those_that_were_measured_with_it():
    lines = by_noise(points(ROWS))
    assert [(line.kind[0], line.labels, line.values) for line in lines] == [("membership", ("0", "0.1"), (0.9, 0.6)), ("control", ("0", "0.1"), (0.51, 0.49))]


@pytest.mark.parametrize("bad", [row("membership", "head", "some", 1), row("membership", "full", "1 epochs", 1), row("property", "head", "1 epochs", "x")])
def test_what_is_no_measurement_is_refused(bad):
    with pytest.raises((TypeError, ValueError, KeyError)):
        points([bad])

"""The bench of missing machines: what a row says, and what is judged."""

from fedviz.bench import machines
from fedviz.bench.machines import FEW, TASKS


def test_gains_are_over_text_alone_on_the_same_seeds():
    each = [{"text alone": 50.0, "with graph": 55.0}, {"text alone": 60.0, "with graph": 59.0}]
    row = machines._row(TASKS[0], FEW, "C", "with graph", each)
    assert (row["accuracy"], row["gain"], row["wins"]) == (57.0, 2.0, "1/2")
    assert machines._row(TASKS[0], FEW, "C", "text alone", each)["gain"] is None


def test_a_gain_that_is_too_small_is_not_passed():
    rows = [machines._row(TASKS[0], FEW, "C", way, [{"text alone": 50.0, way: 50.0 + gain} for gain in (3.0, 4.0)]) for way in ("with graph", "shuffled graph")]
    assert [check.passed for check in machines.judged(rows)] == [False]

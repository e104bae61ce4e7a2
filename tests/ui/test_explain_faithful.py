"""What the badge says of figures: no praise where chance does as well, and alarm where the sum is not the model's own."""

import pytest

from fedviz.charts.faithful import curves_record, curves_spec
from fedviz.explain.faithfulness import GRID, RANKINGS, Faithfulness, Ranked, Score
from fedviz.ui.explain_faithful import label, sentences


def measured(ours: float = 0.3, control: float = 0.1, error: float = 1e-6) -> Faithfulness:
    found = {"contribution": ours, "random": control, "greedy": max(ours, 0.4)}

    def ranked(name):
        score = Score(mean=found.get(name, 0.2), spread=0.1)
        return Ranked(
            ranking=name, comprehensiveness=score, sufficiency=score, deletion_area=score, insertion_area=score, deletion=(0.5,) * GRID, insertion=(0.25,) * GRID
        )

    return Faithfulness(texts=10, without=2, triples=7.0, additivity_error=error, removal_error=error, rankings=tuple(map(ranked, RANKINGS)))


def test_ours_stands_beside_chance():
    assert "0.30, random order 0.10" in label(measured()) and "3.0 times" in sentences(measured())[0] and "75 %" in sentences(measured())[0]


def test_no_better_than_chance_is_said():
    assert any("no better than chance" in words for words in sentences(measured(ours=0.1, control=0.1)))
    assert not any("no better than chance" in words for words in sentences(measured()))


@pytest.mark.parametrize("control", [0.0, -0.1])
def test_chance_that_loses_nothing_is_no_measure(control):
    assert measured(control=control).ratio is None and "no measure" in sentences(measured(control=control))[0]


def test_a_sum_that_is_not_the_models_own_is_red():
    assert ":red-badge" in label(measured(error=2e-5)) and ":red-badge" not in label(measured())


def test_curves_have_every_order_and_greedy_only_takes_out():
    spec = curves_spec(curves_record(measured(), "deletion"))
    assert len(spec["data"]) == len(RANKINGS) and spec["data"][0]["x"][-1] == 100 and set(spec["data"][0]["y"]) == {50.0}
    assert len(curves_spec(curves_record(measured(), "insertion"))["data"]) == len(RANKINGS) - 1


def test_the_badge_reads_in_chinese_as_markup(chinese):
    assert label(measured()).count("badge[") == 2

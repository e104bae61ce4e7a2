"""The bench of faithfulness: what a row says, what is judged, and when the stated figure is out of anybody's reach."""

import pytest

from fedviz.bench.faithfulness import judged, notes, scenario_rows
from fedviz.explain.faithfulness import GRID, RANKINGS, Faithfulness, Ranked, Score
from fedviz.explain.paraphrase import Moves, stability


def found(ours: float, control: float = 0.02, best: float = 0.5, error: float = 1e-6, full: float = 0.9) -> Faithfulness:
    values = {"contribution": ours, "random": control, "greedy": best}

    def ranked(name):
        score = Score(mean=values.get(name, 0.1), spread=0.0)
        return Ranked(
            ranking=name, comprehensiveness=score, sufficiency=score, deletion_area=score, insertion_area=score, deletion=(full,) * GRID, insertion=(full,) * GRID
        )

    moves = stability([Moves(0.5, True, True, 0.25, 0.1, 0.0), Moves(None, False, True, 0.75, 0.3, 0.0)])
    return Faithfulness(texts=2, without=0, triples=3, additivity_error=error, removal_error=error, rankings=tuple(map(ranked, RANKINGS)), paraphrase=moves)


def test_rows_are_means_over_seeds_beside_their_controls():
    rows = {row["what"]: row for row in scenario_rows("toy", [found(0.3), found(0.5)])}
    ours = rows["contribution"]
    assert (ours["comprehensiveness"], ours["times random"], ours["share of greedy"], ours["texts"]) == (pytest.approx(0.4), pytest.approx(20), pytest.approx(0.8), 4)
    assert ours["comprehensiveness spread"] == pytest.approx(0.2 / 2**0.5)
    moved = rows["other names"]
    assert (moved["correlation"], moved["same_links"], moved["share"], moved["moved_share"]) == (0.5, 0.5, 0.5, pytest.approx(0.2))
    assert rows["other entities"]["correlation"] is None and all(row.keys() == ours.keys() for row in rows.values())


@pytest.mark.parametrize(
    ("one", "passed"),
    [
        (found(0.5), [True] * 4),
        (found(0.1), [False, False, True, True]),
        (found(0.5, control=0.0), [False, True, True, True]),
        (found(0.5, error=2e-5), [True, True, False, False]),
    ],
)
def test_each_figure_can_fail(one, passed):
    assert [check.passed for check in judged("toy", [one])] == passed


def test_a_figure_that_no_order_can_reach_is_said_to_be_one():
    assert not any("toy" in words for words in notes(scenario_rows("toy", [found(0.5)]), 1, 1))
    assert "out of reach" not in notes(scenario_rows("toy", [found(0.1)]), 1, 1)[-1]
    said = notes(scenario_rows("toy", [found(0.3, control=0.1, full=0.6)]), 1, 1)[-1]
    assert "3.0 times random" in said and "out of reach" in said and "6.0 times" in said

"""The table of the bench of instruction tuning: shares in percent, by kind of question, and what is checked."""

import pytest

from fedviz.bench import instruction
from fedviz.bench.instruction import FEDERATED, PRETRAINED
from fedviz.models.generation.measure import Answered, Scores


def scored(supported, claims):
    answers = tuple(Answered(question="q", answer="a", exact=0, f1=0.5, supported=some, contradicted=0, unknown=claims - some) for some in supported)
    share = sum(one.share for one in answers) / len(answers)
    return Scores(questions=len(answers), exact=0, f1=0.5, supported_share=share, supported=sum(supported), contradicted=0, unknown=0, silent=0, perplexity=3, neutral=40), answers


def test_rows_are_means_over_seeds_and_the_gain_is_checked():
    kinds = ["kind", "kind", "yes", "no"]
    before = [instruction._means([scored([0, 0, 1, 0], 1)], kinds), instruction._means([scored([0, 1, 1, 0], 1)], kinds)]
    after = [instruction._means([scored([1, 0, 1, 1], 1), scored([0, 0, 1, 1], 1)], kinds)] * 2
    rows = [instruction._row(name, facts, found, before) for facts in (False, True) for name, found in ((PRETRAINED, before), (FEDERATED, after))]
    assert [row["supported, %"] for row in rows] == [37.5, 62.5, 37.5, 62.5]
    assert (rows[1]["kind, %"], rows[1]["yes, %"], rows[1]["name, %"]) == (25, 100, None)
    assert rows[1]["gain"] == 25 and rows[1]["spread"] == pytest.approx(17.68, abs=0.01) and rows[0]["gain"] is None
    assert [check.passed for check in instruction._checks(rows, [100, 90])] == [True, True, True]
    assert [check.passed for check in instruction._checks([rows[0], {**rows[1], "gain": 10}, *rows[2:]], [80, 400])] == [False, False, True]

"""The table of the bench of instruction tuning: shares in percent, by kind of question, and what is checked."""

from fedviz.bench import instruction
from fedviz.bench.instruction import FEDERATED, PRETRAINED
from fedviz.models.generation.measure import Answered, Scores


def scored(supported, claims):
    answers = tuple(Answered(question="q", answer="a", exact=0, f1=0.5, supported=some, contradicted=0, unknown=claims - some) for some in supported)
    share = sum(one.share for one in answers) / len(answers)
    return Scores(questions=len(answers), exact=0, f1=0.5, supported_share=share, supported=sum(supported), contradicted=0, unknown=0, silent=0, perplexity=3, neutral=40), answers


def test_rows_are_means_and_the_gain_is_checked():
    kinds = ["kind", "kind", "yes", "no"]
    rows = [instruction._row(name, facts, some, kinds) for facts in (False, True) for name, some in ((PRETRAINED, [scored([0, 0, 1, 0], 1)]), (FEDERATED, [scored([1, 0, 1, 1], 1), scored([0, 0, 1, 1], 1)]))]
    assert [row["supported, %"] for row in rows] == [25, 62.5, 25, 62.5]
    assert (rows[1]["kind, %"], rows[1]["yes, %"], rows[1]["name, %"]) == (25, 100, None)
    assert [check.passed for check in instruction._checks(rows, 100, 200)] == [True, True, True, True]
    assert [check.passed for check in instruction._checks([rows[0], {**rows[1], "supported, %": 30}, *rows[2:]], 700, 400)] == [False, False, False, True]

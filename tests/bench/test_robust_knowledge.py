"""The bench of stresses: each is a valid configuration of its own, the figure is judged on the row that it names, and harm and cost are told."""

import pytest

from fedviz.bench import robust_knowledge as bench
from fedviz.bench.robust_knowledge import GRAPH, TEXT, VALIDATED, Found, Stress
from fedviz.core.config import RunConfig


def test_every_stress_is_a_configuration_of_its_own_and_names_no_other_section():
    digests = set()
    for task, stresses in bench.FULL:
        base = RunConfig.parse({"scenario": {"name": task}, "federation": bench.FEDERATION})
        for stress in stresses:
            changed = base.updated(stress.changes)
            assert (changed == base) == (stress.name == "none")
            digests.add(changed.digest())
    assert len(digests) == sum(len(stresses) for _, stresses in bench.FULL)
    wanted = {"wrong labels", "typos", "lay words", "missing client", "unseen classes", "unseen entities", "rewired", "poisoned", "stale"}
    assert wanted <= {stress.name for _, stresses in bench.FULL for stress in stresses}


def rows(graph: float, validated: float, stress: Stress = Stress("rewired", 0.5, {})):  # noqa: B008 - a frozen tuple
    """Three rows of three seeds, text alone at 50 % and a little spread."""
    texts = [Found(0.5 + wiggle, None, None) for wiggle in (-0.01, 0.0, 0.01)]
    found = {TEXT: texts, GRAPH: [one._replace(accuracy=one.accuracy + graph) for one in texts]}
    found[VALIDATED] = [one._replace(accuracy=one.accuracy + validated, trust=(0.0, 0.5)) for one in texts]
    return [bench._row(bench.CODING, stress, way, found[way], texts) for way in bench.WAYS]


@pytest.mark.parametrize(("validated", "passed"), [(0.02, True), (-0.009, True), (-0.02, False)])
def test_the_figure_is_judged_on_validated_trust_with_half_the_triples_rewired(validated, passed):
    (check,) = bench.judged([*rows(-0.3, validated), *rows(-0.3, -0.3, Stress("rewired", 0.25, {}))])
    assert check.passed is passed and check.value == pytest.approx(-100 * validated)


def test_a_row_tells_gain_wins_and_trust():
    text, graph, validated = rows(-0.1, 0.05)
    assert text["gain"] is None and graph["gain"] == pytest.approx(-10) and graph["wins"] == "0/3" and validated["wins"] == "3/3"
    assert (validated["trust in evidence"], validated["trust in structure"], graph["trust in structure"]) == (0.0, 0.5, None)


def test_harm_and_the_price_of_caution_are_told():
    some = [*rows(-0.1, 0.0), *rows(0.05, 0.02, bench._PLAIN)]
    words = " ".join(bench.notes(some, 3))
    assert "rewired 0.5: -10.0, validated 0.0" in words and "validated trust gains 2.0 points and full trust 5.0" in words
    assert "nowhere" in " ".join(bench.notes(rows(0.1, 0.1), 3))

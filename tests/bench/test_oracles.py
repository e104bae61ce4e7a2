"""Other frameworks as oracles: ours is the papers', a comparison can fail, what is named is a difference, and what is missing is a sentence."""

import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from fedviz.bench import foreign, oracles
from fedviz.bench.foreign import Framework
from fedviz.bench.oracles import CASES, FRAMEWORKS, LIMIT, apart, compared, document, ours
from fedviz.bench.oracles_named import NAMED
from fedviz.bench.oracles_paper import RULES, World

RESULTS = Path(__file__).parents[2] / "docs" / "results" / "oracles.json"
NOTHING = Framework("no_such_framework", "no-such-framework", "1.0", (), 0.1)


def silent(line: str) -> None:
    pass


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_ours_is_the_papers(case) -> None:
    world = World(document(2), case.even)
    assert apart(ours(world, case), RULES[case.name](world, case.options)) < 1e-12


def test_what_is_named_differs_from_the_paper() -> None:
    cases, asked = {case.name: case for case in CASES}, {(framework, case.name) for case in CASES for framework in case.frameworks}
    assert set(NAMED) <= asked
    for (_, name), named in NAMED.items():
        world = World(document(2), cases[name].even)
        assert apart(named.rule(world, cases[name].options), RULES[name](world, cases[name].options)) > 100 * LIMIT


def test_a_comparison_can_fail() -> None:
    mine, far, other = [np.zeros(3)], [np.full(3, 0.5)], [np.full(3, 0.25)]

    def state(theirs, named):
        row = compared("other 1.0", "fedavg", mine, mine, theirs, named, "It says so.")
        return row["state"], row["reason"]

    assert state([np.full(3, LIMIT / 2)], None) == ("same", "")
    assert state(far, far) == ("named", "It says so.")
    assert state(far, other) == state(far, None) == state([np.full(3, np.nan)], None) == state([np.zeros(2)], None) == ("unexplained", "")
    assert state(None, None) == ("not installed", "")


def test_two_models_are_as_far_apart_as_their_farthest_weight_in_any_round() -> None:
    assert apart([np.array([0.0, 1.0]), np.zeros(2)], [np.array([0.0, 3.0]), np.array([0.5, 0.0])]) == 2.0
    assert apart([np.zeros(2)], [np.zeros(2), np.zeros(2)]) == float("inf")


@pytest.mark.parametrize("quick", [True, False])
def test_a_framework_that_is_missing_is_a_row_and_fails_the_full_measurement_alone(monkeypatch, quick) -> None:
    monkeypatch.setattr(oracles, "CASES", CASES[:1])
    monkeypatch.setattr(oracles, "FRAMEWORKS", {"pfl": replace(FRAMEWORKS["pfl"], version="no such version", packages=())})
    monkeypatch.setattr(Framework, "python", lambda self, install, say: install and say("pfl is not installed: there is no network.") or None)
    result = oracles.measure(quick, silent)
    assert [row["state"] for row in result.rows] == ["not installed"] and len(result.notes) == 1 and "not installed" in result.notes[0]
    assert result.passed is quick


@pytest.mark.parametrize("theirs", ["right", "wrong"])
def test_the_measurement_believes_weights_alone(monkeypatch, theirs) -> None:
    def answer(command, question, limit_s):
        weights = RULES["fedavg"](World(question["document"]), {})
        return {"fedavg": [(w + (theirs == "wrong")).tolist() for w in weights]}

    monkeypatch.setattr(oracles, "CASES", CASES[:1])
    monkeypatch.setattr(oracles, "answer", answer)
    monkeypatch.setattr(Framework, "python", lambda self, install, say: "python")
    result = oracles.measure(True, silent)
    assert [row["state"] for row in result.rows] == [{"right": "same", "wrong": "unexplained"}[theirs]] * 2
    assert result.passed is (theirs == "right")


def test_an_environment_that_cannot_be_made_is_one_sentence(monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("FEDVIZ_HOME", str(tmp_path))
    monkeypatch.setattr(Framework, "has", lambda self, python: False)
    said: list[str] = []
    assert NOTHING.python(False, said.append) is None and said == []
    assert replace(NOTHING, size_gb=1e9).python(True, said.append) is None and len(said) == 1 and "free" in said[0]
    monkeypatch.setattr(foreign.venv, "create", lambda *_, **__: (_ for _ in ()).throw(OSError("no disk")))
    assert NOTHING.python(True, said.append) is None and said[-1] == "no-such-framework 1.0 is not installed: OSError."


def test_a_foreign_program_is_asked_and_its_failure_is_told() -> None:
    echo = [sys.executable, "-c", "import json, sys; q = json.load(sys.stdin); print('noise'); print(json.dumps(q['a']))"]
    assert foreign.answer(echo, {"a": [1]}) == [1]
    with pytest.raises(ValueError, match="KeyError: 'a'"):
        foreign.answer(echo, {})


def test_the_shipped_result_compares_every_case_and_explains_every_difference() -> None:
    shipped = json.loads(RESULTS.read_text())
    titles = {(f"{framework.project} {framework.version}", oracles._title(case.name)): (name, case.name) for name, framework in FRAMEWORKS.items() for case in CASES if name in case.frameworks}
    assert [(row["framework"], row["algorithm"]) for row in shipped["rows"]] == list(titles)
    assert shipped["passed"] and shipped["notes"] == []
    for row in shipped["rows"]:
        named = NAMED.get(titles[row["framework"], row["algorithm"]])
        assert (row["state"], row["reason"]) == (("named", named.reason) if named else ("same", ""))
        assert row["left"] <= LIMIT and row["paper"] <= LIMIT and (row["difference"] > LIMIT) is bool(named)

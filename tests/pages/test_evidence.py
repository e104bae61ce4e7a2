"""The page Evidence: the measured gains by scenario in sentences, charts and a table, and one sentence where there are none."""

import json

import pytest

from fedviz.charts.stress import KINDS, NONE
from fedviz.ui import evidence, stress_results
from tests.charts.test_evidence import row
from tests.charts.test_stress import RIGHT, rows

DOCUMENT = {
    "rows": [row("with graph", 11.0), row("rules", 0.0, 1.0), row("shuffled graph", -4.0), row("with graph", 0.2, 0.9, task="other-task"), row("validated trust", -3.0, rewired=0.5)],
    "checks": [{"what": "a figure", "value": 1.0, "limit": "at most 2", "passed": True}, {"what": "another", "value": 3.0, "limit": "at most 2", "passed": False}],
    "notes": ["A <b>note</b>."],
    "series": {f"suspects, {way}": {"some-task": [0.5, 0.6]} for way in ("graph", "shuffled graph", "by chance")},
    "machine": {"fedviz": "9.9"},
}


def said(at):
    return " ".join(str(element.value) for element in (*at.markdown, *at.caption, *at.info)).replace("\\", "")


@pytest.fixture
def results(tmp_path, monkeypatch):
    """`results(document)`: what the page reads; of wrong texts and graphs nothing."""
    monkeypatch.setattr(evidence, "RESULTS", tmp_path / "knowledge.json")
    monkeypatch.setattr(stress_results, "RESULTS", tmp_path / "robust_knowledge.json")
    return lambda text: (tmp_path / "knowledge.json").write_text(text if isinstance(text, str) else json.dumps(text))


def test_the_shipped_file_is_shown(open_page):
    at = open_page("evidence")
    assert not at.exception
    document = json.loads(evidence.RESULTS.read_text())
    assert list(at.selectbox(key="evidence-task").options) and "does not help" in said(at)
    assert f"of {len(document['checks'])}** hold" in said(at)


def test_a_scenario_on_which_the_graph_does_not_help_says_so(open_page, results):
    results(DOCUMENT)
    at = open_page("evidence")
    assert "+11.0 ± 1.0 points" in said(at) and "does not help by way of: rule loss" in said(at) and "costs 3.0" in said(at)
    assert list(at.dataframe[0].value["Verdict"]) == ["helps", "does not help", "harms"]
    at.selectbox(key="evidence-task").set_value("other-task").run()
    assert "The graph does not help here" in said(at) and "+11.0" not in said(at)


def test_the_address_names_the_scenario(open_page, results):
    results(DOCUMENT)
    at = open_page("evidence", scenario="other-task")
    assert at.selectbox(key="evidence-task").value == "other-task" and "The graph does not help here" in said(at)
    at.selectbox(key="evidence-task").set_value("some-task").run()
    assert at.query_params["scenario"] in ("some-task", ["some-task"]) and "+11.0 ± 1.0 points" in said(at)
    assert open_page("evidence", scenario="no-such").selectbox(key="evidence-task").value == "some-task"


def test_figures_that_were_missed_are_said_to_be(open_page, results):
    results(DOCUMENT)
    at = open_page("evidence")
    assert "**1 of 2** hold" in said(at) and list(at.dataframe[-1].value["Holds"]) == ["yes", "no"]
    assert "<b>note</b>" in said(at), "data is text"


@pytest.mark.parametrize("damaged", [None, "", "[]", '{"rows": 3}', {"rows": [{"model": "with graph"}]}, DOCUMENT | {"checks": [3]}, DOCUMENT | {"series": []}, DOCUMENT | {"machine": None}])
def test_without_a_measurement_there_is_one_sentence(open_page, results, damaged):
    if damaged is not None:
        results(damaged)
    at = open_page("evidence")
    assert "python -m fedviz bench knowledge" in at.info[0].value and not at.dataframe
    assert "python -m fedviz bench robust_knowledge" in at.info[-1].value


STRESSED = {
    "rows": [*RIGHT, *rows("rewired", 0.5, -10.8, -0.4), *rows("typos", 0.3, 4.0, 4.0), *rows(NONE, 0.0, 2.0, 2.0, task="medicine-coding"), *rows("rewired", 0.5, -9.9, -3.0, task="medicine-coding")],
    "checks": [{"what": "a loss", "value": 3.0, "limit": "at most 1", "passed": False}],
    "notes": ["A <b>note</b>."],
}


def test_each_trouble_has_its_verdict_and_what_is_missing_is_said(open_page, results, tmp_path):
    results(DOCUMENT)
    (tmp_path / "robust_knowledge.json").write_text(json.dumps(STRESSED))
    at = open_page("evidence")
    assert "The graph harms: −10.8 ± 1.0" in said(at) and "Validated trust limits the harm" in said(at) and "The graph still helps: +4.0" in said(at)
    assert "a loss: 3 (at most 1), does not hold" in said(at) and "A <b>note</b>." in said(at)
    missing = at.info[-1].value
    assert all((kind.title in missing) == (name not in ("rewired", "typos")) for name, kind in KINDS.items())
    assert set(at.dataframe[-1].value["Model"]) == {"text alone", "with the graph", "validated trust"}
    next(one for one in at.get("button_group") if one.key == "evidence-stress-task").set_value("medicine-coding").run()
    assert "does not limit the harm enough: −3.0" in said(at) and "Typos" in at.info[-1].value


@pytest.mark.parametrize("damaged", ["", "[]", {"rows": 3}, STRESSED | {"checks": 3}, STRESSED | {"rows": RIGHT}])
def test_without_a_measurement_of_troubles_there_is_its_command(open_page, results, tmp_path, damaged):
    results(DOCUMENT)
    (tmp_path / "robust_knowledge.json").write_text(damaged if isinstance(damaged, str) else json.dumps(damaged))
    assert "python -m fedviz bench robust_knowledge" in open_page("evidence").info[-1].value

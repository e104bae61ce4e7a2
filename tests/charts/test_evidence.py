"""The sentences and charts of the measured ways in: they say what the rows say, most of all where the graph does not help."""

import pytest

from fedviz.charts.evidence import Panel, evidence_record, labels_spec, suspects_spec, ways_spec, wrong_spec
from fedviz.charts.evidence_words import panel_words, sentences, suspect_words, task_words, wrong_words
from fedviz.charts.theme import figure


def row(way, gain, p=0.001, spread=1.0, labels="5", **others):
    """A row as the measurement writes it."""
    return {
        "task": "some-task", "labels": labels, "tuning": "head", "missing": "none", "rewired": 0.0, "model": way, "seeds": 8, "gain": gain, "gain spread": spread, "p corrected": p,
        "gain of the missing": None, "gain spread of the missing": None, "p of the missing corrected": None,
    } | others  # fmt: skip


def panel(*rows) -> Panel:
    (found,) = evidence_record({"rows": rows}).panels
    return found


def said(*rows) -> str:
    return " ".join(panel_words(panel(*rows)))


@pytest.mark.parametrize(("gain", "p"), [(0.9, 0.001), (8.0, 0.2), (-3.0, 0.001), (0.0, 1.0)])
def test_without_a_sure_point_it_says_that_the_graph_does_not_help(gain, p):
    words = said(row("with graph", gain, p))
    assert "The graph does not help here" in words and "Most is gained" not in words


def test_a_sure_gain_is_said_with_its_numbers():
    words = said(row("with graph", 11.0), row("rules", 0.0, 1.0), row("shuffled graph", -4.0))
    assert "evidence: +11.0 ± 1.0 points with 5 labels a class (p = 0.001, 8 seeds)" in words
    assert "It does not help by way of: rule loss." in words
    assert "The shuffled graph does not help, as it should not" in words


def test_a_way_that_helps_with_few_labels_alone_is_said_not_to_with_many():
    words = said(row("with graph", 11.0, labels="1"), row("with graph", 0.5, 0.3, labels="all"))
    assert "By way of triple evidence it does not help with all labels a class." in words


def test_a_gain_that_may_be_chance_is_neither_help_nor_none():
    words = said(row("with graph", 11.0), row("with graph", 5.0, 0.4, labels="1"))
    assert "with 1 labels a class, but that may be chance" in words and "does not help" not in words


def test_harm_is_called_harm():
    assert "It harms by way of augmentation with 5 labels a class: −3.0 points." in said(row("with graph", 5.0), row("augmentation", -3.0))


def test_a_control_that_gains_is_not_passed_over():
    words = said(row("with graph", 11.0), row("shuffled graph", 9.0))
    assert "The shuffled graph gains too with 5 labels" in words and "not the structure" in words


def test_a_missing_party_has_a_panel_of_its_own_texts():
    both = row("with graph", 1.0, 0.9, missing="one party") | {"gain of the missing": 6.0, "gain spread of the missing": 1.0, "p of the missing corrected": 0.002}
    panels = {one.whose: one for one in evidence_record({"rows": [both, row("with graph", 2.0)]}).panels}
    assert list(panels) == ["all", "missing", "rest"]
    assert panels["missing"].gains["5"][0].helps and not panels["rest"].gains["5"][0].helps


def test_a_wrong_graph_is_said_to_cost_or_not():
    found = evidence_record({"rows": [row("with graph", -4.0, rewired=0.5), row("validated trust", -0.2, 0.9, rewired=0.5), row("all together", 2.0, 0.9, rewired=0.5)]})
    assert found.panels == (), "a wrong graph is no evidence for the graph"
    words = " ".join(wrong_words(found.wrong["some-task"]))
    assert "50% of the triples wrong, triple evidence does not help but costs 4.0" in words
    assert "validated evidence does not help: −0.2 ± 1.0 points" in words
    assert "all together gains +2.0 ± 1.0 points, but that may be chance" in words


def test_suspects_that_a_shuffled_graph_finds_too_are_no_credit_to_the_structure():
    same = {"graph": (0.7, 0.72, 0.69), "shuffled graph": (0.7, 0.71, 0.69), "by chance": (0.2, 0.2, 0.2)}
    assert "70 % are wrong" in suspect_words(same)[0] and "does not help" in suspect_words(same)[1]
    better = same | {"shuffled graph": (0.5, 0.51, 0.5)}
    assert "adds 20 ± 1 points" in suspect_words(better)[1]


def test_charts_show_gain_and_spread_and_fill_only_what_is_sure():
    one = panel(row("with graph", 11.0), row("rules", 0.4, 0.8, labels="5"), row("shuffled graph", -1.0), row("with graph", 3.0, labels="all"))
    assert list(one.gains) == ["5", "all"]
    ins, controls = figure(ways_spec(one, "5")).data
    assert list(ins.x) == [0.4, 11.0] and list(ins.error_x.array) == [1.0, 1.0] and len(set(ins.marker.color)) == 2
    assert list(controls.x) == [-1.0]
    lines = {line.name: line for line in figure(labels_spec(one)).data}
    assert list(lines["triple evidence"].y) == [11.0, 3.0] and list(lines["shuffled graph"].y) == [-1.0]
    assert figure(wrong_spec({0.0: one.gains["5"], 0.5: one.gains["all"]})).data
    bars = figure(suspects_spec({"t": {"graph": (0.6, 0.8), "by chance": (0.2,)}}, {"t": "Task <b>"})).data
    assert {bar.name: list(bar.x) for bar in bars} == {"graph": [70], "by chance": [20], "shuffled graph": []}
    assert "<b>" not in str(suspects_spec({"t": {"graph": (0.6,)}}, {"t": "Task <b>"}))


def test_places_are_counted_by_what_the_graph_does_there():
    rows = [row("with graph", 11.0), row("rules", 3.0, 0.4), row("augmentation", -2.0), row("curriculum", 0.0, 1.0), row("shuffled graph", 9.0), row("with graph", 5.0, rewired=0.5)]
    words = task_words(evidence_record({"rows": rows}), "some-task")
    assert "Of 4 places" in words and "helps in 1, may help by chance in 1, harms in 1, and does not help in 1" in words
    assert task_words(evidence_record({"rows": rows}), "other-task") == ""


def test_all_sentences_name_their_task():
    rows = [row("with graph", 11.0), row("with graph", -4.0, rewired=0.5)]
    series = {f"suspects, {way}": {"some-task": [0.5, 0.6]} for way in ("graph", "shuffled graph", "by chance")}
    assert all(words.startswith("some-task") for words in sentences(evidence_record({"rows": rows, "series": series})))


@pytest.mark.parametrize("damaged", [{}, {"rows": 3}, {"rows": [{}]}, {"rows": [row("with graph", "x")]}, {"rows": [], "series": 3}])
def test_what_is_no_measurement_is_refused(damaged):
    with pytest.raises((KeyError, TypeError, ValueError, AttributeError)):
        evidence_record(damaged)

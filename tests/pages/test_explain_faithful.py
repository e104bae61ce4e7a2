"""The badge of faithfulness on Explain: measured in the background, once for a checkpoint, and none where the model uses no graph."""

import re
import threading
import time

from fedviz.ui import explain_faithful


def badges(at):
    return [box for box in at.expander if "Faithfulness" in box.label]


def waited(at):
    """The page once the measurement has ended; it is asked seldom, since the measurement rests while somebody asks."""
    for _ in range(60):
        if "being measured" not in badges(at)[0].label:
            break
        time.sleep(explain_faithful._QUIET_S + 1)
        at.run()
    assert not at.exception
    return at


def test_the_badge_says_ours_beside_chance_and_is_measured_once(open_page, toy_run, monkeypatch):
    asked = []
    real = explain_faithful.faithfulness
    monkeypatch.setattr(explain_faithful, "faithfulness", lambda *given: asked.append(len(given[1])) or real(*given))
    run = toy_run("A run to measure")
    at = waited(open_page("explain", run=run))
    ours, control = map(float, re.findall(r"\d\.\d\d", badges(at)[0].label))
    assert ours > control
    assert "exact to" in badges(at)[0].label
    again = open_page("explain", run=run)
    assert badges(again)[0].label == badges(at)[0].label and asked == [16]


def test_the_page_answers_while_it_is_being_measured(open_page, toy_run, monkeypatch):
    gate = threading.Event()
    monkeypatch.setattr(explain_faithful, "faithfulness", lambda *given: gate.wait(60))
    at = open_page("explain", run=toy_run("A run to measure slowly"))
    assert "being measured" in badges(at)[0].label
    assert any("The model answers" in element.value for element in at.markdown)
    gate.set()


def test_a_measurement_that_breaks_leaves_the_page_whole(open_page, toy_run, monkeypatch):
    def broken(*given):
        raise ValueError("no")

    monkeypatch.setattr(explain_faithful, "faithfulness", broken)
    at = waited(open_page("explain", run=toy_run("A run that cannot be measured")))
    assert "could not be measured" in badges(at)[0].label
    assert any("The model answers" in element.value for element in at.markdown)


def test_a_model_without_a_graph_has_no_badge(open_page, toy_run):
    assert badges(open_page("explain", run=toy_run("Text alone", knowledge={"name": "none"}))) == []

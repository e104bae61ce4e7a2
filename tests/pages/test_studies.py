"""The page Studies: a study is started by its button and its matrix fills."""

import pytest

from fedviz.runs.folder import runs_root
from fedviz.runs.launcher import launcher
from fedviz.runs.presets import presets
from fedviz.runs.study import studies
from fedviz.ui import study_form


@pytest.mark.slow
def test_a_study_is_started_and_its_runs_can_be_opened(open_page, monkeypatch):
    monkeypatch.setattr(study_form, "BASE", "toy")
    at = open_page("studies")
    titles = [preset.title for preset in presets()]
    assert at.selectbox(key="study-0-base").options[: len(titles)] == titles
    at.multiselect(key="study-0-rows-adversary").set_value(["none", "label-flipping"])
    at.multiselect(key="study-0-columns-federation.aggregation").set_value(["mean", "median"])
    at.run()
    assert any("4 runs of about" in caption.value for caption in at.caption)
    at.button(key="study-start").click()
    at.run()
    assert not at.exception, at.exception
    (study,) = studies()
    assert all(launcher(runs_root()).wait(cell.run, 60) for cell in study.cells)
    at.run()
    assert any("4 of 4 runs are finished" in caption.value for caption in at.caption)
    assert len(at.selectbox(key=f"study-run-{study.id}").options) == 4
    at.session_state["study-metric"] = "study-target"
    at.run()
    target = at.number_input(key=f"study-target-{study.id}")
    assert target.value % 5 == 0
    target.set_value(100)
    at.run()
    assert any("first had 100 % of all test texts right" in caption.value for caption in at.caption) and not at.exception
    at.run()
    assert at.number_input(key=f"study-target-{study.id}").value == 100  # what somebody chose stays


def test_a_form_without_entries_says_so(open_page):
    at = open_page("studies")
    at.multiselect(key="study-0-rows-adversary").set_value([])
    at.run()
    assert "at least one entry, but adversary has none" in at.error[0].value.replace("\\", "")

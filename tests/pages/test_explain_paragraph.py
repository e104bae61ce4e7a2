"""The paragraph on Explain: the template stands there, a language model's words come on demand, and those that differ are refused in one sentence."""

import pytest

from fedviz.explain import told
from fedviz.ui import explain_paragraph


@pytest.fixture
def study(open_page, toy_run):
    at = open_page("explain", run=toy_run("A run to explain"))
    at.text_area(key="explain-text").set_value("The aerial came loose.").run()
    return at


def said(at):
    return " ".join(str(element.value).replace("\\", "") for element in (*at.markdown, *at.caption, *at.warning))


def test_the_template_is_there_and_without_the_model_it_is_offered(study):
    assert "In plain words" in [head.value for head in study.subheader]
    assert "antenna is a kind of Receiver part" in said(study)
    study.button(key="explain-tell").click().run()
    assert any(button.key == "fetch-smollm2" for button in study.button)


def test_words_of_the_model_are_shown_or_refused(study, monkeypatch):
    monkeypatch.setattr(explain_paragraph, "is_present", lambda key: True)
    monkeypatch.setattr(told, "told", lambda influence, known: told.reworded(influence, lambda words: f"Simply put: {words}", known))
    study.button(key="explain-tell").click().run()
    assert "Simply put" in said(study) and "Written by SmolLM2" in said(study)
    monkeypatch.setattr(told, "told", lambda influence, known: told.reworded(influence, lambda words: f"{words} And 12.34 more.", known))
    study.button(key="explain-tell").click().run()
    assert "refused" in said(study) and "12.34" in said(study) and "Simply put" not in said(study)

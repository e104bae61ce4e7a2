"""The page Leakage: the pretrained model attacked on a sentence, the measured figures, and one sentence where something is missing.

The page shows MiniLM alone. Where the tests need an attack on every run, the toy model stands in for it, behind the page's back.
"""

import json
from pathlib import Path

import pytest
import streamlit as st

from fedviz.core.config import RunConfig
from fedviz.federation.leakage.defences import DEFENCES
from fedviz.models import minilm, toy
from fedviz.ui import leakage_ground, leakage_results, leakage_words, provenance
from tests.models.small import SCENARIO

TOY = RunConfig.parse({"scenario": {**SCENARIO, "train_texts": 200, "test_texts": 24}, "knowledge": "none", "model": {"name": "toy", "tuning": "full"}})


def said(at):
    return " ".join(str(element.value) for element in (*at.markdown, *at.caption, *at.warning, *at.info))


def box(at, kind, label):
    return next(element for element in getattr(at, kind) if element.label == label)


@pytest.fixture
def study(open_page, monkeypatch):
    """The page with the toy in place of MiniLM; a token's piece is its number."""
    monkeypatch.setattr(leakage_ground, "CONFIG", TOY)
    monkeypatch.setattr(provenance, "missing", lambda config: ())
    monkeypatch.setattr(minilm, "load", lambda options: toy.load(TOY.model))
    monkeypatch.setattr(minilm, "pieces", lambda tokens: [f"w{token}" for token in tokens])
    st.cache_resource.clear()
    yield open_page("leakage")
    st.cache_resource.clear()


def test_without_the_carriers_they_are_offered_and_the_measured_figures_stay(open_page):
    at = open_page("leakage")
    assert any(button.key and button.key.startswith("fetch-") for button in at.button)
    assert len(at.dataframe) == 2 and at.code[0].value == leakage_results.COMMAND


def test_the_shipped_figures_hold_what_the_issue_asks_for(open_page):
    rows = {row["setting"]: row for row in json.loads(leakage_results.RESULTS.read_text())["rows"] if row["attack"] == "words"}
    assert (rows["none"]["value"], rows["none"]["order"], rows["masked"]["value"]) == (1, 1, 0)
    shown = open_page("leakage").dataframe[0].value
    assert list(shown["Defence"]) == [one.title for one in DEFENCES]
    assert shown["Words read, %"][0] == "100"


@pytest.mark.slow
@pytest.mark.parametrize(
    "damaged", [None, "", "[]", '{"rows": 3}', '{"rows": [{"attack": "x"}]}', '{"rows": [{"attack": "membership", "setting": "x", "value": 1, "trained": "head"}]}']
)
def test_without_a_measurement_there_is_one_sentence(open_page, tmp_path: Path, monkeypatch, damaged):
    monkeypatch.setattr(leakage_results, "RESULTS", tmp_path / "leakage.json")
    if damaged is not None:
        (tmp_path / "leakage.json").write_text(damaged)
    at = open_page("leakage")
    assert "python -m fedviz bench leakage" in at.info[0].value and not at.dataframe


@pytest.mark.slow
def test_a_sentence_is_read_word_for_word_until_it_is_masked(study):
    assert "the whole sentence, word for word" in said(study) and ":green-background[" in said(study)
    assert "number 1." in said(study)
    box(study, "selectbox", "Secure aggregation").set_value("masked").run()
    assert not study.exception
    assert "No word can be read." in said(study) and ":green-background[" not in said(study)
    box(study, "selectbox", "Secure aggregation").set_value("sum").run()
    assert "not whose they are" in said(study) and "~~" in said(study) and not study.exception


@pytest.mark.slow
def test_frozen_embeddings_give_no_word_and_the_sentence_is_recognised(study):
    study.segmented_control(key="leakage-tuning").set_value("lora").run()
    assert not study.exception
    assert "No word can be read." in said(study) and "the embeddings are frozen" in said(study) and "number 1." in said(study)


@pytest.mark.slow
def test_every_defence_is_tried_on_the_sentence(study):
    study.button(key="leakage-all").click().run()
    assert not study.exception
    table = study.dataframe[0].value
    found = dict(zip(table["Defence"], zip(table["Words read, %"], table["Exact order"], strict=True), strict=True))
    titles = {one.name: one.title for one in DEFENCES}
    assert list(found) == list(titles.values())
    assert found[titles["none"]] == (100, "yes") and found[titles["masked"]] == (0, "no") and found[titles["head"]] == (0, "no")


@pytest.mark.slow
@pytest.mark.parametrize(("typed", "sentence"), [("", "empty"), ("\x00", "empty"), ("word " * 60, "at most 40 tokens"), ("a" * 3000, "1,000 characters")])
def test_a_sentence_that_is_none_is_one_sentence(study, typed, sentence):
    study.text_area(key="leakage-text").set_value(typed).run()
    assert len(study.warning) == 1 and sentence in study.warning[0].value and not study.exception


def test_pieces_become_words_and_markup_stays_text():
    assert leakage_words.in_order([("gl", True), ("##ove", True), ("", False), ("##s", False)]) == ":green-background[glove] ▢ ~~\\#\\#s~~"
    assert leakage_words.mark("]<b>*", True) == ":green-background[\\]\\<b\\>\\*]"
    assert leakage_words.loose([("x", False)] * 62).endswith("and 2 more")
    assert leakage_words.labels([0, 2, 1], ["a", "b*", "c"]) == "2 × b\\*, 1 × c" and leakage_words.labels([0, 1], ["a", "b"]) == "b"

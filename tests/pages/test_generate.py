"""The page Generate with a tiny model that the federation taught: three answers, marks with a legend, triples with their source, one sentence where something is wrong."""

import threading

import pytest
import streamlit as st

from fedviz.bench.every import tiny_run
from fedviz.kg.construct.gazetteer import Gazetteer
from fedviz.kg.qa.claims import Checker
from fedviz.models.generation.writer import Piece
from fedviz.runs.folder import create, runs_root
from fedviz.runs.worker import work
from fedviz.ui import generate_answer, generate_measured
from tests.kg.small import graph_of


@pytest.fixture
def taught(home):
    """Id of a run of a random model with adapters, taught for a round."""
    config = tiny_run("objective", "instruct", **{"model.tuning": "lora", "model.max_tokens": 512, "scenario.train_texts": 64, "federation.rounds": 1, "federation.clients": 2})
    folder = create(runs_root(), config, "A run that writes")
    work(folder, threading.Event())
    st.cache_resource.clear()
    return folder.id


def said(at):
    return " ".join(str(element.value) for element in (*at.markdown, *at.caption, *at.info, *at.warning))


def test_without_its_carriers_the_page_offers_them(open_page):
    at = open_page("generate")
    assert any(button.key and button.key.startswith("fetch-") for button in at.button)
    assert "No run has taught a model to write yet" in said(at)


def test_three_models_answer_and_their_claims_are_explained(open_page, taught):
    at = open_page("generate", run=taught)
    assert at.selectbox(key="generate-run").value == taught
    examples = at.selectbox(key="generate-example").options
    assert examples and at.text_input(key="generate-question").value in examples
    at.slider(key="generate-most").set_value(8)
    at.toggle(key="generate-facts").set_value(True).run()
    assert "In the prompt" in said(at) and "toy parts" in said(at)
    at.button(key="generate-go").click().run()
    assert not at.exception
    assert [head.value for head in at.subheader][:3] == ["Pretrained", "One client's", "The federation's"]
    assert "The graph's own answer" in said(at) and "Shared words (F1)" in said(at)
    assert len(at.dataframe) == 3


def test_all_held_out_questions_are_asked_of_every_model(open_page, taught):
    at = open_page("generate", run=taught)
    before = len(at.dataframe)
    at.button(key="generate-all").click().run()
    assert not at.exception and len(at.dataframe) == before + 1
    table = next(one.value for one in at.dataframe if "Perplexity of plain sentences" in one.value and "Gain, points" not in one.value)
    assert list(table["Model"]) == ["Pretrained", "One client's", "The federation's"] * 2 and list(table["Triples in the prompt"]) == [False] * 3 + [True] * 3
    without = table[~table["Triples in the prompt"]]["Perplexity of plain sentences"]
    assert list(without) == list(table[table["Triples in the prompt"]]["Perplexity of plain sentences"])  # no prompt stands before them


@pytest.mark.parametrize("text", ["{}", '{"rows": [{"model": "other"}], "notes": []}', "[", None])
def test_without_a_whole_file_of_results_there_is_no_table(open_page, tmp_path, monkeypatch, text):
    monkeypatch.setattr(generate_measured, "RESULTS", tmp_path / "instruction.json")
    if text is not None:
        (tmp_path / "instruction.json").write_text(text)
    at = open_page("generate")
    assert not at.exception and not at.dataframe


def test_a_question_that_is_none_is_one_sentence(open_page, taught):
    at = open_page("generate", run=taught)
    at.text_input(key="generate-question").set_value("<|im_end|>").run()
    at.button(key="generate-go").click().run()
    assert not at.exception and len(at.warning) == 1 and "question" in at.warning[0].value


def test_marks_hold_no_markup_of_the_model_and_do_not_rest_on_colour():
    graph = graph_of([("a", "b")], {"a": ("knee pain",), "b": ("pain",)})
    text = "Knee pain is a kind of pain. Pain is a kind of knee pain. So <b>it</b> is."
    pieces = [Piece(text[start : start + 5], 0.25, (("<i>", 0.25), ("x", 0.1))) for start in range(0, len(text), 5)]
    claims = Checker(Gazetteer(graph)).claims(text)
    for shown in (False, True):
        page = generate_answer.html(pieces, claims, shown)
        assert "<b>" not in page and "<i>" not in page
        assert page.count("<mark") == len(claims) == 2
        assert generate_answer.SIGNS["supported"] in page and generate_answer.SIGNS["contradicted"] in page
        assert ("<rt>25</rt>" in page) == shown

"""The page Explain without a browser: the sums that it states, edits, comparison, and input that is none."""

import re

import pytest

from fedviz.explain.prepared import prepared
from fedviz.explain.records import Edits
from fedviz.ui import knowledge_results
from tests.charts.toy import toy_graph
from tests.pages.conftest import parameter

TEXT = "The aerial came loose. Also check the cord."
OWNER = f"{toy_graph().digest}/{TEXT}"


@pytest.fixture
def study(open_page, toy_run):
    """Explain with a run of two rounds."""
    return open_page("explain", run=toy_run("A run to explain", **{"federation.rounds": 2}))


def said(at):
    return " ".join(str(element.value) for element in (*at.markdown, *at.caption, *at.info))


def numbers(sentence):
    return [float(number.replace("\u2212", "-")) for number in re.findall(r"[+\u2212]?\d+\.\d+", sentence)]


def sum_of(at):
    return next(caption.value for caption in at.caption if "together" in caption.value)


def ask(at, text):
    at.text_area(key="explain-text").set_value(text).run()
    assert not at.exception
    return at


def test_without_a_model_it_says_what_to_do(open_page):
    at = open_page("explain")
    assert "no trained model yet" in at.info[0].value


def test_the_measured_gains_are_shown(open_page):
    at = open_page("explain")
    assert re.search(r"\d/\d seeds", said(at)) and "Medicine: which disease?" in said(at) and "Finance" not in said(at)


@pytest.mark.parametrize("damaged", [None, "", "[]", "{\"rows\": [{\"task\": \"x\"}]}", "{\"rows\": 3}"])
def test_without_measured_gains_the_page_says_how_to_measure(open_page, tmp_path, monkeypatch, damaged):
    monkeypatch.setattr(knowledge_results, "RESULTS", tmp_path / "knowledge.json")
    if damaged is not None:
        (tmp_path / "knowledge.json").write_text(damaged)
    assert "python -m fedviz bench knowledge" in open_page("explain").code[0].value


def test_the_newest_round_of_the_run_answers_a_sample(study):
    assert study.selectbox(key="explain-run").value == parameter(study, "run")
    assert parameter(study, "round") == "2"
    assert study.text_area(key="explain-text").value == TEXT
    assert "The model answers" in said(study)


def test_the_numbers_in_the_sentence_add_up(study):
    text, gain, total = numbers(sum_of(study))[-3:]
    assert text + gain == pytest.approx(total, abs=0.011)


def test_predicted_and_measured_effects_agree(study):
    sentences = [line for line in said(study).split("- ") if "(predicted)" in line]
    assert sentences
    for sentence in sentences:
        predicted, measured = numbers(sentence)[-2:]
        assert predicted == pytest.approx(measured, abs=0.011)


def test_switching_a_triple_off_changes_the_answer_and_undo_brings_it_back(study):
    before = sum_of(study)
    study.session_state["explain-edits"] = (OWNER, Edits(scale={"toy:antenna|is_a*|toy:radio": 0.0}))
    study.run()
    assert sum_of(study) != before and "1 triples off" in said(study)
    study.button(key="explain-undo").click().run()
    assert sum_of(study) == before and "triples off" not in said(study)


def test_edits_belong_to_their_text(study):
    study.session_state["explain-edits"] = (OWNER, Edits(scale={"toy:antenna|is_a*|toy:radio": 0.0}))
    ask(study, "The pendulum is bent.")
    assert "triples off" not in said(study)


def test_a_triple_can_be_added_and_taken_back(study):
    ask(study, "The cord is worn out.")
    before = sum_of(study)
    study.session_state["explain-add-box"] = True
    study.session_state["explain-head-picked"] = "toy:cable"
    study.session_state["explain-tail-picked"] = "toy:kettle"
    study.run()
    study.button(key="explain-add").click().run()
    assert "1 added" in said(study) and sum_of(study) != before
    study.button(key="explain-add").click().run()
    assert "says this already" in study.warning[0].value
    study.button(key="explain-remove-toy:cable|is_a|toy:kettle").click().run()
    assert sum_of(study) == before


def test_a_triple_needs_two_different_ends(study):
    study.session_state["explain-add-box"] = True
    study.run()
    study.button(key="explain-add").click().run()
    assert "head and a tail" in study.warning[0].value
    for end in ("head", "tail"):
        study.session_state[f"explain-{end}-picked"] = "toy:cable"
    study.button(key="explain-add").click().run()
    assert "two different entities" in study.warning[0].value


def test_a_text_without_entities_is_said_to_use_no_graph(study):
    ask(study, "Good morning.")
    assert any("No entity of the graph is named" in info.value for info in study.info)


@pytest.mark.parametrize(
    ("text", "sentence"), [("", "empty"), ("   \n\t ", "empty"), ("\x00\u202e", "empty"), ("aerial " * 15_000, "20,000 characters")], ids=["nothing", "blank", "control", "endless"]
)
def test_a_text_that_is_none_is_one_sentence_and_is_kept(study, text, sentence):
    ask(study, text)
    assert len(study.warning) == 1 and sentence in study.warning[0].value
    assert study.text_area(key="explain-text").value == text
    ask(study, TEXT)
    assert not study.warning


def test_markup_in_a_text_stays_text(study):
    ask(study, "<img src=x onerror=alert(1)> the aerial **is** [broken](javascript:alert(2))")
    assert "The model answers" in said(study) and "<img" not in said(study) and not study.warning


@pytest.mark.parametrize(("name", "value"), [("round", "99"), ("round", "two"), ("client", "77")])
def test_a_round_or_client_that_is_none_is_one_sentence(open_page, toy_run, name, value):
    at = open_page("explain", run=toy_run(), **{name: value})
    assert len(at.warning) == 1 and len(at.warning[0].value) < 300
    assert "The model answers" in said(at)


@pytest.mark.parametrize("run", ["nosuchrun123", "<script>../../etc"])
def test_a_run_that_is_none_is_one_sentence(open_page, toy_run, run):
    toy_run()
    at = open_page("explain", run=run)
    assert "no trained model of a run" in at.warning[0].value and "<script>" not in at.warning[0].value
    assert "The model answers" in said(at)


def test_rounds_and_clients_can_be_compared(study):
    others = next(box for box in study.selectbox if box.label == "Other model")
    assert [str(option) for option in others.options][:3] == ["round 1", "round 0", "round 2, Old Town Workshop and 3 more"]
    others.select_index(1).run()
    assert not study.exception
    assert any("Both answer" in text.value or " answers " in text.value for text in study.markdown)


def test_a_client_of_a_round_can_be_asked(open_page, toy_run):
    at = open_page("explain", run=toy_run(), round="1", client="1")
    assert not at.warning and parameter(at, "client") == "1" and "The model answers" in said(at)


def test_against_another_class_the_sum_still_holds(study):
    against = next(box for box in study.selectbox if box.label == "Measured against")
    against.select_index(2).run()
    assert " against " in sum_of(study)
    text, gain, total = numbers(sum_of(study))[-3:]
    assert text + gain == pytest.approx(total, abs=0.011)


def test_a_run_without_the_graph_says_so(open_page, toy_run):
    at = open_page("explain", run=toy_run(knowledge="none"))
    assert any("without the graph" in info.value for info in at.info)


def test_a_closer_look_adds_up_in_every_way(study):
    for way in ("entity", "path", "source", "teacher"):
        study.session_state["explain-closer"], study.session_state["explain-parts"] = "parts", way
        study.run()
        assert not study.exception and not study.warning, way
    assert "greatest difference" in said(study) and "cannot be told" not in said(study)


def test_why_this_and_not_that_starts_with_the_runner_up(study):
    study.session_state["explain-closer"] = "difference"
    study.run()
    this, that = (next(box for box in study.selectbox if box.label == label) for label in ("Why this", "and not that?"))
    assert this.options[0] in said(study) and that.value != this.value
    ahead = next(caption.value for caption in study.caption if " is ahead of " in caption.value)
    total, text, favour, against = numbers(ahead)
    assert total == pytest.approx(text + favour + against, abs=0.025)


def test_words_state_their_gap(study):
    study.session_state["explain-closer"] = "words"
    study.run()
    assert not study.exception and "but for a gap of" in said(study)


@pytest.mark.parametrize(("mode", "words"), [("mask", "stay as they are"), ("rebuild", "nothing is trained again")])
def test_mask_and_rebuild_say_what_they_mean_and_share_out_the_whole(study, mode, words):
    study.session_state["explain-closer"], study.session_state["explain-mode"] = "removal", mode
    study.run()
    assert not study.exception and words in said(study)
    shares, whole = numbers(next(caption.value for caption in study.caption if "Their sum is" in caption.value))[-2:]
    assert shares == pytest.approx(whole, abs=0.0011)


@pytest.mark.parametrize("question", ["carry", "gain", "remove"])
def test_questions_over_all_texts_are_answered(study, question):
    study.session_state["explain-many"] = question
    study.session_state["explain-remove-what"] = "relation"
    study.run()
    assert not study.exception and not study.warning
    wanted = {"carry": "Over 16 texts", "gain": "over what a client taught itself", "remove": "texts looked at again in"}
    assert wanted[question] in said(study)


def test_a_link_brings_text_class_and_changes(open_page, toy_run):
    edits = Edits(scale={"toy:spoke|is_a|toy:wheel-part": 0.0})
    at = open_page("explain", run=toy_run(), text="The spoke is bent.", edits=edits.model_dump_json(exclude_defaults=True), **{"class": "2", "against": "0"})
    assert at.text_area(key="explain-text").value == "The spoke is bent." and "1 triples off" in said(at)
    assert "For Clock against Bicycle" in sum_of(at)
    ask(at, TEXT)
    assert "triples off" not in said(at) and parameter(at, "text") is None


def test_a_damaged_link_is_one_sentence_on_the_page(open_page, toy_run):
    at = open_page("explain", run=toy_run(), text="The spoke.", edits="{")
    assert len(at.warning) == 1 and "link are damaged" in at.warning[0].value and "The model answers" in said(at)


def test_tried_texts_can_be_asked_again(study):
    ask(study, "The pendulum is bent.")
    ask(study, "The lid is lost.")
    box = study.selectbox(key="explain-sample")
    place = next(place for place, option in enumerate(box.options) if "The pendulum is bent" in option)
    box.select_index(place).run()
    assert study.text_area(key="explain-text").value == "The pendulum is bent." and not study.exception


def test_a_prepared_text_says_whether_it_tells(study):
    one = next(one for one in prepared() if one.scenario == "toy")
    ask(study, one.text)
    assert any("under this model" in info.value for info in study.info)


def test_the_source_of_a_triple_is_shown(study):
    study.session_state["explain-triple"] = "toy:antenna|is_a*|toy:radio"
    study.run()
    assert "step by step" in said(study) and "comes as a whole from invented for fedviz" in said(study)
    study.button(key="explain-triple-switch").click().run()
    assert "1 triples off" in said(study)

"""Edits and comparison from the command line: the same numbers as on the page, or one sentence."""

import pytest

from fedviz.core.types import Triple
from fedviz.explain.influence import compare, explain
from fedviz.explain.records import Edits
from fedviz.runs.folder import open_run, runs_root
from fedviz.runs.models import predictor
from tests.cli.conftest import call
from tests.cli.test_refusals import refused

TEXT = "The spoke is bent and the tuning dial makes a noise."
ADDED = "toy:spoke|is_a|toy:radio"
NEAR = "toy:spoke|is_a|toy:wheel-part"
FAR = "toy:spoke|is_a*|toy:bicycle"


def asked(run_id: str, *more: str) -> dict:
    """What `explain` prints as JSON."""
    said = call("explain", run_id, "--text", TEXT, "--json", *more)
    assert (said.code, said.err) == (0, "")
    return said.documents[0]


def model(run_id: str, *which: int):
    """The model that the page asks."""
    return predictor(open_run(runs_root(), run_id), *which)


def test_scaled_and_added_triples_are_the_pages_edits(run_id):
    edits = Edits(scale={NEAR: 0.5, FAR: 0.0}, added=(Triple(*ADDED.split("|")),))
    expected = explain(model(run_id), TEXT, edits).model_dump(mode="json")
    assert asked(run_id, "--scale", f"{NEAR}=0.5", "--scale", f"{FAR}=0", "--add", ADDED) == expected
    assert asked(run_id, "--scale", f"{NEAR}=0.5", "--off", FAR, "--add", ADDED) == expected
    assert expected["logits"] != asked(run_id)["logits"]
    assert [one["triple"] for one in expected["contributions"] if one["added"]] == [ADDED.split("|")]


def test_an_added_triple_can_be_scaled(run_id):
    assert asked(run_id, "--add", ADDED, "--off", ADDED)["logits"] == pytest.approx(asked(run_id)["logits"], abs=1e-5)


@pytest.mark.parametrize(("given", "which"), [("1", (1, None)), ("0", (0, None)), ("1:2", (1, 2)), ("2:0", (2, 0))])
def test_another_model_is_compared_under_the_same_edits(run_id, given, which):
    edits = Edits(scale={NEAR: 0.5})
    document = asked(run_id, "--against", given, "--scale", f"{NEAR}=0.5")
    against = document.pop("against")
    here, there = (explain(one, TEXT, edits) for one in (model(run_id), model(run_id, *which)))
    assert document == here.model_dump(mode="json")
    assert (against["round"], against["client"]) == which
    assert (tuple(against["logits"]), tuple(against["text_logits"]), against["predicted"]) == (there.logits, there.text_logits, there.predicted)
    assert against["triples"] == compare(there, here).model_dump(mode="json")["triples"] != []
    for index, logit in enumerate(document["logits"]):
        parts = sum(one["second"][index] - one["first"][index] for one in against["triples"])
        assert against["logits"][index] + against["text_difference"][index] + parts == pytest.approx(logit, abs=1e-5)


def test_without_another_model_nothing_is_said_about_one(run_id):
    assert "against" not in asked(run_id) and "Against" not in call("explain", run_id, "--text", TEXT).out


def test_a_comparison_for_a_person_adds_up(run_id):
    said = call("explain", run_id, "--text", TEXT, "--round", "2", "--against", "1:2")
    assert (said.code, said.err) == (0, "")
    _, _, part = said.out.partition("Against round 1, client 2")
    there, *steps, here = [line for line in part.splitlines() if "there " in line or line.startswith("  ")]
    total = float(there.split()[-1]) + sum(float(line.split()[0]) for line in steps)
    assert len(steps) == 1 + len(asked(run_id)["contributions"])
    assert total == pytest.approx(float(here.split()[0]), abs=0.01)


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (("--scale", f"{NEAR}=11"), "less than or equal to 10, but got '11'"),
        (("--scale", f"{NEAR}=-1"), "greater than or equal to 0, but got '-1'"),
        (("--scale", f"{NEAR}=nan"), "finite number, but got 'nan'"),
        (("--scale", f"{NEAR}=half"), "valid number, but got 'half'"),
        (("--scale", f"{NEAR}="), "valid number, but got ''"),
        (("--scale", NEAR), "HEAD|RELATION|TAIL=FACTOR"),
        (("--scale", "toy:lid|is_a|toy:pot-part=0.5"), "toy:lid|is_a|toy:pot-part"),
        (("--scale", "half \ud800=0.5"), "'half ?'"),
        (("--off", "toy:spoke|is_a|toy:bicycle"), FAR),
        (("--off", ""), "''"),
        (("--off", "x" * 5000), "known: "),
        (("--off", NEAR, "--scale", f"{NEAR}=0.5"), "given twice"),
        (("--off", NEAR, "--off", NEAR), "given twice"),
        (("--add", "toy:spoke"), "HEAD|RELATION|TAIL"),
        (("--add", "toy:spoke|is_a|toy:dragon"), "'toy:dragon'"),
        (("--add", "toy:spoke|is_a|half \ud800"), "'half ?'"),
        (("--add", "toy:spoke|part_of|toy:radio"), "'part_of'"),
        (("--add", "toy:spoke|is_a|toy:spoke"), "two different"),
        (("--add", NEAR), "already"),
        (("--add", ADDED, "--add", ADDED), "given twice"),
        (("--against", "last"), "ROUND:CLIENT, but got 'last'"),
        (("--against", "1:"), "'1:'"),
        (("--against", "-1"), "'-1'"),
        (("--against", "9" * 5000), "ROUND:CLIENT"),
        (("--against", "99"), "99"),
        (("--against", "1:7"), "client 7"),
        (("--against", "2"), "both are that of round 2"),
        (("--round", "1", "--client", "0", "--against", "1:0"), "round 1, client 0"),
    ],
)
def test_what_cannot_be_asked_is_one_sentence(run_id, arguments, part):
    refused(call("explain", run_id, "--text", TEXT, *arguments), part)


def test_an_edit_of_a_text_without_triples_is_refused(run_id):
    refused(call("explain", run_id, "--text", "Nothing is known.", "--off", NEAR), "known: none")


@pytest.mark.parametrize(
    "text",
    [
        "  The spoke is bent.\r\nFe\u0301ver ",
        "The spoke is bent.\rF\u00e9ver",
        "The sp\u200boke is bent.\x00\nFe\u200b\u0301ver",
        "The spoke is bent.\nF\u00e9ver\ud800",
    ],
)
def test_a_text_is_cleaned_as_on_the_page(run_id, text):
    shown = call("explain", run_id, "--json", "--text", text).documents[0]
    assert shown == call("explain", run_id, "--json", "--text", "The spoke is bent.\nF\u00e9ver").documents[0]
    assert shown["text"] == "The spoke is bent.\nF\u00e9ver"
    assert [shown["text"][one["start"] : one["end"]] for one in shown["mentions"]] == [one["surface"] for one in shown["mentions"]] == ["spoke"]

"""Every job of the pages from the command line: JSON and nothing else where it was asked for, and what it says holds."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from fedviz.core.config import RunConfig
from fedviz.core.events import event_from_json
from fedviz.runs.folder import open_run, runs_root
from tests.cli.conftest import call

ROOT = Path(__file__).parents[2]
TEXT = "The spoke is bent and the tuning dial makes a noise."


def test_the_module_runs():
    said = subprocess.run([sys.executable, "-m", "fedviz", "presets", "--json"], cwd=ROOT, capture_output=True, text=True)
    assert (said.returncode, said.stderr) == (0, "")
    assert said.stdout == call("presets", "--json").out


def test_presets_are_configs_with_words():
    shown = {document["name"]: document for document in call("presets", "--json").documents}
    assert {"toy", "medicine-coding", "medicine-vignettes"} <= set(shown)
    for document in shown.values():
        assert document["title"] and document["summary"]
        assert RunConfig.parse(document["config"]).digest()


def test_a_run_prints_its_journal_exactly(finished, run_id):
    assert (finished.code, finished.err) == (0, "")
    assert finished.out.encode() == open_run(runs_root(), run_id).journal_path.read_bytes()
    events = [event_from_json(line) for line in finished.out.splitlines()]
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    assert (events[-1].type, events[-1].status, events[-1].rounds_done) == ("RunEnded", "finished", 2)


def test_the_config_of_a_run_repeats_it(finished, run_id):
    again = call("run", str(open_run(runs_root(), run_id).config_path), "--json")
    assert again.code == 0
    assert again.documents[-1]["weights_digest"] == finished.documents[-1]["weights_digest"] != ""
    first, second = (sorted((d["round"], d["client"], d["step"], d["loss"]) for d in said.documents if d["type"] == "BatchTrained") for said in (finished, again))
    assert first == second and first
    assert again.documents[0]["run_id"] != run_id
    assert again.documents[0]["config_digest"] == finished.documents[0]["config_digest"]


def test_a_setting_changes_the_run(start, finished):
    other = start("--set", "seed=1", "--set", "federation.strategy.name=fedprox", "--set", "federation.strategy.mu=0.5", "--set", "federation.compare=false")
    assert other.code == 0
    folder = open_run(runs_root(), other.documents[0]["run_id"])
    assert (folder.config().seed, folder.config().federation.strategy.mu) == (1, 0.5)
    assert other.documents[-1]["weights_digest"] != finished.documents[-1]["weights_digest"]
    assert not [d for d in other.documents if d["type"] == "Compared"] and [d for d in finished.documents if d["type"] == "Compared"]


@pytest.mark.parametrize("more", [(), ("--round", "0"), ("--round", "1", "--client", "2")])
def test_an_explanation_adds_up(run_id, more):
    said = call("explain", run_id, "--text", TEXT, "--json", *more)
    assert (said.code, said.err) == (0, "")
    (explained,) = said.documents
    assert {mention["surface"] for mention in explained["mentions"]} == {"spoke", "tuning dial"}
    assert explained["contributions"]
    for index, logit in enumerate(explained["logits"]):
        summed = explained["text_logits"][index] + sum(one["values"][index] for one in explained["contributions"])
        assert summed == pytest.approx(logit, abs=1e-5)
    assert sum(explained["probabilities"]) == pytest.approx(1, abs=1e-6)
    assert explained["logits"][explained["predicted"]] == max(explained["logits"])


def test_a_triple_that_is_off_takes_its_part_along(run_id):
    before = call("explain", run_id, "--text", TEXT, "--json").documents[0]
    gone = before["contributions"][0]
    after = call("explain", run_id, "--text", TEXT, "--json", "--off", "|".join(gone["triple"])).documents[0]
    assert after["text_logits"] == before["text_logits"]
    assert after["logits"] == pytest.approx([whole - part for whole, part in zip(before["logits"], gone["values"], strict=True)], abs=1e-5)
    assert any(gone["values"])


def test_markup_in_a_text_is_only_text(run_id):
    text = "<script>alert(1)</script> {{7*7}} The spoke is bent. [red]x[/red] \x1b[2J"
    said = call("explain", run_id, "--text", text, "--json")
    assert (said.code, said.documents[0]["text"]) == (0, text.replace("\x1b", ""))
    plain = call("explain", run_id, "--text", text)
    assert (plain.code, plain.err) == (0, "") and "\x1b" not in plain.out and "sum" in plain.out


def test_runs_are_listed_and_shown(finished, run_id):
    rows = {row["id"]: row for row in call("runs", "list", "--json").documents}
    assert rows[run_id]["status"] == "finished" and rows[run_id]["rounds_done"] == 2
    shown = call("runs", "show", run_id, "--json").documents[0]
    assert shown["weights_digest"] == finished.documents[-1]["weights_digest"]
    assert [row["round"] for row in shown["metrics_by_round"]] == shown["checkpoints"] == [0, 1, 2]
    assert RunConfig.parse(shown["config"]).digest() == finished.documents[0]["config_digest"]
    for words in (call("runs").out, call("runs", "show", run_id).out):
        assert run_id in words and "\x1b" not in words and "<b>run</b>" in words


def test_a_run_is_zipped_and_deleted(start, tmp_path):
    run_id = start("--set", "federation.rounds=1", "--set", "federation.compare=false").documents[0]["run_id"]
    folder = open_run(runs_root(), run_id)
    target = tmp_path / "new" / "run.zip"
    assert call("runs", "zip", run_id, "--out", str(target), "--json").documents == [{"zip": str(target)}]
    with zipfile.ZipFile(target) as archive:
        assert archive.testzip() is None
        assert {f"{run_id}/config.toml", f"{run_id}/journal.jsonl"} <= set(archive.namelist())
        assert archive.read(f"{run_id}/journal.jsonl") == folder.journal_path.read_bytes()
    assert call("runs", "delete", run_id, "--json").documents == [{"deleted": run_id}]
    assert not folder.path.exists()
    assert run_id not in call("runs", "list", "--json").out
    assert call("runs", "delete", run_id).code == 2


def test_another_folder_of_runs_is_another_world(tmp_path, run_id):
    assert call("runs", "list", "--json", "--runs", str(tmp_path / "none")).out == ""
    assert call("runs", "--runs", str(tmp_path), "show", run_id).code == 2


def test_the_page_of_options_is_current():
    said = call("options", "--markdown")
    assert said.code == 0
    assert said.out == (ROOT / "docs" / "options.md").read_text("utf-8"), "run `python -m fedviz options --markdown > docs/options.md`"


def test_options_as_json_are_those_of_the_configuration():
    shown = {document["key"]: document for document in call("options", "--json").documents}
    assert shown["federation.rounds"]["default"] == 10 and shown["partition.name"]["default"] == "natural"
    assert {document["section"] for document in call("options", "fedprox", "--json").documents} == {"federation.strategy [fedprox]"}

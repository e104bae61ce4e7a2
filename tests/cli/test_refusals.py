"""What cannot be done is said in one sentence on standard error, with exit code 2, and nothing else happens."""

import io
import sys

import pytest

from fedviz.core.errors import RunError
from fedviz.runs.folder import runs_root
from tests.cli.conftest import call

NEVER = "a" * 16

REFUSED = {
    "no command": ((), "COMMAND"),
    "unknown command": (("train",), "train"),
    "nothing to run": (("run",), "preset"),
    "unknown preset": (("run", "toi"), "'toi'"),
    "endless preset": (("run", "x" * 5000), "xxx"),
    "preset of two lines": (("run", "a\nb.toml"), "cannot be read"),
    "missing file": (("run", "missing.toml"), "missing.toml"),
    "folder": (("run", "/"), "cannot be read"),
    "bad value": (("run", "toy", "--set", "federation.rounds=0"), "rounds=0"),
    "value of the wrong kind": (("run", "toy", "--set", "federation.rounds=many"), "rounds=many"),
    "value of two lines": (("run", "toy", "--set", "federation.rounds=1\nx"), "federation.rounds"),
    "nan": (("run", "toy", "--set", "federation.learning_rate=nan"), "finite"),
    "unknown key": (("run", "toy", "--set", "federation.round=3"), "federation.round"),
    "unknown strategy": (("run", "toy", "--set", "federation.strategy.name=fedmagic"), "fedavg"),
    "strategy without a name": (("run", "toy", "--set", "federation.strategy={}"), "federation.strategy"),
    "malformed setting": (("run", "toy", "--set", "federation.rounds"), "key=value"),
    "resumed with settings": (("run", "--resume", NEVER, "--set", "seed=1"), "--set"),
    "resume of an unknown run": (("run", "--resume", NEVER), NEVER),
    "unknown run": (("runs", "show", NEVER), NEVER),
    "path for a run": (("runs", "delete", "../../etc"), "../../etc"),
    "two lines for a run": (("runs", "zip", "x\ny"), "There is no run"),
    "unknown run to step": (("runs", "step", NEVER), NEVER),
    "no run to step": (("runs", "step"), "RUN"),
    "unknown run to explain": (("explain", NEVER, "--text", "The spoke is bent."), NEVER),
    "no text": (("explain", NEVER), "--text"),
    "round that is no number": (("explain", NEVER, "--text", "x", "--round", "last"), "last"),
    "unknown option": (("options", "no-such-word"), "no-such-word"),
    "unknown flag": (("presets", "--no-such\nflag"), "--no-such"),
    "unknown bench": (("bench", "no-such"), "no-such"),
}


def refused(said, part):
    assert said.code == 2
    assert said.out == ""
    assert said.err.startswith("fedviz: ") and said.err.endswith(".\n") and said.err.count("\n") == 1
    assert part in said.err and "Traceback" not in said.err


@pytest.mark.parametrize("case", REFUSED)
def test_one_sentence_and_code_2(case):
    arguments, part = REFUSED[case]
    before = set(runs_root().glob("*"))
    refused(call(*arguments), part)
    assert set(runs_root().glob("*")) == before


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (("--text", ""), "empty"),
        (("--text", " \n\t "), "empty"),
        (("--text", "x" * 100_000), "100,000"),
        (("--text", "\x00\x1b\u200b \ud800"), "at least one visible character"),
        (("--text", "x", "--round", "99"), "99"),
        (("--text", "x", "--round", "1", "--client", "7"), "client 7"),
    ],
)
def test_a_text_that_cannot_be_explained(run_id, arguments, part):
    refused(call("explain", run_id, *arguments), part)


def test_standard_input_that_is_no_text(run_id, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"\xff\xfe"), encoding="utf-8"))
    refused(call("explain", run_id, "--text", "-"), "UTF-8")


@pytest.mark.parametrize("content", [b"seed = ", b"\xff\xfe", b"", b"[scenario]\nname = 'toy'\n[more]\nx = 1"])
def test_a_file_that_is_no_configuration(tmp_path, content):
    path = tmp_path / "mine.toml"
    path.write_bytes(content)
    refused(call("run", str(path)), "")


def test_a_folder_that_cannot_hold_runs(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("x")
    refused(call("run", "toy", "--runs", str(blocked)), "cannot be kept")
    refused(call("runs", "list", "--runs", str(blocked)), "Not a directory")


def test_a_zip_that_cannot_be_written(run_id, tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("x")
    refused(call("runs", "zip", run_id, "--out", str(blocked / "run.zip")), "file")


def test_a_finished_run_cannot_go_on_or_stop(run_id):
    for action in ("pause", "cancel", "resume", "step"):
        refused(call("runs", action, run_id), "finished")


def test_a_title_of_half_pairs_becomes_one_that_can_be_written(start):
    said = start("--title", "half \udcff pair", "--set", "federation.rounds=1", "--set", "federation.compare=false")
    assert (said.code, said.documents[0]["title"]) == (0, "half ? pair")


def test_a_run_whose_model_does_not_read_the_texts_is_started_with_one_warning(monkeypatch):
    def refuse(root):
        raise RunError("Nothing is started in this test.")

    monkeypatch.setattr("fedviz.runs.launcher.launcher", refuse)
    said = call("run", "medicine-vignettes-zh", "--set", "model.name=minilm")
    assert said.code == 2 and said.out == ""
    assert "These texts are in Chinese" in said.err and said.err.endswith("Nothing is started in this test.\n")
    assert "These texts" not in call("run", "medicine-vignettes-zh").err

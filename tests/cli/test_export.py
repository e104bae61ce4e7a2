"""Models leave by the command line: as folders, and as answers over HTTP."""

import json
import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from fedviz.explain.influence import explain
from fedviz.runs.folder import open_run, runs_root
from fedviz.runs.models import predictor
from tests.cli.conftest import call
from tests.models.small_folders import small_folder
from tests.runs.exported import finished, small_model, tiny

TEXT = "The aerial came loose."


def test_an_export_says_where_it_is(tmp_path: Path) -> None:
    with small_model(small_folder("bert", tmp_path / "bert")):
        run = finished(runs_root(), tiny())
        said = call("export", run.id, "--client", "1", "--to", str(tmp_path / "out"), "--json")
    assert (said.code, said.err) == (0, "")
    assert said.documents == [{"folder": str(tmp_path / "out"), "run": run.id, "round": 1, "client": 1, "kind": "sent"}]
    assert {"README.md", "model.safetensors", "classifier.json"} <= {path.name for path in (tmp_path / "out").iterdir()}


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (("export", "RUN", "--to", "OUT"), "hashes its words"),
        (("export", "RUN", "--to", "OUT", "--round", "9"), "round 9"),
        (("serve", "RUN", "--round", "9"), "round 9"),
        (("serve", "RUN", "--deployed", "0", "--round", "1"), "both were given"),
        (("serve", "RUN", "--deployed", "0"), "serves no model yet"),
        (("serve", "RUN", "--port", "70000"), "from 0 to 65535"),
        (("serve", "RUN", "--per-minute", "0"), "from 1 to 1000000"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_what_cannot_be_done_is_one_sentence(run_id: str, tmp_path: Path, arguments: tuple[str, ...], part: str) -> None:
    said = call(*(run_id if word == "RUN" else str(tmp_path / "out") if word == "OUT" else word for word in arguments))
    assert (said.code, said.out) == (2, "") and said.err.count("\n") == 1 and part in said.err
    assert not (tmp_path / "out").exists()


def test_a_process_serves_until_it_is_stopped(run_id: str) -> None:
    command = [sys.executable, "-m", "fedviz", "serve", run_id, "--port", "0", "--per-minute", "1", "--json"]
    environment = os.environ | {"PYTHONPATH": str(Path.cwd())}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment) as process:
        try:
            told = json.loads(process.stdout.readline())
            assert told["url"].startswith("http://127.0.0.1:") and told["round"] == 2
            request = urllib.request.Request(f"{told['url']}/predict", json.dumps({"text": TEXT}).encode(), {"Content-Type": "application/json"})
            with urllib.request.urlopen(request, timeout=60) as answer:
                assert json.load(answer)["logits"] == pytest.approx(list(explain(predictor(open_run(runs_root(), run_id)), TEXT).logits), abs=1e-6)
            with pytest.raises(urllib.error.HTTPError) as refused:
                urllib.request.urlopen(request, timeout=60)
            assert refused.value.code == 429
        finally:
            process.send_signal(signal.SIGINT)
            _out, error = process.communicate(timeout=60)
    assert process.returncode in (0, 130)  # 0 where whoever started it lets Ctrl-C pass by, as a shell does for jobs behind `&`
    assert TEXT not in error and "Traceback" not in error

"""The command line as a process: quick to start, quiet, and it stops on Ctrl-C in good order."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from fedviz.runs.folder import list_runs, open_run, view_of
from tests.runs.small import small

pytestmark = pytest.mark.alone  # processes with signals and clocks

ENVIRONMENT = os.environ | {"PYTHONPATH": str(Path.cwd())}
HEAVY = """
import sys
from fedviz.cli.main import main
main({arguments!r})
print([name for name in ("torch", "flwr", "pandas", "transformers", "scipy") if name in sys.modules])
"""


@pytest.mark.parametrize("arguments", [["presets"], ["runs", "--runs", "/nowhere"], ["options", "federation"]])
def test_light_commands_load_no_heavy_library(arguments: list[str]) -> None:
    done = subprocess.run([sys.executable, "-c", HEAVY.format(arguments=arguments)], capture_output=True, text=True, check=True, env=ENVIRONMENT)
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.slow
def test_ctrl_c_cancels_between_batches_and_leaves_a_resumable_run(tmp_path) -> None:
    (tmp_path / "c.toml").write_text(small(rounds=1000).to_toml())
    command = [sys.executable, "-m", "fedviz", "run", str(tmp_path / "c.toml"), "--runs", str(tmp_path), "--json"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=ENVIRONMENT)
    while not (rows := list_runs(tmp_path)) or rows[0].rounds_done < 1:
        assert process.poll() is None
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    out, error = process.communicate(timeout=60)
    folder = open_run(tmp_path, rows[0].id)
    assert process.returncode == 130
    assert out == folder.journal_path.read_text()
    assert "--resume" in error and "Traceback" not in error
    assert view_of(folder).status == "cancelled"
    assert list_runs(tmp_path)[0].resumable


@pytest.mark.slow
def test_a_reader_that_leaves_is_no_error(tmp_path) -> None:
    command = f"{sys.executable} -m fedviz options --json | head -1"
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=True, env=ENVIRONMENT)
    assert done.stderr == ""

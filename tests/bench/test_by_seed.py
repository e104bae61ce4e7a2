"""Long measurements: the first error ends them, and no process outlives the one that asked."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from fedviz.bench.by_seed import measure_all

pytestmark = pytest.mark.slow


def note(folder, seed):
    Path(folder, f"{seed}.pid").write_text(str(os.getpid()))
    time.sleep(120 if seed == 0 else 0)


def fail(part, seed):
    raise ValueError(f"{part} {seed}")


def test_all_is_measured_and_the_first_error_is_raised(tmp_path):
    said = []
    measure_all(note, [(str(tmp_path), seed) for seed in (1, 2, 3)], lambda part: "part", said.append)
    assert sorted(path.stem for path in tmp_path.iterdir()) == ["1", "2", "3"] and len(said) == 3
    with pytest.raises(ValueError, match="part 1"):
        measure_all(fail, [("part", 1)], str, said.append)


def test_processes_end_with_the_one_that_was_killed(tmp_path):
    asking = f"from fedviz.bench.by_seed import measure_all; from tests.bench.test_by_seed import note; measure_all(note, [({str(tmp_path)!r}, 0)], str, print)"
    parent = subprocess.Popen([sys.executable, "-c", f"if __name__ == '__main__':\n    {asking}"])
    try:
        child = tmp_path / "0.pid"
        while not (child.exists() and child.read_text()):
            assert parent.poll() is None
            time.sleep(0.1)
    finally:
        parent.send_signal(signal.SIGKILL)
        parent.wait()
    pid = int(child.read_text())
    for _ in range(100):
        if not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
            return
        time.sleep(0.1)
    os.kill(pid, signal.SIGKILL)
    pytest.fail("the measurement goes on without anybody who asked")

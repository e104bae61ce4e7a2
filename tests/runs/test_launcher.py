"""Launch, queue, pause, step, resume, cancel, and a process that goes away."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from fedviz.core import events as e
from fedviz.core.errors import RunError
from fedviz.runs.folder import open_run, view_of
from fedviz.runs.journal import read
from fedviz.runs.launcher import Launcher, launcher
from tests.runs.small import small

pytestmark = pytest.mark.alone  # real threads and processes, stopped at the right moment

WAIT_S = 120


@pytest.fixture
def worker(tmp_path):
    worker = Launcher(tmp_path)
    yield worker
    worker.leave()


def done(worker: Launcher, run_id: str) -> str:
    assert worker.wait(run_id, WAIT_S)
    return worker.status(run_id)


def digest(worker: Launcher, run_id: str) -> str:
    return view_of(open_run(worker.root, run_id)).weights_digest


def straight(worker: Launcher, **federation) -> str:
    run_id = worker.submit(small(**federation), "straight")
    assert done(worker, run_id) == "finished"
    return digest(worker, run_id)


def test_a_run_from_first_line_to_last(worker) -> None:
    run_id = worker.submit(small(compare=True), "Mine")
    assert done(worker, run_id) == "finished"
    folder = open_run(worker.root, run_id)
    events = read(folder.journal_path)
    assert isinstance(events[0], e.RunQueued) and events[0].config_digest == small(compare=True).digest()
    assert isinstance(events[-1], e.RunEnded) and events[-1].status == "finished"
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    assert folder.checkpoints() == (0, 1, 2) and folder.client_models(1) == (0, 1, 2)
    assert len(view_of(folder).comparisons) == 3
    assert not folder.is_alive() and folder.control.read() is None


def test_the_same_config_repeats_the_bits_and_a_config_file_too(worker) -> None:
    from fedviz.core.config import RunConfig

    first = worker.submit(small(), "one")
    done(worker, first)
    again = RunConfig.from_toml(open_run(worker.root, first).config_path.read_text())
    second = worker.submit(again, "two")
    done(worker, second)
    assert digest(worker, first) == digest(worker, second)


def test_stepping_ends_with_the_same_bits(worker) -> None:
    expected = straight(worker, rounds=3, strategy="fedadam", fraction=0.7)
    run_id = worker.submit(small(rounds=3, strategy="fedadam", fraction=0.7), "steps")
    worker.pause(run_id)
    assert done(worker, run_id) == "paused"
    for number in (1, 2, 3):
        assert view_of(open_run(worker.root, run_id)).rounds_done < number
        worker.step(run_id)
        status = done(worker, run_id)
    assert (status, digest(worker, run_id)) == ("finished", expected)
    assert [r.round for r in view_of(open_run(worker.root, run_id)).rounds] == [1, 2, 3]


def test_a_cancelled_run_goes_on_with_the_same_bits(worker) -> None:
    expected = straight(worker, rounds=4)
    run_id = worker.submit(small(rounds=4), "cancelled")
    folder = open_run(worker.root, run_id)
    while not any(isinstance(event, e.BatchTrained) for event in read(folder.journal_path)):
        time.sleep(0.005)
    worker.cancel(run_id)
    assert done(worker, run_id) in ("cancelled", "finished")
    if worker.status(run_id) == "cancelled":
        worker.resume(run_id)
        assert done(worker, run_id) == "finished"
    assert digest(worker, run_id) == expected


def test_the_queue_works_one_run_at_a_time_and_lets_go_of_waiting_ones(worker) -> None:
    first, second, third = (worker.submit(small(rounds=3), title) for title in ("first", "second", "third"))
    assert worker.status(third) == "queued"
    worker.cancel(second)
    assert worker.status(second) == "cancelled"
    assert done(worker, third) == "finished" and done(worker, first) == "finished"
    ends = [read(open_run(worker.root, run_id).journal_path)[-1].at for run_id in (first, third)]
    starts = [next(event.at for event in read(open_run(worker.root, third).journal_path) if isinstance(event, e.RunPreparing | e.RunStarted))]
    assert ends[0] <= starts[0]
    worker.resume(second)
    assert done(worker, second) == "finished"


def test_what_cannot_be_done_is_one_sentence(worker) -> None:
    run_id = worker.submit(small(rounds=1), "t")
    assert done(worker, run_id) == "finished"
    with pytest.raises(RunError, match="can go on, but .* is finished"):
        worker.resume(run_id)
    with pytest.raises(RunError, match="can be stopped, but .* is finished"):
        worker.pause(run_id)
    with pytest.raises(RunError, match="no run"):
        worker.cancel("none0000none")


def test_a_run_that_is_held_elsewhere_is_not_taken(worker) -> None:
    run_id = worker.submit(small(rounds=1), "t")
    worker.pause(run_id)
    done(worker, run_id)
    with open_run(worker.root, run_id).lock(), pytest.raises(RunError, match="already queued or running"):
        worker.resume(run_id)


def test_no_survivor_is_a_failed_run_with_one_sentence(worker) -> None:
    run_id = worker.submit(small(faulty_clients=[0, 1, 2]), "t")
    assert done(worker, run_id) == "failed"
    reason = view_of(open_run(worker.root, run_id)).reason
    assert reason.startswith("Round 1 has no surviving client: all 3 failed") and "\n" not in reason


def test_missing_data_is_a_failed_run_with_the_way_out(worker, monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("FEDVIZ_HOME", str(tmp_path / "empty"))
    run_id = worker.submit(small().updated({"model.name": "minilm"}), "t")
    assert done(worker, run_id) == "failed"
    assert "python -m fedviz fetch" in view_of(open_run(worker.root, run_id)).reason


def test_leaving_lets_go_without_a_last_event_and_the_run_can_go_on(tmp_path) -> None:
    first = Launcher(tmp_path)
    run_id = first.submit(small(rounds=40), "t")
    folder = open_run(tmp_path, run_id)
    while view_of(folder).rounds_done < 1:
        time.sleep(0.01)
    first.leave()
    assert folder.status() == "interrupted"
    assert not isinstance(read(folder.journal_path)[-1], e.RunEnded)
    second = Launcher(tmp_path)
    second.step(run_id)
    assert done(second, run_id) == "paused"
    second.leave()


def test_one_launcher_a_folder(tmp_path) -> None:
    assert launcher(tmp_path) is launcher(str(tmp_path))


KILLED = """
import sys, time
from pathlib import Path
from fedviz.runs.launcher import Launcher
from tests.runs.small import small
worker = Launcher(Path(sys.argv[1]))
print(worker.submit(small(rounds=6, strategy="fedyogi"), "killed"), flush=True)
time.sleep(600)
"""


@pytest.mark.slow
@pytest.mark.parametrize("after", [3, 40])
def test_a_run_killed_in_a_round_ends_with_the_bits_of_one_that_never_stopped(worker, after: int) -> None:
    expected = straight(worker, rounds=6, strategy="fedyogi")
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(worker.root)], stdout=subprocess.PIPE, text=True, env=os.environ | {"PYTHONPATH": str(Path.cwd())}
    )
    run_id = process.stdout.readline().strip()
    folder = open_run(worker.root, run_id)
    while sum(isinstance(event, e.BatchTrained) for event in read(folder.journal_path)) < after:
        assert process.poll() is None
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    process.wait()
    with folder.journal_path.open("ab") as file:
        file.write(b'{"seq":')  # what a crash in the middle of a line leaves
    assert folder.status() == "interrupted"
    worker.resume(run_id)
    assert done(worker, run_id) == "finished"
    view = view_of(folder)
    assert view.weights_digest == expected
    assert [r.round for r in view.rounds] == [1, 2, 3, 4, 5, 6]
    assert [json.loads(line)["seq"] for line in folder.journal_path.read_text().splitlines()] == list(range(1, view.last_seq + 1))


ENDS = """
import sys
from pathlib import Path
from fedviz.runs.launcher import Launcher
from tests.runs.small import small
Launcher(Path(sys.argv[1])).submit(small(rounds=1000), "long")
"""


@pytest.mark.slow
def test_no_thread_holds_the_process(tmp_path) -> None:
    started = time.monotonic()
    subprocess.run([sys.executable, "-c", ENDS, str(tmp_path)], check=True, timeout=WAIT_S, env=os.environ | {"PYTHONPATH": str(Path.cwd())})
    assert time.monotonic() - started < 60

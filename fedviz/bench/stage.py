"""A stage for measurements of the page: a server with a data folder of its own, a browser, and a journal that is written at a pace."""

import os
import shutil
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

from fedviz.carriers.fetch import is_present
from fedviz.carriers.home import data_home
from fedviz.core import events as e
from fedviz.core.config import RunConfig
from fedviz.core.errors import RunError
from fedviz.core.types import ClientInfo, Metric, MetricKey
from fedviz.runs.folder import RunFolder, create
from fedviz.runs.journal import JournalWriter

ROOT = Path(__file__).parents[2]
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--enable-precise-memory-info",
]
START_S = 90.0
STEPS = 20
"""Training steps of a client in a round of the written journal."""


def make_home(folder: Path) -> Path:
    """A data folder with the installed carriers and without runs."""
    folder.mkdir(parents=True, exist_ok=True)
    for child in data_home().iterdir() if data_home().is_dir() else ():
        if child.name != "runs":
            (folder / child.name).symlink_to(child)
    return folder


def need(what: str, *carriers: str) -> None:
    """`RunError` where a carrier is not fetched that measuring `what` reads."""
    for key in carriers:
        if not is_present(key):
            raise RunError(f"Measuring {what} needs the carriers, but {key!r} is missing: say `python -m fedviz fetch`.")


def free_port() -> int:
    """A port of the loopback interface that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def start_server(home: Path, port: int) -> subprocess.Popen[bytes]:
    """Start the app on a data folder and wait until it answers; `RunError` with the end of its log where it does not."""
    environment = os.environ | {"FEDVIZ_HOME": str(home), "FLWR_TELEMETRY_ENABLED": "0", "HF_HUB_OFFLINE": "1"}
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port), "--server.headless", "true"]
    with (home / "server.log").open("ab") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT)
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=1):
                return process
        except OSError:
            time.sleep(0.2)
    process.kill()
    raise RunError(f"The page must start within {START_S:g} s, but it did not: {(home / 'server.log').read_text(errors='replace')[-2000:]}")


def stop_server(process: subprocess.Popen[bytes], limit_s: float = 20.0) -> None:
    """Ask the server to end, and end it where it does not."""
    process.terminate()
    try:
        process.wait(timeout=limit_s)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@contextmanager
def server(home: Path) -> Iterator[tuple[str, psutil.Process]]:
    """The app in a process of its own: its address and its process."""
    port = free_port()
    process = start_server(home, port)
    try:
        yield f"http://127.0.0.1:{port}", psutil.Process(process.pid)
    finally:
        stop_server(process)


@contextmanager
def browser() -> Iterator[Any]:
    """Debian's chromium without a window; `RunError` where it or Playwright is missing."""
    path = shutil.which("chromium")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        path = None
    if path is None:
        raise RunError("Measuring the page needs chromium and the packages of requirements-test.txt, but they are not there.")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=path, args=FLAGS)
        try:
            yield opened
        finally:
            opened.close()


def graph_frame(page: Any) -> Any:
    """The sandboxed frame of the one graph on a page."""
    (frame,) = [frame for frame in page.frames if frame.parent_frame is not None]
    return frame


def idle(process: psutil.Process, limit_s: float = 60.0) -> None:
    """Wait until the server has finished warming up."""
    deadline = time.monotonic() + limit_s
    while time.monotonic() < deadline and process.cpu_percent(interval=1.0) > 5:
        pass


class Pace:
    """A run of `clients` clients whose training steps are written at a pace, as a worker that lives would."""

    def __init__(self, home: Path, clients: int, per_second: float) -> None:
        self.clients = clients
        self.gap_s = 1 / per_second
        self.at: dict[int, float] = {}
        """When each training step was written, by sequence number."""
        self.folder: RunFolder = create(home / "runs", RunConfig.parse({"scenario": {"name": "toy"}, "federation": {"clients": clients}}), "Streaming")
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._write, daemon=True)

    def __enter__(self) -> "Pace":
        self._lock = self.folder.lock()
        self._lock.acquire()
        self._journal = JournalWriter(self.folder.journal_path)
        infos = tuple(ClientInfo(index=i, name=f"Client {i + 1}", train_examples=320, test_examples=80) for i in range(self.clients))
        started = e.RunStarted(
            rounds=1000, first_round=1, classes=("a", "b"), clients=infos, trainable_parameters=1000, total_parameters=1000, message_bytes=4000
        )
        self._journal.append(started)
        metrics = tuple(Metric(key=MetricKey(name=name), value=0.5) for name in ("loss", "accuracy", "macro_f1"))
        self._journal.append(e.GlobalEvaluated(round=0, metrics=metrics))
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        self._journal.close()
        self._lock.release()

    def _write(self) -> None:
        """Steps of all clients in turn, so that every chart moves; a new round after `STEPS` of each."""
        due = time.monotonic()
        number, step = 1, 0
        while True:
            step += 1
            if step > STEPS:
                number, step = number + 1, 1
            if step == 1:
                self._journal.append(e.RoundStarted(round=number, clients=tuple(range(self.clients))))
            for client in range(self.clients):
                due += self.gap_s
                if self._stop.wait(max(due - time.monotonic(), 0)):
                    return
                loss = 2 / (1 + 0.1 * number + 0.003 * step) + 0.02 * ((7 * step + client) % 5)
                event = self._journal.append(e.BatchTrained(round=number, client=client, step=step, steps=STEPS, examples=16, loss=loss))
                self.at[event.seq] = event.at

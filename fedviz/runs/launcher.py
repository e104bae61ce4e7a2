"""Launch, pause, step, resume, cancel: background threads that work on runs, one run at a time unless told otherwise.

A run that waits or runs is held by its lock file. So other processes see that it is alive, and a run whose process is gone shows
as interrupted and can be resumed. When this process ends, running work stops between two batches without a last event.
"""

import atexit
import logging
import threading
from collections import deque
from pathlib import Path

from filelock import FileLock, Timeout

from fedviz import __version__
from fedviz.core.config import RunConfig
from fedviz.core.errors import RunError
from fedviz.core.events import RunEnded, RunQueued
from fedviz.runs.folder import RESUMABLE, RunFolder, fill, new_folder, open_run, runs_root, view_of
from fedviz.runs.journal import JournalWriter
from fedviz.runs.ready import ready
from fedviz.runs.worker import work

log = logging.getLogger(__name__)
_LOCK_S = 2.0
_LEAVE_S = 20.0


class Launcher:
    """Works on the runs of one folder. Its methods may be called from any thread; they return at once."""

    def __init__(self, root: Path, at_a_time: int = 1) -> None:
        self.root = root
        self._at_a_time = at_a_time
        self._ready = threading.Condition()
        self._waiting: deque[RunFolder] = deque()
        self._locks: dict[str, FileLock] = {}
        self._threads: list[threading.Thread] = []
        self._leaving = threading.Event()
        atexit.register(self.leave)

    def submit(self, config: RunConfig, title: str) -> str:
        """A new run, queued; gives its id. Raises `FedvizError` where the configuration cannot be run here."""
        config = ready(config)
        folder = new_folder(self.root)
        self._hold(folder)
        try:
            fill(folder, config, title)
        except RunError:
            self._release(folder)
            raise
        self._enqueue(folder)
        return folder.id

    def resume(self, run_id: str) -> None:
        """Go on with a run that is paused, interrupted, cancelled or failed, from its last checkpoint."""
        self._again(run_id, step=False)

    def step(self, run_id: str) -> None:
        """Do one more round, then pause. A run that is running pauses after its current round."""
        folder = open_run(self.root, run_id)
        if folder.is_alive():
            folder.control.ask("step")
        else:
            self._again(run_id, step=True)

    def pause(self, run_id: str) -> None:
        """Stop at the next round boundary, with a checkpoint; a run that waits in the queue leaves it."""
        self._ask(run_id, "pause")

    def cancel(self, run_id: str) -> None:
        """Stop after the current batch; a run that waits in the queue leaves it. What was complete stays and can be resumed."""
        self._ask(run_id, "cancel")

    def status(self, run_id: str) -> str:
        """queued, preparing, running, finished, failed, cancelled, paused, or interrupted where the worker is gone."""
        return open_run(self.root, run_id).status()

    def wait(self, run_id: str, timeout_s: float | None = None) -> bool:
        """Wait until this launcher no longer holds the run; False where the time was not enough."""
        with self._ready:
            return self._ready.wait_for(lambda: run_id not in self._locks, timeout_s)

    def leave(self) -> None:
        """Stop all work between two batches and let go of every run; for the end of the process and for tests."""
        with self._ready:
            self._leaving.set()
            self._ready.notify_all()
        for thread in self._threads:
            thread.join(_LEAVE_S)
        for run_id in list(self._locks):
            self._release(RunFolder(self.root / run_id))

    def _ask(self, run_id: str, command: str) -> None:
        folder = open_run(self.root, run_id)
        with self._ready:
            queued = folder in self._waiting
            if queued:
                self._waiting.remove(folder)
        if queued:
            view = view_of(folder)
            with JournalWriter(folder.journal_path) as journal:
                status = "paused" if command == "pause" else "cancelled"
                journal.append(RunEnded(status=status, rounds_done=view.rounds_done, elapsed_s=0.0, weights_digest=view.weights_digest))
            self._release(folder)
        elif folder.is_alive():
            folder.control.ask(command)  # type: ignore[arg-type]
        else:
            raise RunError(f"Only a run that is queued or running can be stopped, but {run_id} is {folder.status()}.")

    def _again(self, run_id: str, step: bool) -> None:
        folder = open_run(self.root, run_id)
        config = folder.config()
        self._hold(folder)
        try:
            view = view_of(folder)
            status = "interrupted" if view.status in ("queued", "preparing", "running") else view.status
            if status not in RESUMABLE:
                raise RunError(f"Only a run that is {', '.join(RESUMABLE[:-1])} or {RESUMABLE[-1]} can go on, but {run_id} is {status}.")
            with JournalWriter(folder.journal_path) as journal:
                journal.append(RunQueued(run_id=folder.id, title=view.title, config_digest=config.digest(), fedviz_version=__version__))
            folder.control.clear()
            if step:
                folder.control.ask("step")
        except BaseException:
            self._release(folder)
            raise
        self._enqueue(folder)

    def _hold(self, folder: RunFolder) -> None:
        lock = folder.lock()
        try:
            lock.acquire(timeout=_LOCK_S)
        except Timeout:
            raise RunError(f"The run {folder.id} is already queued or running.") from None
        except OSError as error:
            raise RunError(f"The run {folder.id} cannot be worked on: {error.strerror}.") from None
        with self._ready:
            self._locks[folder.id] = lock

    def _release(self, folder: RunFolder) -> None:
        with self._ready:
            lock = self._locks.pop(folder.id, None)
            if lock is not None:
                lock.release()
            self._ready.notify_all()

    def _enqueue(self, folder: RunFolder) -> None:
        with self._ready:
            self._waiting.append(folder)
            if len(self._threads) < self._at_a_time:
                # A daemon, so that the process may end; `leave` stops it in good order before that.
                thread = threading.Thread(target=self._work, name=f"fedviz-run-{len(self._threads)}", daemon=True)
                self._threads.append(thread)
                thread.start()
            self._ready.notify_all()

    def _work(self) -> None:
        while True:
            with self._ready:
                self._ready.wait_for(lambda: self._waiting or self._leaving.is_set())
                if self._leaving.is_set():
                    return
                folder = self._waiting.popleft()
            try:
                work(folder, self._leaving)
            except Exception:
                # The journal itself could not be written (a full disk): the run shows as interrupted.
                log.exception("the run %s stopped without a last event", folder.id)
            finally:
                self._release(folder)


_launchers: dict[Path, Launcher] = {}
_launchers_lock = threading.Lock()


def launcher(root: Path | str | None = None) -> Launcher:
    """The launcher of this process for a folder of runs (by default the one in the data folder)."""
    path = runs_root(root)
    with _launchers_lock:
        if path not in _launchers:
            _launchers[path] = Launcher(path)
        return _launchers[path]

"""One run from its folder to its last event: what a launcher's thread does. It knows nothing of pages or terminals."""

import logging
import threading
import time
from typing import Any, Literal

from fedviz.core.config import RunConfig
from fedviz.core.errors import FedvizError, out_of_memory
from fedviz.core.events import Event, RunEnded, RunPreparing
from fedviz.runs.folder import RunFolder
from fedviz.runs.journal import JournalWriter

log = logging.getLogger(__name__)
_REPORTS_PER_SECOND = 10


class _Leaving(BaseException):
    """The process ends: stop between two batches and write nothing more, so that the run can be taken up again.

    No `Exception`, so that nobody on the way takes it for the failure of a client.
    """


def work(folder: RunFolder, leaving: threading.Event) -> None:
    """Do or go on with the run. Every way to end is an event in its journal, except that the process ends (`leaving` is set)."""
    with JournalWriter(folder.journal_path) as journal:
        worker = _Worker(folder, journal, leaving)
        try:
            worker.run()
        except _Leaving:
            return
        except FedvizError as error:
            worker.end("failed", str(error))
        except OSError as error:
            log.exception("the run %s failed", folder.id)
            worker.end("failed", f"The run stopped because of the system: {error.strerror or error}.")
        except Exception as error:
            if out_of_memory(error):
                log.warning("the run %s had no memory left: %s", folder.id, error)
                worker.end("failed", "The run stopped because this machine's memory did not suffice: lower federation.batch_size or model.max_tokens, train less with model.tuning, or choose a smaller model.")
                return
            log.exception("the run %s failed", folder.id)
            worker.end("failed", f"The run stopped because of an error in fedviz itself: {type(error).__name__}: {' '.join(str(error).split())[:300]}")


class _Worker:
    def __init__(self, folder: RunFolder, journal: JournalWriter, leaving: threading.Event) -> None:
        self.folder = folder
        self.journal = journal
        self.leaving = leaving
        self.started = time.monotonic()
        self.rounds_done = 0
        self.digest = ""
        self._reported = ("", 0.0)

    def run(self) -> None:
        from fedviz.federation.assemble import borrowed
        from fedviz.federation.grid import Stopped

        config = self.folder.config()
        try:
            with borrowed(config, self._progress) as experiment:
                self._federate(config, experiment)
        except Stopped:
            self.end("cancelled")

    def _federate(self, config: RunConfig, experiment: Any) -> None:
        from fedviz.federation.compare import compare
        from fedviz.federation.messages import weights_digest
        from fedviz.federation.rounds import Hooks, Rounds, RoundState
        from fedviz.runs.checkpoint import CLIENT_MODELS_UP_TO, Checkpoints, keep_every

        checkpoints = Checkpoints(self.folder.checkpoints_path)
        weights = sum(values.size for values in experiment.initial.values())  # also what a run adds to frozen matrices
        small = weights <= CLIENT_MODELS_UP_TO
        every = keep_every(config.federation.rounds, config.federation.clients, weights, small)
        state = checkpoints.load_state()

        def save(new: RoundState) -> None:
            checkpoints.save_state(new)
            checkpoints.prune(every, new.round)
            self.rounds_done, self.digest = new.round, weights_digest(new.arrays)

        if state is not None:
            self.rounds_done, self.digest = state.round, weights_digest(state.arrays)
        hooks = Hooks(self._emit, self._command, save, checkpoints.save_client if small else lambda number, client, arrays: None)
        ended = Rounds(experiment, hooks, state).run()
        status = ended.status
        if status == "finished" and config.federation.compare and not compare(experiment, ended.state.arrays, hooks, ended.state.clients, ended.state.strategy, ended.state.round):
            status = "cancelled"
        if status == "finished" and ended.state.round < self.rounds_done:  # a resumed run must find its newest round until it is over
            checkpoints.end_with(ended.state)
            self.digest = weights_digest(ended.state.arrays)
        self.end(status)

    def end(self, status: Literal["finished", "failed", "cancelled", "paused"], reason: str = "") -> None:
        """Write the last event."""
        elapsed = time.monotonic() - self.started
        self.folder.control.clear()
        self.journal.append(RunEnded(status=status, reason=reason, rounds_done=self.rounds_done, elapsed_s=elapsed, weights_digest=self.digest))

    def _emit(self, event: Event) -> Event:
        return self.journal.append(event)

    def _command(self) -> Literal["pause", "step", "cancel"] | None:
        if self.leaving.is_set():
            raise _Leaving
        return self.folder.control.read()

    def _progress(self, step: str, done: int, total: int) -> None:
        from fedviz.federation.grid import Stopped

        if self._command() == "cancel":
            raise Stopped
        last, at = self._reported
        if step != last or done == total or time.monotonic() - at > 1 / _REPORTS_PER_SECOND:
            self._reported = (step, time.monotonic())
            self.journal.append(RunPreparing(step=step, done=done, total=total))

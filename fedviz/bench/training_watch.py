"""What a process and those that it starts take: memory at its peak and CPU seconds. For measurements in a process of its own."""

import threading
import time
from types import TracebackType

import psutil

SAMPLE_S, LOOK_S = 0.05, 1.0


class Watch:
    """Samples a process (None: this one) and its descendants from `with` on: `peak_mb` is the greatest sum of their resident memory.

    Pages that two processes share count for both. Descendants are looked for once a second, so that looking costs little.
    """

    def __init__(self, pid: int | None = None) -> None:
        self._process = psutil.Process(pid)
        self._known: dict[int, psutil.Process] = {self._process.pid: self._process}
        self._spent: dict[int, float] = {}
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)
        self.peak_mb = 0.0

    def __enter__(self) -> "Watch":
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._over.set()
        self._thread.join()

    @property
    def processes(self) -> int:
        """How many processes were seen."""
        return len(self._known)

    def cpu_s(self) -> float:
        """CPU seconds of all of them so far; of one that ended, as far as it was seen."""
        self._look()
        for pid, process in list(self._known.items()):
            try:
                taken = process.cpu_times()
                self._spent[pid] = taken.user + taken.system
            except psutil.Error:
                continue
        return sum(self._spent.values())

    def _look(self) -> None:
        try:
            self._known |= {child.pid: child for child in self._process.children(recursive=True) if child.pid not in self._known}
        except psutil.Error:
            return

    def _sample(self) -> None:
        looked = 0.0
        while not self._over.wait(SAMPLE_S):
            if time.monotonic() - looked > LOOK_S:
                self._look()
                looked = time.monotonic()
            self.peak_mb = max(self.peak_mb, sum(map(_resident, list(self._known.values()))) / 1e6)


def _resident(process: psutil.Process) -> int:
    try:
        return process.memory_info().rss
    except psutil.Error:
        return 0

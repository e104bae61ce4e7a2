"""A line on standard error that says how far long work is, on a terminal alone: pipes and logs get nothing."""

import sys
import time
from types import TracebackType

_EVERY_S = 0.2


class ProgressLine:
    """`with ProgressLine("people.nt") as line: work(progress=line.tell)`. The line is wiped away at the end."""

    def __init__(self, what: str) -> None:
        self._what = what[:60]
        self._shown = sys.stderr.isatty()
        self._last = 0.0

    def tell(self, done: int, total: int) -> None:
        """Rewrite the line, at most five times a second."""
        now = time.monotonic()
        if not self._shown or now - self._last < _EVERY_S:
            return
        self._last = now
        share = f"{min(1.0, done / total):4.0%}" if total else f"{done:,}"
        sys.stderr.write(f"\r\x1b[K{self._what}: {share}")
        sys.stderr.flush()

    def __enter__(self) -> "ProgressLine":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._shown and self._last:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()

"""The journal of a run: append-only JSON Lines, one event a line. It is the truth; everything that is shown follows from it.

A crash may leave a last line without its newline: readers pass over it and the next writer removes it. Any other line
that is no event means a damaged file and is said in one sentence.
"""

import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from pydantic import ValidationError

from fedviz.core.errors import RunError
from fedviz.core.events import Event, RoundEnded, RunEnded, event_from_json

_DURABLE = (RoundEnded, RunEnded)


class JournalWriter:
    """Appends events to the journal at `path`; may be used from several threads, by one process at a time."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.Lock()
        path.parent.mkdir(parents=True, exist_ok=True)
        self._seq = _repair(path)
        self._file = path.open("ab")

    def append(self, event: Event) -> Event:
        """Write the event with the next `seq` and the time `at`, and give back what was written."""
        with self._lock:
            written = event.model_copy(update={"seq": self._seq + 1, "at": time.time()})
            self._file.write(written.model_dump_json().encode() + b"\n")
            self._file.flush()
            if isinstance(event, _DURABLE):
                os.fsync(self._file.fileno())
            self._seq += 1
            return written

    def close(self) -> None:
        """Close the file; a closed writer cannot append."""
        self._file.close()

    def __enter__(self) -> "JournalWriter":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Tail:
    """Reads a journal that grows: every call of `events` gives what came since the last one, once and in order."""

    def __init__(self, path: Path, after: int = 0) -> None:
        self.path = path
        self.offset = 0
        self._after = after
        self._line = 0

    def lines(self) -> Iterator[bytes]:
        """The new complete lines as they stand in the file, without their newline."""
        try:
            with self.path.open("rb") as file:
                file.seek(self.offset)
                for line in file:
                    if not line.endswith(b"\n"):
                        return
                    self.offset += len(line)
                    self._line += 1
                    yield line[:-1]
        except FileNotFoundError:
            return

    def events(self) -> tuple[Event, ...]:
        """The new events with `seq` greater than `after`; `RunError` names the line that is none."""
        found = []
        for line in self.lines():
            try:
                event = event_from_json(line)
            except ValidationError:
                raise RunError(f"The journal {self.path.parent.name}/{self.path.name} is damaged: line {self._line} is not an event.") from None
            if event.seq > self._after:
                found.append(event)
        return tuple(found)


def read(path: Path, after: int = 0) -> tuple[Event, ...]:
    """All events with `seq > after`; a last line without its newline is passed over. `RunError` where the file is damaged."""
    return Tail(path, after).events()


def _repair(path: Path) -> int:
    """Cut off an unfinished last line and give the `seq` of the last event (0 where there is none)."""
    if not path.exists():
        return 0
    data = path.read_bytes()
    whole = data[: data.rfind(b"\n") + 1]
    if len(whole) < len(data):
        os.truncate(path, len(whole))
    last = whole.rstrip(b"\n").rpartition(b"\n")[2]
    if not last:
        return 0
    try:
        return event_from_json(last).seq
    except ValidationError:
        raise RunError(f"The journal {path.parent.name}/{path.name} is damaged: its last line is not an event.") from None

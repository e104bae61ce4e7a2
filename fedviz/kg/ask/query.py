"""SPARQL for a page or a terminal: read-only, with a time limit and a row cap, answered by a process of its own that is ended when time is up."""

import json
import logging
import os
import selectors
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

import fedviz
from fedviz.core.errors import InputError
from fedviz.core.options import Options
from fedviz.core.types import Record
from fedviz.kg.store.evidence import EVIDENCE
from fedviz.kg.store.oxi import Fault, QuerySyntaxError
from fedviz.kg.store.records import ACTIVE, Status
from fedviz.kg.store.store import GraphStore
from fedviz.kg.store.terms import Statement

MAX_QUERY = 100_000
"""Letters of a query."""
_log = logging.getLogger(__name__)
_START_S = 60.0
_IDLE = 2
_Process = subprocess.Popen[bytes]


class Limits(Options):
    """What a question may take."""

    timeout_s: Annotated[
        float, Field(gt=0, le=600, title="Time limit in seconds", description="A question that takes longer is ended; nothing else on the page is harmed.")
    ] = 10.0
    rows: Annotated[int, Field(ge=1, le=100_000, title="Most rows", description="Further rows of an answer are left out, and that is said.")] = 1000


class Result(Record):
    """An answer: `rows` (None for an unbound variable) under `variables`, or `statements`, or `holds` for a yes or no.

    `truncated`: there is more than the limits let through; `elapsed_s`: within the store; `waited_s`: until the answer was here.
    """

    variables: tuple[str, ...] = ()
    rows: tuple[tuple[str | None, ...], ...] = ()
    statements: tuple[Statement, ...] | None = None
    holds: bool | None = None
    truncated: bool = False
    elapsed_s: float = 0.0
    waited_s: float = 0.0


def run(store: GraphStore, sparql: str, limits: Limits | None = None, statuses: tuple[Status, ...] = ACTIVE) -> Result:
    """The answer to a query. `QuerySyntaxError` says line and column; `InputError` where `SERVICE`, time or memory forbid it."""
    if len(sparql) > MAX_QUERY:
        raise InputError(f"A query has at most {MAX_QUERY:,} letters, but got {len(sparql):,}.")
    allowed = limits or Limits()
    start = time.perf_counter()
    info = store.info
    graphs = list(store.named(statuses, info=info))
    request = {"op": "query", "sparql": sparql, "graphs": graphs, "named": [*graphs, EVIDENCE], "rows": allowed.rows}
    reply = call(store, request, allowed.timeout_s, info.state)
    statements = reply.get("statements")
    return Result(
        variables=tuple(reply.get("variables", ())),
        rows=tuple(tuple(row) for row in reply.get("rows", ())),
        statements=None if statements is None else tuple(Statement(*row) for row in statements),
        holds=reply.get("holds"),
        truncated=reply.get("truncated", False),
        elapsed_s=reply["elapsed_s"],
        waited_s=time.perf_counter() - start,
    )


def call(store: GraphStore, request: dict[str, Any], timeout_s: float, state: str = "") -> dict[str, Any]:
    """The reply of a worker to a request about a graph in that state (empty: as it is now); `InputError` where it says an error, and where time is up."""
    reply = _WORKERS.call(request | {"place": str(store.path / "store"), "state": state or store.info.state}, timeout_s)
    if reply is None:
        raise InputError(f"The question took longer than {timeout_s:g} s and was ended; ask for less, or give it more time.")
    if "fault" in reply:
        raise QuerySyntaxError(Fault(*reply["fault"]))
    if "error" in reply:
        raise InputError(reply["error"])
    if "memory" in reply:
        raise InputError("The question needs more memory than it may have, and was ended; ask for less.")
    if "trouble" in reply:
        raise InputError(f"The store could not answer this: {reply['trouble']}.")
    return reply


class Workers:
    """Processes that answer questions: one that is idle takes the next question, one that exceeds its time is killed."""

    def __init__(self) -> None:
        self._idle: list[_Process] = []
        self._lock = threading.Lock()
        self._warming = False

    def call(self, request: dict[str, Any], timeout_s: float) -> dict[str, Any] | None:
        """The reply to a request; None where it did not come in time; `memory` where the process ended by itself."""
        process = self._take()
        kept = False
        try:
            reply = _reply(process, json.dumps(request).encode() + b"\n", timeout_s)
            kept = reply is not None and "memory" not in reply
            return reply
        finally:
            with self._lock:
                kept = kept and len(self._idle) < _IDLE
                if kept:
                    self._idle.append(process)
            if not kept:
                _end(process)

    def warm(self) -> None:
        """Have one process idle, so that the next question does not wait for its start. A failure is left to that question to tell."""
        with self._lock:
            if self._idle or self._warming:
                return
            self._warming = True
        threading.Thread(target=self._start_one, name="fedviz-ask", daemon=True).start()

    def _start_one(self) -> None:
        try:
            process = self._take()
            with self._lock:
                self._idle.append(process)
        except (InputError, OSError):
            _log.exception("No process that answers questions could be started")
        finally:
            self._warming = False

    def end(self) -> None:
        """End all idle processes."""
        with self._lock:
            waiting, self._idle = self._idle, []
        for process in waiting:
            _end(process)

    def _take(self) -> _Process:
        with self._lock:
            while self._idle:
                process = self._idle.pop()
                if process.poll() is None:
                    return process
                _end(process)
        root = str(Path(fedviz.__file__).parents[1])
        environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH", ""))))}
        command = [sys.executable, "-m", "fedviz.kg.ask.worker"]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment)
        if _reply(process, b"", _START_S) is None:
            _end(process)
            raise InputError(f"The process that answers questions did not start within {_START_S:g} s.")
        return process


_WORKERS = Workers()


def warm() -> None:
    """Have a process at hand for the next question; gives back at once."""
    _WORKERS.warm()


def _reply(process: _Process, request: bytes, limit_s: float) -> dict[str, Any] | None:
    """Send a request (empty: only wait until the process is there) and read one line; None where it does not come in time."""
    deadline = time.monotonic() + limit_s
    parts: list[bytes] = []
    try:
        if request and process.stdin is not None:
            process.stdin.write(request)
            process.stdin.flush()
        out = process.stdout.fileno() if process.stdout is not None else -1
        with selectors.DefaultSelector() as ready:  # `select.select` takes no file number from 1024 on, which a server with many open files reaches
            ready.register(out, selectors.EVENT_READ)
            while (left := deadline - time.monotonic()) > 0:
                if ready.select(left):
                    parts.append(os.read(out, 1 << 20))
                    if not parts[-1]:
                        return {"memory": True}
                    if parts[-1].endswith(b"\n"):
                        return json.loads(b"".join(parts))
    except BrokenPipeError:
        return {"memory": True}
    return None


def _end(process: _Process) -> None:
    process.kill()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            pipe.close()
    process.wait()

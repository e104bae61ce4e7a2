"""A library that reasons or checks, run in a process of its own: it can be ended when time is up or somebody cancels, and it reaches no network."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import fedviz
from fedviz.core.errors import InputError
from fedviz.kg.store.change import Cancelled

_FORBIDDEN = ("socket.", "subprocess.", "os.system", "os.exec", "os.posix_spawn", "os.fork", "urllib.", "http.client")


def run(module: str, folder: Path, timeout_s: float, cancelled: Callable[[], bool], doing: str) -> None:
    """Run a module of ours on a folder with its input, where it leaves its output. `InputError` where time is up or it fails, `Cancelled` where somebody cancels."""
    root = str(Path(fedviz.__file__).parents[1])
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH", "")))), "RAYON_NUM_THREADS": "1"}
    process = subprocess.Popen([sys.executable, "-m", module, str(folder)], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=environment)
    deadline = time.monotonic() + timeout_s
    try:
        while process.poll() is None:
            if cancelled():
                raise Cancelled(f"{doing} was cancelled; the graph is as it was before.")
            if time.monotonic() > deadline:
                raise InputError(f"{doing} took longer than {timeout_s:g} s and was ended.")
            time.sleep(0.02)
        if process.returncode:
            last = (process.stderr.read() if process.stderr else b"").decode(errors="replace").strip().splitlines()[-1:]
            raise InputError(f"{doing} failed: {last[0][:300] if last else f'exit code {process.returncode}'}.")
    finally:
        process.kill()
        process.wait()
        if process.stderr:
            process.stderr.close()


def forbid_outside() -> None:
    """From now on nothing in this process reaches a network or starts a program, whatever a file says."""

    def hook(event: str, arguments: object) -> None:
        if event.startswith(_FORBIDDEN):
            raise PermissionError(f"nothing here may reach outside ({event})")

    sys.addaudithook(hook)

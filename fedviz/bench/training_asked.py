"""Answers of `fedviz.bench.training_ways`, each from a process of its own and kept in the data folder: a bench that was stopped goes on where it was.

What was kept is for the same question, the same version and the same code of models, federation and these measurements; a change of any of them measures anew.
"""

import hashlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from fedviz import __version__
from fedviz.bench import foreign
from fedviz.bench.report import Say
from fedviz.bench.training_watch import Watch
from fedviz.carriers.home import data_home
from fedviz.core.config import RunConfig
from fedviz.core.errors import RunError
from fedviz.core.files import write_atomic
from fedviz.models import compute

LIMIT_S = 1500.0
MEASURED = ("models/**/*.py", "federation/**/*.py", "bench/training_ways.py", "bench/training_trainer.py", "bench/training_watch.py", "bench/simulated.py")
ONE_THREAD = ("alone", "trainer")
"""Ways whose CPU time is compared: on one thread, two of them at a time."""

ENVIRONMENT = {**dict.fromkeys(ONE_THREAD, {"OMP_NUM_THREADS": "1"}), "ray": {"RAY_worker_niceness": "0"}}
"""Ray lets its workers step back behind all other programs (niceness 15), which on a busy machine would make them slow for no fault of theirs."""


class Asked(NamedTuple):
    """A measurement: what it is called, its way and its question. `turn` tells repetitions apart."""

    name: str
    way: str
    question: dict[str, Any]
    turn: int = 0


@lru_cache(maxsize=1)
def code() -> str:
    """Digest of the code that is measured."""
    root, state = Path(__file__).parents[1], hashlib.blake2b(digest_size=8)
    for file in sorted(file for pattern in MEASURED for file in root.glob(pattern)):
        state.update(file.read_bytes())
    return state.hexdigest()


def place(asked: Asked) -> Path:
    """The file of an answer."""
    digest = hashlib.blake2b(json.dumps([asked.way, asked.question, asked.turn], sort_keys=True).encode(), digest_size=8).hexdigest()
    return data_home() / "bench" / "training" / f"{__version__}-{code()}-{asked.way}-{digest}.json"


def kept(asked: Asked) -> dict[str, Any] | None:
    """The kept answer; None where there is none, or where its file is damaged."""
    try:
        return json.loads(place(asked).read_text("utf-8"))
    except (OSError, ValueError):
        return None


def answered(asked: Asked, say: Say) -> dict[str, Any]:
    """The kept answer, or a fresh one, which is kept; with `load`, the machine's load when it was measured. `ValueError` where the process fails."""
    file, was = place(asked), kept(asked)
    if was is not None:
        return was
    say(asked.name)
    if asked.way == "run":
        found = _run(RunConfig.parse(asked.question["config"]))
    else:
        python = next(foreign.pythons()) if asked.way == "ray" else sys.executable
        found = foreign.answer([python, "-m", "fedviz.bench.training_ways", asked.way], asked.question, LIMIT_S, **ENVIRONMENT.get(asked.way, {}))
    found["load"] = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    file.parent.mkdir(parents=True, exist_ok=True)
    write_atomic(file, json.dumps(found), durable=False)
    return found


def all_answered(asked: Sequence[Asked], say: Say) -> dict[str, dict[str, Any]]:
    """The answers by name: those of one thread as many at a time as there are cores, the others, whose wall time is compared, one after the other and alone.

    A simulation that does not run is left out, and why is said: Ray gives up where its helpers do not start in time, as on a busy machine.
    """
    side = [one for one in asked if one.way in ONE_THREAD]
    with ThreadPoolExecutor(compute.cores(), "fedviz-bench") as pool:
        found = dict(zip([one.name for one in side], pool.map(lambda one: answered(one, say), side), strict=True))
    for one in asked:
        if one.way in ONE_THREAD:
            continue
        try:
            found[one.name] = answered(one, say)
        except ValueError as error:
            if one.way != "ray":
                raise
            say(f"{one.name} did not run ({error})")
    return found


def _run(config: RunConfig) -> dict[str, Any]:
    """A run as a user starts it, `python -m fedviz run`: peak memory of the process and of all that it starts, and how many those were."""
    with tempfile.TemporaryDirectory(prefix="fedviz-bench-") as folder:
        written = Path(folder) / "run.toml"
        written.write_text(config.to_toml(), "utf-8")
        command = [sys.executable, "-m", "fedviz", "run", str(written), "--runs", str(Path(folder) / "runs")]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=foreign.ours()) as process, Watch(process.pid) as watch:
            _, complaint = process.communicate(timeout=LIMIT_S)
        if process.returncode:
            raise RunError(f"A run that is measured must end well, but it ended with {process.returncode}: {complaint.decode(errors='replace')[-300:]}")
        return {"peak_mb": watch.peak_mb, "processes": watch.processes}

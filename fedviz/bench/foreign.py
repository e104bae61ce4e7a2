"""Other frameworks in Pythons of their own: where one is, how the bench makes one, and how it is asked.

fedviz requires none of them. A framework is looked for in the Python that `FEDVIZ_BENCH_PYTHON` names, in this one, and in the environment that the
bench made in the data folder (`environments/NAME`).
"""

import json
import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fedviz.bench.report import Say
from fedviz.carriers.home import data_home

INSTALL_S = 3600.0


@dataclass(frozen=True)
class Framework:
    """A release of another framework. `project` is its name on PyPI; `packages` what pip is asked for; `size_gb` what the environment takes on the disk."""

    name: str
    project: str
    version: str
    packages: tuple[str, ...]
    size_gb: float

    def has(self, python: str) -> bool:
        """Whether that Python can import this release."""
        return imports(python, f"import sys, importlib.metadata as m; sys.exit(1) if m.version({self.project!r}) != {self.version!r} else None; import {self.name}")

    def home(self) -> Path:
        """The environment that the bench makes."""
        return data_home() / "environments" / f"{self.name}-{self.version}"

    def python(self, install: bool, say: Say) -> str | None:
        """A Python that has it; where there is none, `install` makes one. None where there is none or pip failed, which `say` then tells."""
        own = _python_of(self.home())
        if found := next((python for python in (*pythons(), own) if self.has(python)), None):
            return found
        return own if install and self._made(say) else None

    def _made(self, say: Say) -> bool:
        home = self.home()
        home.parent.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(home.parent).free / 1e9
        if free < 1.5 * self.size_gb:
            say(f"{self.project} {self.version} is not installed: its environment takes {self.size_gb:g} GB, and {free:.1f} GB are free.")
            return False
        say(f"Installing {self.project} {self.version} ({self.size_gb:g} GB) in an environment of its own")
        try:
            venv.create(home, with_pip=True, clear=True)
            done = subprocess.run([_python_of(home), "-m", "pip", "install", "-q", *self.packages], capture_output=True, text=True, timeout=INSTALL_S)
            why = next((line for line in reversed(done.stderr.splitlines()) if "ERROR" in line), "it cannot be imported")
        except (OSError, subprocess.SubprocessError) as error:
            why = type(error).__name__
        if self.has(_python_of(home)):
            return True
        say(f"{self.project} {self.version} is not installed: {why}.")
        return False


def pythons() -> Iterator[str]:
    """The Pythons in which a framework may be, this one last."""
    if chosen := os.environ.get("FEDVIZ_BENCH_PYTHON"):
        yield chosen
    yield sys.executable


def imports(python: str, code: str) -> bool:
    """Whether a Python runs some imports."""
    try:
        return subprocess.run([python, "-c", code], capture_output=True, env=quiet()).returncode == 0
    except OSError:
        return False


def lacking(module: str) -> str:
    """Why the first of `pythons` cannot import a module, in words that follow "was not measured: "; empty where it can."""
    python = next(pythons())
    return "" if imports(python, f"import {module}") else f"it is not installed beside {Path(python).name}; say `pip install -r requirements-bench.txt`."


def ours() -> dict[str, str]:
    """The environment variables with which a foreign process finds this fedviz."""
    return quiet() | {"PYTHONPATH": str(Path(__file__).parents[2])}


def quiet() -> dict[str, str]:
    """The environment variables of a foreign process: nothing reports home."""
    return os.environ | {"FLWR_TELEMETRY_ENABLED": "0", "FLWR_DISABLE_UPDATE_CHECK": "1", "RAY_USAGE_STATS_ENABLED": "0"}


def answer(command: Sequence[str], question: Any = None, limit_s: float = 300.0, **environment: str) -> Any:
    """What a foreign program answers: the JSON of the last line that it prints. `question` goes to it as JSON; `ValueError` with the end of its complaint where it fails."""
    try:
        done = subprocess.run(command, input=json.dumps(question), capture_output=True, text=True, env=ours() | environment, timeout=limit_s)
    except (OSError, subprocess.SubprocessError) as error:
        raise ValueError(type(error).__name__) from error
    try:
        return json.loads(done.stdout.strip().splitlines()[-1])
    except (ValueError, IndexError):
        complaint = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
        raise ValueError(complaint[-1][:200]) from None


def _python_of(home: Path) -> str:
    return str(home / ("Scripts/python.exe" if os.name == "nt" else "bin/python"))

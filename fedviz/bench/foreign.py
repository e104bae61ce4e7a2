"""Frameworks that are no requirements of fedviz, in an environment of their own: the Python that `FEDVIZ_BENCH_PYTHON` names, or this one."""

import os
import subprocess
import sys
from pathlib import Path


def python() -> str:
    """The Python that can import them, where there is one (`pip install -r requirements-bench.txt`)."""
    return os.environ.get("FEDVIZ_BENCH_PYTHON", sys.executable)


def environment() -> dict[str, str]:
    """Environment variables with which it finds this fedviz, and tells nobody anything."""
    root = str(Path(__file__).parents[2])
    return os.environ | {"PYTHONPATH": root, "FLWR_TELEMETRY_ENABLED": "0", "FLWR_DISABLE_UPDATE_CHECK": "1", "RAY_USAGE_STATS_ENABLED": "0"}


def missing(name: str) -> str:
    """Why a module cannot be imported there, in words that follow "was not measured: "; empty where it can. `OSError` where there is no such Python."""
    if subprocess.run([python(), "-c", f"import {name}"], capture_output=True, env=environment()).returncode:
        return f"it is not installed beside {Path(python()).name}; say `pip install -r requirements-bench.txt`."
    return ""

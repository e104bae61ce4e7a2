"""What the benches knowledge and robust_knowledge have measured, kept as it is measured: a second call goes on where the first one stopped.

A file for each run in the data folder, named by the version of fedviz and the digest of the run's configuration; a change of either measures anew.
"""

import json
from pathlib import Path
from typing import Any, NamedTuple

from fedviz import __version__
from fedviz.carriers.home import data_home
from fedviz.core.config import RunConfig
from fedviz.core.files import write_atomic


class Scores(NamedTuple):
    """Accuracy in [0, 1] after the last round: over all test texts, and over those of the party that stays away (None where none does)."""

    accuracy: float
    absent: float | None


def folder() -> Path:
    """Where the files are; it need not exist yet."""
    return data_home() / "bench" / "knowledge"


def place(config: RunConfig, what: str = "run") -> Path:
    """The file of one measurement of a configuration."""
    return folder() / f"{__version__}-{config.digest()}-{what}.json"


def read(config: RunConfig, what: str = "run") -> Any:
    """What was kept; None where nothing was, or where the file is damaged."""
    try:
        return json.loads(place(config, what).read_text("utf-8"))["found"]
    except (OSError, ValueError, KeyError, TypeError):
        return None


def keep(config: RunConfig, found: Any, what: str = "run") -> None:
    """Keep plain data."""
    write_atomic(place(config, what), json.dumps({"fedviz": __version__, "config": config.to_data(), "found": found}), durable=False)


def scores(config: RunConfig) -> Scores | None:
    """The kept scores of a run."""
    found = read(config)
    return Scores(*found) if isinstance(found, list) and len(found) == 2 else None

"""Which client serves which version of a model: a file of the data folder to which every step adds a line of its history, and nothing is ever taken away."""

import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal

from filelock import FileLock
from pydantic import ValidationError

from fedviz.carriers.home import data_home
from fedviz.core.config import RunConfig
from fedviz.core.errors import InputError, RunError
from fedviz.core.files import write_atomic
from fedviz.core.types import Record


class Served(Record):
    """From the moment `at` (seconds since the epoch) on a client of a scenario serves the model of a run after a round: the global one, or the client's `own`:
    its personalised one, or what it sent.

    `back`: whether that was a step back to a version before.
    """

    at: float
    scenario: str
    client: str
    run: str
    round: int
    own: Literal["", "sent", "personal"] = ""
    back: bool = False


History = tuple[Served, ...]


def deployments_path() -> Path:
    """The file, which need not exist yet."""
    return data_home() / "deployments.json"


def scenario_of(config: RunConfig) -> str:
    """What tells one federation's clients from another's of the same names: the scenario, and with texts of one's own, which."""
    texts = getattr(config.scenario, "data", "").partition("@")[0]
    return f"{config.scenario.name}:{texts}" if texts else config.scenario.name  # type: ignore[attr-defined]


def history() -> History:
    """All steps so far, oldest first. `RunError` where the file is damaged."""
    path = deployments_path()
    try:
        return tuple(Served.model_validate(one) for one in json.loads(path.read_text("utf-8")))
    except FileNotFoundError:
        return ()
    except (OSError, ValueError, TypeError, ValidationError):
        raise RunError(f"The file of deployments cannot be read; move {path.name} out of the data folder to begin a new one.") from None


def stack(steps: Sequence[Served], scenario: str, client: str) -> History:
    """The versions that a client could go back to, oldest first; the last one is served now. Empty where it serves none."""
    found: list[Served] = []
    for step in steps:
        if (step.scenario, step.client) == (scenario, client):
            if step.back:
                found.pop()
            else:
                found.append(step)
    return tuple(found)


def deploy(scenario: str, clients: Sequence[str], run: str, number: int, own: Literal["", "sent", "personal"] = "") -> None:
    """Let these clients serve the model of a run after round `number`, from now on. `InputError` where nobody is named."""
    if not clients:
        raise InputError("At least one client must be chosen to serve a model, but none was.")
    _add(lambda steps: [Served(at=time.time(), scenario=scenario, client=client, run=run, round=number, own=own) for client in clients])


def roll_back(scenario: str, client: str) -> Served:
    """Let a client serve the version before; gives that. `InputError` where there is none."""

    def step(steps: History) -> list[Served]:
        versions = stack(steps, scenario, client)
        if len(versions) < 2:
            raise InputError(f"A client must have served two versions before it can go back one, but {client!r} has served {len(versions)}.")
        return [versions[-2].model_copy(update={"at": time.time(), "back": True})]

    return _add(step)[-1]


def _add(steps: Callable[[History], list[Served]]) -> list[Served]:
    path = deployments_path()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(path.with_name(f".{path.name}.lock")):
            before = history()
            added = steps(before)
            write_atomic(path, json.dumps([one.model_dump() for one in (*before, *added)], ensure_ascii=False, indent=1) + "\n")
    except OSError as error:
        raise RunError(f"The deployment cannot be written to the data folder: {error.strerror or error}.") from None
    return added

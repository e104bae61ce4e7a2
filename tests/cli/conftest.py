"""The command line as a user has it: arguments in, exit code and two streams out, with a data folder of its own."""

import contextlib
import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from fedviz.cli.main import main
from fedviz.runs.folder import runs_root
from fedviz.runs.launcher import launcher

SMALL = ("federation.rounds=2", "federation.clients=3", "scenario.train_texts=32", "scenario.test_texts=16", "federation.learning_rate=0.02")


class Said(NamedTuple):
    """What a command gave back."""

    code: int
    out: str
    err: str

    @property
    def documents(self) -> list[dict[str, Any]]:
        """Standard output, where every line must be JSON."""
        return [json.loads(line) for line in self.out.splitlines()]


def call(*arguments: str) -> Said:
    """Run one command in this process."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code = main(arguments)
        except SystemExit as end:  # argparse leaves this way
            code = end.code
    return Said(code, out.getvalue(), err.getvalue())


@pytest.fixture(scope="package", autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """An empty data folder for all tests of the command line."""
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("home")
        patch.setenv("FEDVIZ_HOME", str(folder))
        yield folder
        launcher(runs_root()).leave()


@pytest.fixture(scope="package")
def start(home: Path) -> Callable[..., Said]:
    """`start("toy", ...)`: a small run, followed to its end, as JSON lines."""
    settings = [part for setting in SMALL for part in ("--set", setting)]
    return lambda *more: call("run", "toy", *settings, "--json", *more)


@pytest.fixture(scope="package")
def finished(start: Callable[..., Said]) -> Said:
    """One small run, shared by the tests that only read."""
    return start("--title", "A small <b>run</b>\x1b[31m")


@pytest.fixture(scope="package")
def run_id(finished: Said) -> str:
    """Its id."""
    return finished.documents[0]["run_id"]

"""Pages as a viewer gets them: through app.py, with a data folder of their own."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from streamlit.runtime.pages_manager import PagesManager
from streamlit.testing.v1 import AppTest

from fedviz.core.config import RunConfig
from fedviz.runs.folder import runs_root
from fedviz.runs.launcher import Launcher, launcher

ROOT = Path(__file__).parents[2]
TOY = RunConfig.parse({
    "scenario": {"name": "toy", "train_texts": 32, "test_texts": 16}, "model": "toy", "federation": {"rounds": 1, "clients": 2, "compare": False},
})


def parameter(at: AppTest, key: str) -> str | None:
    """A query parameter of the page's address."""
    value = at.query_params.get(key)
    return value[0] if isinstance(value, list) else value


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty data folder: no carriers, no runs."""
    monkeypatch.setenv("FEDVIZ_HOME", str(tmp_path))
    yield tmp_path
    launcher(runs_root()).leave()


@pytest.fixture
def open_page(home: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., AppTest]:
    """`open_page("runs", lang="zh")`: the page inside app.py, after its first script run."""
    made = PagesManager.__init__

    def without_pages_folder(self: PagesManager, *args: object, **named: object) -> None:
        # As the server's start does (fedviz/ui/warm.py): else the first page would run without app.py around it.
        PagesManager.uses_pages_directory = False
        made(self, *args, **named)

    monkeypatch.setattr(PagesManager, "__init__", without_pages_folder)

    def opened(name: str, **query: str) -> AppTest:
        at = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
        for key, value in query.items():
            at.query_params[key] = value
        at.run()
        if name != "start":
            at.switch_page(f"pages/{name}.py")
            for key, value in query.items():
                at.query_params[key] = value
            at.run()
        assert not at.exception, at.exception
        return at

    return opened


@pytest.fixture
def toy_run(home: Path) -> Callable[..., str]:
    """`toy_run(title)`: id of a small run that has finished."""

    def made(title: str = "A small run", **changes: object) -> str:
        start = launcher(runs_root())
        run_id = start.submit(TOY.updated(changes), title)
        assert start.wait(run_id, 60)
        return run_id

    return made


@pytest.fixture(scope="session")
def monday(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a small run, finished once for all tests that only look at it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FEDVIZ_HOME", str(tmp_path_factory.mktemp("home")))
        worker = Launcher(runs_root())
        run_id = worker.submit(TOY, "Monday")
        assert worker.wait(run_id, 60)
        worker.leave()
        return worker.root / run_id


@pytest.fixture
def looked_at(home: Path, monday: Path) -> str:
    """Id of that run, which lies in the data folder now."""
    shutil.copytree(monday, runs_root() / monday.name)
    return monday.name

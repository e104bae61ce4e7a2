"""A run is its folder: `config.toml`, `journal.jsonl`, `checkpoints/`, and while it is worked on `control` and `lock`.

Names are made by the server and are data: an id that does not match the pattern never becomes a path. A damaged folder shows as that in the list, with one sentence.
"""

import contextlib
import io
import os
import re
import secrets
import shutil
import threading
import zipfile
from collections import OrderedDict
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from filelock import FileLock, Timeout

from fedviz import __version__
from fedviz.carriers.home import data_home
from fedviz.core.config import RunConfig
from fedviz.core.errors import FedvizError, RunError
from fedviz.core.events import RunQueued
from fedviz.core.files import write_atomic
from fedviz.models.start import pinned
from fedviz.runs.control import Control
from fedviz.runs.journal import JournalWriter, Tail
from fedviz.runs.run_view import RunView
from fedviz.runs.view import apply_all

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fedviz.runs.checkpoint import Checkpoint, Checkpoints

RUN_ID = re.compile(r"[a-z0-9]{8,32}")
MAX_TITLE, _VIEWS_KEPT = 120, 256
LIVE = ("queued", "preparing", "running")
RESUMABLE = ("paused", "interrupted", "cancelled", "failed")


@dataclass(frozen=True)
class RunFolder:
    """One run on disk. Making the record touches nothing."""

    path: Path

    @property
    def id(self) -> str:
        """The run's id, the name of its folder."""
        return self.path.name

    @property
    def config_path(self) -> Path:
        """The configuration that repeats the run."""
        return self.path / "config.toml"

    @property
    def journal_path(self) -> Path:
        """The journal, see `fedviz.runs.journal`."""
        return self.path / "journal.jsonl"

    @property
    def checkpoints_path(self) -> Path:
        """The folder of the checkpoints, see `fedviz.runs.checkpoint`."""
        return self.path / "checkpoints"

    @property
    def control(self) -> Control:
        """The control file, by which any process may pause or cancel the run."""
        return Control(self.path / "control")

    def checkpoints(self) -> tuple[int, ...]:
        """Rounds whose global model is kept, in order; round 0 is the model before training."""
        return self._kept().rounds()

    def load_checkpoint(self, number: int) -> "Checkpoint":
        """The global model after a round; `RunError` where it is not kept."""
        return self._kept().load(number)

    def client_models(self, number: int) -> tuple[int, ...]:
        """Clients whose model of a round is kept, in order."""
        return self._kept().clients(number)

    def client_arrays(self, number: int, client: int) -> "dict[str, NDArray[Any]] | None":
        """The weights that a client sent in a round, or None where they are not kept."""
        return self._kept().load_client(number, client)

    def _kept(self) -> "Checkpoints":
        from fedviz.runs.checkpoint import Checkpoints

        return Checkpoints(self.checkpoints_path)

    @property
    def title(self) -> str:
        """The title from the journal's first line."""
        return view_of(self).title

    def config(self) -> RunConfig:
        """The run's configuration; `RunError` where the file is missing or damaged."""
        try:
            return RunConfig.from_toml(self.config_path.read_text("utf-8"))
        except (OSError, UnicodeDecodeError):
            raise RunError(f"The run {self.id} is damaged: its config.toml cannot be read.") from None
        except FedvizError as error:
            raise RunError(f"The run {self.id} is damaged: {error}") from None

    def lock(self) -> FileLock:
        """A lock that the worker of the run holds as long as it lives; not acquired yet."""
        return FileLock(self.path / "lock", thread_local=False)

    def is_alive(self) -> bool:
        """Whether some process has this run queued or works on it."""
        if not (self.path / "lock").exists():
            return False
        lock = self.lock()
        try:
            lock.acquire(timeout=0)
        except (Timeout, OSError):
            return True
        lock.release()
        return False

    def status(self) -> str:
        """The status of the view, except that a run whose worker is gone is "interrupted"."""
        alive = self.is_alive()  # before the journal is read: a run that ends in between has not been interrupted
        status = view_of(self).status
        return "interrupted" if status in LIVE and not alive else status

    def delete(self) -> None:
        """Remove the folder; `RunError` while the run is worked on."""
        if self.is_alive():
            raise RunError(f"A run that is queued or running cannot be deleted; cancel {self.id} first.")
        doomed = self.path.with_name(f".deleted-{self.id}-{secrets.token_hex(4)}")
        try:
            self.path.rename(doomed)
        except OSError as error:
            raise RunError(f"The run {self.id} cannot be deleted: {error.strerror}.") from None
        shutil.rmtree(doomed, ignore_errors=True)
        forget_view(self)

    def zip_bytes(self) -> bytes:
        """The run as a zip archive: everything that is needed to read it elsewhere, under a folder of its id."""
        target = io.BytesIO()
        with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
            for file in sorted(self.path.rglob("*")):
                if file.is_file() and file.name not in ("lock", "control") and not file.name.startswith("."):
                    archive.write(file, Path(self.id) / file.relative_to(self.path))
        return target.getvalue()

    def zip_to(self, path: Path) -> None:
        """Write `zip_bytes` to `path`."""
        write_atomic(path, self.zip_bytes())

    def size_bytes(self) -> int:
        """Bytes of all files of the run."""
        total = 0
        for file in self.path.rglob("*"):
            with contextlib.suppress(OSError):  # a checkpoint that is being written changes its name
                total += file.lstat().st_size * file.is_file()
        return total


@dataclass(frozen=True)
class RunSummary:
    """One row of the table of runs. For a damaged run only `id`, `status` and `reason` say something."""

    id: str
    title: str
    status: str
    reason: str = ""
    queued_at: float = 0.0
    elapsed_s: float | None = None
    rounds_done: int = 0
    rounds: int = 0
    clients: int = 0
    scenario: str = ""
    strategy: str = ""
    seed: int = 0
    metrics: dict[str, float] = field(default_factory=dict)
    """The newest global metrics, or of a run that stops early those of its best round: loss, accuracy, macro_f1."""
    weights_digest: str = ""

    @property
    def resumable(self) -> bool:
        """Whether the run can go on from where it stopped."""
        return self.status in RESUMABLE


def runs_root(path: Path | str | None = None) -> Path:
    """The folder that holds the runs: the given one, or `runs` in the data folder."""
    if path is not None:
        return Path(path).expanduser().absolute()
    return data_home() / "runs"


def new_folder(root: Path) -> RunFolder:
    """An empty folder with a new unguessable id. It counts as a run once `fill` has been called."""
    folder = RunFolder(root / secrets.token_hex(8))
    try:
        folder.path.mkdir(parents=True)
    except OSError as error:
        raise RunError(f"Runs cannot be kept in {root}: {error.strerror}.") from None
    return folder


def fill(folder: RunFolder, config: RunConfig, title: str) -> None:
    """Write the first line of the journal, then the configuration, held to the versions of its graph, texts and start: from then on the folder is a run."""
    try:
        with JournalWriter(folder.journal_path) as journal:
            journal.append(RunQueued(run_id=folder.id, title=_title(title), config_digest=(held := pinned(config)).digest(), fedviz_version=__version__))
        write_atomic(folder.config_path, held.to_toml())
    except OSError as error:
        shutil.rmtree(folder.path, ignore_errors=True)
        raise RunError(f"Runs cannot be kept in {folder.path.parent}: {error.strerror}.") from None


def _title(words: str) -> str:
    """One line that a journal can hold: half pairs, as a command line may bring them, become question marks."""
    return " ".join(words.encode("utf-8", "replace").decode("utf-8").split())[:MAX_TITLE]


def create(root: Path, config: RunConfig, title: str) -> RunFolder:
    """A new run, not queued and not running."""
    folder = new_folder(root)
    fill(folder, config, title)
    return folder


def open_run(root: Path, run_id: str) -> RunFolder:
    """The run of that id; `RunError` where there is none or the id is no id."""
    folder = RunFolder(root / run_id) if RUN_ID.fullmatch(run_id) else None
    if folder is None or not folder.path.is_dir() or folder.path.is_symlink():
        raise RunError(f"There is no run {run_id[:40]!r} in {root}.")
    return folder


def list_runs(root: Path) -> list[RunSummary]:
    """All runs of the folder, newest first; damaged ones last."""
    try:
        names = sorted(entry.name for entry in os.scandir(root) if entry.is_dir() and RUN_ID.fullmatch(entry.name))
    except FileNotFoundError:
        return []
    found = [summary(RunFolder(root / name)) for name in names if (root / name / "config.toml").exists() or (root / name / "journal.jsonl").exists()]
    return sorted(found, key=lambda s: (-s.queued_at, s.id))


def summary(folder: RunFolder) -> RunSummary:
    """The row of one run; a damaged one says so instead of raising."""
    try:
        config = folder.config()
        view = view_of(folder)
        if not view.run_id:
            raise RunError(f"The run {folder.id} is damaged: its journal is empty.")
        status = folder.status()
    except (FedvizError, OSError) as error:
        return RunSummary(folder.id, title=folder.id, status="damaged", reason=str(error))
    elapsed = view.worked_s(view.ended_at) if view.ended_at and view.started_at else None
    return RunSummary(
        folder.id,
        view.title,
        status,
        view.reason,
        view.queued_at or 0.0,
        elapsed,
        view.rounds_done,
        config.federation.rounds,
        config.federation.clients,
        config.scenario.name,
        config.federation.strategy.name,
        config.seed,
        view.result,
        view.weights_digest,
    )


_views: OrderedDict[Path, tuple[Tail, RunView]] = OrderedDict()
_views_lock = threading.Lock()


def view_of(folder: RunFolder) -> RunView:
    """The view of the run's journal now. What was read before is kept, so that asking again costs only what is new."""
    path = folder.journal_path
    with _views_lock:
        tail, view = _views.pop(path, (None, RunView.empty()))
        if tail is None or (path.stat().st_size if path.exists() else 0) < tail.offset:
            tail, view = Tail(path), RunView.empty()
        view = apply_all(view, tail.events())
        _views[path] = (tail, view)
        while len(_views) > _VIEWS_KEPT:
            _views.popitem(last=False)
        return view


def forget_view(folder: RunFolder) -> None:
    """Drop what `view_of` keeps of a run."""
    with _views_lock:
        _views.pop(folder.journal_path, None)

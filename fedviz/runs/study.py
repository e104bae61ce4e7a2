"""A study: one configuration, varied along two axes and over seeds; every cell is an ordinary run, and their results make a matrix.

A study is a file `studies/<id>.json` in the data folder that names its runs. Cells whose configuration breaks a rule are kept with the reason, since a
combination that makes no sense is a result, too.
"""

import json
import re
import secrets
import statistics
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from fedviz.carriers.home import data_home
from fedviz.core.config import RunConfig
from fedviz.core.errors import ConfigError, FedvizError, RunError
from fedviz.core.files import write_atomic
from fedviz.core.i18n import N_
from fedviz.core.registry import ADAPTERS, ADVERSARIES, AGGREGATIONS, AVAILABILITY, COMPRESSION, KNOWLEDGE, PARTITIONS, PRIVACY, STRATEGIES, Registry
from fedviz.runs.folder import LIVE, open_run, view_of
from fedviz.runs.launcher import Launcher
from fedviz.runs.run_view import RunView
from fedviz.runs.target import COSTS, reached

AXES: dict[str, tuple[str, Registry]] = {
    "federation.strategy": (N_("Strategy"), STRATEGIES),
    "federation.aggregation": (N_("Combination"), AGGREGATIONS),
    "federation.compression": (N_("Compression"), COMPRESSION),
    "federation.adapters": (N_("Adapters"), ADAPTERS),
    "adversary": (N_("Attack"), ADVERSARIES),
    "privacy": (N_("Privacy"), PRIVACY),
    "participation.availability": (N_("Availability"), AVAILABILITY),
    "partition": (N_("Partition"), PARTITIONS),
    "knowledge": (N_("Knowledge"), KNOWLEDGE),
}
"""What can be varied: the dotted key of a section -> its title and the entries to choose from."""
METRICS: dict[str, str] = {
    "accuracy": N_("Accuracy"),
    "macro_f1": N_("Macro-F1"),
    "loss": N_("Loss"),
    "perplexity": N_("Perplexity"),
    "attack_success": N_("Attack success"),
    "megabytes": N_("MB from the clients"),
    "virtual_s": N_("Virtual seconds"),
}
"""What can be read off a run: a global metric after its last round, megabytes that its clients sent, and seconds of its virtual clock."""
MOST_RUNS = 120
_ID = re.compile(r"[a-f0-9]{8}")


@dataclass(frozen=True)
class Cell:
    """One run of a study: its place in the matrix, its seed, and its run's id, or else the reason for which there is none."""

    row: str
    column: str
    seed: int
    run: str = ""
    refused: str = ""


@dataclass(frozen=True)
class Study:
    """A study as its file tells it. `rows` and `columns` are entries of the axes `row_axis` and `column_axis`, by name."""

    id: str
    title: str
    started_at: float
    row_axis: str
    column_axis: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Spot:
    """A place of the matrix: values of its finished runs, how many runs there are and how many ended or go on, and why some are missing.

    `missed`: finished runs without a value, since they did not reach the target.
    """

    values: tuple[float, ...] = ()
    runs: tuple[str, ...] = ()
    waiting: int = 0
    progress: float = 0.0
    """Share of all its runs' rounds that are done, in [0, 1]."""
    reason: str = ""
    missed: int = 0

    @property
    def mean(self) -> float | None:
        """Mean over the seeds; None before the first run is finished."""
        return statistics.mean(self.values) if self.values else None

    @property
    def spread(self) -> float | None:
        """Sample standard deviation over the seeds; None with fewer than two."""
        return statistics.stdev(self.values) if len(self.values) > 1 else None


@dataclass(frozen=True)
class Plan:
    """What a study shall do: a configuration, two different axes with the sections to put there (each with its `name`), and seeds."""

    base: RunConfig
    row_axis: str
    rows: tuple[Mapping[str, Any], ...]
    column_axis: str
    columns: tuple[Mapping[str, Any], ...]
    seeds: tuple[int, ...] = (0,)

    def __post_init__(self) -> None:
        if self.row_axis == self.column_axis:
            raise ConfigError(f"The two axes of a study must differ, but both are {self.row_axis}.")
        for axis, entries in ((self.row_axis, self.rows), (self.column_axis, self.columns)):
            if not entries:
                raise ConfigError(f"Each axis of a study must have at least one entry, but {axis} has none.")
        if self.size > MOST_RUNS:
            raise ConfigError(f"A study may have at most {MOST_RUNS} runs, but this one would have {self.size}.")

    @property
    def size(self) -> int:
        """How many cells there are."""
        return len(self.rows) * len(self.columns) * len(self.seeds)

    def config(self, row: Mapping[str, Any], column: Mapping[str, Any], seed: int) -> RunConfig:
        """The configuration of a cell; `ConfigError` where it breaks a rule. Nothing is compared with local training, which would only take time."""
        data = self.base.to_data()
        data["seed"] = seed
        data["federation"]["compare"] = False
        for axis, section in ((self.row_axis, row), (self.column_axis, column)):
            *parents, leaf = axis.split(".")
            table = data
            for parent in parents:
                table = table[parent]
            table[leaf] = dict(section)
        return RunConfig.parse(data)


def start(plan: Plan, title: str, launcher: Launcher) -> Study:
    """Queue every run of a plan that keeps the rules, and write the study's file."""
    cells = []
    for row in plan.rows:
        for column in plan.columns:
            for seed in plan.seeds:
                where = {"row": str(row["name"]), "column": str(column["name"]), "seed": seed}
                try:
                    config = plan.config(row, column, seed)
                except ConfigError as error:
                    cells.append(Cell(**where, refused=str(error)))
                    continue
                cells.append(Cell(**where, run=launcher.submit(config, f"{title}: {where['row']}, {where['column']}, {seed}")))
    if not any(cell.run for cell in cells):
        raise ConfigError(f"No cell of this study can run; the first reason: {cells[0].refused}")
    rows, columns = (tuple(dict.fromkeys(getattr(cell, way) for cell in cells)) for way in ("row", "column"))
    study = Study(secrets.token_hex(4), title, time.time(), plan.row_axis, plan.column_axis, rows, columns, tuple(cells))
    try:
        write_atomic(_path(study.id), json.dumps(asdict(study)))
    except OSError as error:
        raise RunError(f"The study cannot be kept in {_path(study.id).parent}: {error.strerror}.") from None
    return study


def studies() -> list[Study]:
    """All studies of the data folder, newest first; a file that cannot be read is left out."""
    folder = _path("0" * 8).parent
    found = [study for path in folder.glob("*.json") if _ID.fullmatch(path.stem) and (study := _read(path))] if folder.is_dir() else []
    return sorted(found, key=lambda study: (-study.started_at, study.id))


@dataclass(frozen=True)
class Look:
    """A cell as its run stands: its view and status, or else the reason for which there is none."""

    cell: Cell
    view: RunView = field(default_factory=RunView)
    status: str = ""
    reason: str = ""


def look(study: Study, root: Path) -> tuple[Look, ...]:
    """Every cell of a study as it stands now; `root` is the folder of the runs."""
    return tuple(_look(cell, root) for cell in study.cells)


def _look(cell: Cell, root: Path) -> Look:
    if cell.refused:
        return Look(cell, reason=cell.refused)
    try:
        folder = open_run(root, cell.run)
        view = view_of(folder)
        # only a run that goes on may have lost its worker, and asking that takes the run's lock
        return Look(cell, view, folder.status() if view.status in LIVE else view.status)
    except FedvizError as error:
        return Look(cell, reason=str(error))


def matrix(study: Study, metric: str, root: Path, target: float = 0.5) -> dict[tuple[str, str], Spot]:
    """What every place of the matrix holds by now, for a metric of `METRICS` or `COSTS`; `root` is the folder of the runs."""
    return spots_of(look(study, root), metric, target)


def spots_of(looks: Sequence[Look], metric: str, target: float = 0.5) -> dict[tuple[str, str], Spot]:
    """The places of the matrix, from the cells as they stand; `target`: the accuracy, in [0, 1], until which the metrics of `COSTS` count."""
    spots: dict[tuple[str, str], _Gathered] = {}
    for one in looks:
        spot = spots.setdefault((one.cell.row, one.cell.column), _Gathered())
        spot.count += 1
        spot.reason = one.reason or spot.reason
        if one.cell.run:
            spot.runs.append(one.cell.run)
        spot.done += one.view.rounds_done / max(one.view.rounds_planned, 1)
        if one.status in LIVE:
            spot.waiting += 1
        elif one.status == "finished":
            value = _value(one.view, metric, target)
            spot.missed += metric in COSTS and reached(one.view, target) is None
            spot.values += [] if value is None else [value]
        elif one.status:
            spot.reason = one.view.reason or one.status
    return {place: Spot(tuple(one.values), tuple(one.runs), one.waiting, one.done / one.count, one.reason, one.missed) for place, one in spots.items()}


def cancel(study: Study, launcher: Launcher) -> None:
    """Stop the runs of a study that wait or work; what is finished stays."""
    for cell in reversed(study.cells):  # the last first, so that none of them begins meanwhile
        if not cell.run:
            continue
        try:
            if launcher.status(cell.run) in LIVE:
                launcher.cancel(cell.run)
        except FedvizError:
            continue  # it ended or was deleted meanwhile


def forget(study: Study) -> None:
    """Remove the study's file; its runs stay."""
    _path(study.id).unlink(missing_ok=True)


@dataclass
class _Gathered:
    values: list[float] = field(default_factory=list)
    runs: list[str] = field(default_factory=list)
    waiting: int = 0
    count: int = 0
    done: float = 0.0
    reason: str = ""
    missed: int = 0


def _value(view: RunView, metric: str, target: float) -> float | None:
    if metric in COSTS:
        found = reached(view, target)
        return None if found is None else COSTS[metric].of(found)
    if metric == "megabytes":
        return sum(ended.sent_bytes for ended in view.rounds) / 1e6
    if metric == "virtual_s":
        return sum(timing.elapsed_s for _number, timing in view.timings) if view.timings else None
    return view.result.get(metric)


def _path(study_id: str) -> Path:
    return data_home() / "studies" / f"{study_id}.json"


def _read(path: Path) -> Study | None:
    try:
        data = json.loads(path.read_text("utf-8"))
        cells: Sequence[Mapping[str, Any]] = data.pop("cells")
        rows, columns = (tuple(map(str, data.pop(way))) for way in ("rows", "columns"))
        study = Study(**data, rows=rows, columns=columns, cells=tuple(Cell(**cell) for cell in cells))
        return study if study.row_axis in AXES and study.column_axis in AXES else None
    except (OSError, ValueError, KeyError, TypeError):
        return None

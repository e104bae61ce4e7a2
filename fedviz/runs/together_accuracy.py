"""Points of accuracy with the graph that several parties built, measured for a construction and kept in its folder (`accuracy.json`)."""

import statistics
from collections.abc import Callable

from pydantic import ValidationError

from fedviz.core.config import RunConfig
from fedviz.core.errors import InputError
from fedviz.core.files import write_atomic
from fedviz.core.types import Record
from fedviz.runs import together


class AccuracyRow(Record):
    """The mean over parties of one way in one seed, in [0, 1]: on the test texts of all parties, and of each party on its own."""

    seed: int
    way: str
    everywhere: float
    at_home: float


class Accuracy(Record):
    """What was measured of a construction's configuration: one row for each seed and way, and by party (client, way) the mean over seeds on all test texts."""

    rows: tuple[AccuracyRow, ...]
    parties: tuple[tuple[int, str, float], ...]

    def ways(self) -> dict[str, tuple[float, float, float, float]]:
        """By way: mean and standard deviation over seeds on all test texts, then at home (0 spread for a single seed)."""
        found = {}
        for way in dict.fromkeys(row.way for row in self.rows):
            every, home = ([getattr(row, part) for row in self.rows if row.way == way] for part in ("everywhere", "at_home"))
            found[way] = (statistics.mean(every), _spread(every), statistics.mean(home), _spread(home))
        return found

    def gain(self) -> tuple[float, float]:
        """What the fused graph adds to the own one on all test texts, seed by seed: mean and standard deviation of the differences."""
        by = {(row.seed, row.way): row.everywhere for row in self.rows}
        apart = [value - by[seed, "own"] for (seed, way), value in by.items() if way == "fused"]
        return statistics.mean(apart), _spread(apart)


def accuracy(name: str) -> Accuracy | None:
    """What was measured of a construction, or None."""
    try:
        return Accuracy.model_validate_json((together.root() / name / "accuracy.json").read_bytes())
    except (OSError, ValidationError, ValueError):
        return None


def measure(name: str, seeds: int, progress: together.Progress = lambda done, total, step: None, cancelled: Callable[[], bool] = lambda: False) -> Accuracy:
    """Train with the graphs of a construction's configuration, over seeds, and keep the result in its folder. `InputError` where somebody cancels."""
    from fedviz.federation.grid import Stopped
    from fedviz.federation.together.accuracy import measure as trained
    from fedviz.federation.together.options import TogetherOptions

    together.story(name)
    config = RunConfig.from_toml((together.root() / name / "config.toml").read_text("utf-8"))
    options = TogetherOptions.model_validate_json((together.root() / name / "together.json").read_bytes())

    def step(done: int, total: int, words: str) -> None:
        if cancelled():
            raise Stopped
        progress(done, total, words)

    try:
        found = trained(config, options, seeds, step)
    except Stopped:
        raise InputError("The measurement was cancelled; nothing of it is kept.") from None
    keys = dict.fromkeys((row.seed, row.way) for row in found)
    rows = []
    for seed, way in keys:
        some = [row for row in found if (row.seed, row.way) == (seed, way)]
        home = [row.at_home for row in some if row.at_home == row.at_home]
        rows.append(AccuracyRow(seed=seed, way=way, everywhere=statistics.mean(row.everywhere for row in some), at_home=statistics.mean(home) if home else float("nan")))
    parties = tuple((client, way, statistics.mean(row.everywhere for row in found if (row.client, row.way) == (client, way))) for client, way in dict.fromkeys((row.client, row.way) for row in found))
    result = Accuracy(rows=tuple(rows), parties=parties)
    write_atomic(together.root() / name / "accuracy.json", result.model_dump_json(indent=1))
    return result


def _spread(values: list[float]) -> float:
    return statistics.stdev(values) if len(values) > 1 else 0.0

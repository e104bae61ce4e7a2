"""What every way to select training texts offers."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from fedviz.core.options import Options
from fedviz.scenarios.base import Ints, ScenarioData


class Selection(Protocol):
    """A way of one run. It depends on the run's data, options and seed alone, so that a run repeats and resumes to the bit."""

    def rows(self, number: int, client: int, rows: Ints) -> Ints:
        """Those of a client's `rows` that it trains on in round `number` (counted from 1), at least one where there are any; sorted, and the very same array where it leaves out nothing."""
        ...


@dataclass(frozen=True)
class SelectionEntry:
    """A way of the registry.

    `equation` is LaTeX or empty; `paper` names the source; `when` says when it helps. `build(options, data, shards, rounds, seed)`, with `shards[k]` client k's training rows and
    `rounds` the length of the run, returns a `Selection`; what it decides for one client it works out from that client's texts, labels and the graph.
    """

    name: str
    title: str
    summary: str
    options: type[Options]
    equation: str
    paper: str
    when: str
    build: Callable[[Any, ScenarioData, Sequence[Ints], int, int], Selection]

"""What every way to write more training texts offers. Each client writes from its own texts and the graph, and keeps what it wrote."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from fedviz.core.options import Options
from fedviz.scenarios.base import Ints, ScenarioData


class Written(NamedTuple):
    """A text that a client wrote: from which training row, with which class, and how, in words that a page shows beside it."""

    client: int
    source: int
    text: str
    label: int
    how: str


@dataclass(frozen=True)
class AugmentationEntry:
    """A way of the registry.

    `equation` is LaTeX or empty; `paper` names the source; `when` says when it helps. `write(options, data, rows, seed)` gives the new texts, where `rows[k]` are
    client k's training rows; it looks at nothing of another client, and gives the same for the same seed.
    """

    name: str
    title: str
    summary: str
    options: type[Options]
    equation: str
    paper: str
    when: str
    write: Callable[[Any, ScenarioData, Sequence[Ints], int], list[Written]]

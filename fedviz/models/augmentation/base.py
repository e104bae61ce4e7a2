"""What every way to write more training texts offers. Each client writes from its own texts and the graph, and keeps what it wrote."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fedviz.core.options import Options
from fedviz.scenarios.base import Ints, ScenarioData

Embed = Callable[[Sequence[str]], NDArray[np.float32]]
"""Unit vectors [texts, width] by the frozen language model of the run."""


class Written(NamedTuple):
    """A text that a client wrote: from which training row, with which class, by which way, and what took the place of what in it."""

    client: int
    source: int
    text: str
    label: int
    kind: str
    old: str
    new: str


@dataclass(frozen=True)
class AugmentationEntry:
    """A way of the registry.

    `equation` is LaTeX or empty; `paper` names the source; `when` says when it helps. `write(options, data, rows, seed, embed)` gives the new texts, where `rows[k]` are
    client k's training rows and `embed` is None where the run's model knows no language; it looks at nothing of another client but how many texts that
    one holds, and gives the same for the same seed. `ConfigError` where the options need what is not there.
    """

    name: str
    title: str
    summary: str
    options: type[Options]
    equation: str
    paper: str
    when: str
    write: Callable[[Any, ScenarioData, Sequence[Ints], int, Embed | None], list[Written]]

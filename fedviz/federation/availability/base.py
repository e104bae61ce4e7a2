"""What every pattern of availability offers."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fedviz.core.options import Options

Reach = Callable[[int], NDArray[np.float64]]
"""`reach(round) -> [clients]`: with which probability each client can be reached in a round."""


@dataclass(frozen=True)
class AvailabilityEntry:
    """A pattern of the registry.

    `equation` is LaTeX; `paper` names a source; `when` says what the pattern teaches. `build(options, counts, seed)` gives the pattern of a run
    for clients that hold `counts` [clients, classes] training texts; who is there is then drawn by the fleet, seeded by the round. `uniform`: whether every
    client is as likely to be there as any other in every round, which amplification by sampling assumes.
    """

    name: str
    title: str
    summary: str
    options: type[Options]
    equation: str
    paper: str
    when: str
    build: Callable[[Any, NDArray[np.int64], int], Reach]
    uniform: bool = False


def drawn(chances: NDArray[np.float64], draws: NDArray[np.float64], among: Sequence[int]) -> tuple[int, ...]:
    """The clients of `among` that are there: whose draw in [0, 1) is below their chance; if none is, the one that came nearest."""
    there = tuple(client for client in among if draws[client] < chances[client])
    return there or (min(among, key=lambda client: (draws[client] - chances[client], client)),)

"""What every entry of the privacy registry offers."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fedviz.core.options import Options

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from fedviz.core.types import PrivacySpent
    from fedviz.federation.aggregation.base import Aggregator
    from fedviz.federation.messages import Arrays


class Guard(ABC):
    """Stands where a round's models become one; what it remembers goes into the strategy's state."""

    @abstractmethod
    def aggregator(self, number: int) -> "Aggregator":
        """What combines the models of round `number`, in place of the federation's combination."""

    @abstractmethod
    def spent(self, number: int) -> "PrivacySpent":
        """What rounds 1 to `number` have spent, and what the last of them did to the updates."""

    @abstractmethod
    def state(self) -> "dict[str, NDArray[np.float64]]":
        """What is remembered between rounds, by names that begin with `privacy/`."""

    @abstractmethod
    def restore(self, state: "Arrays") -> None:
        """Take up a `state` again, to the bit; other names in it are somebody else's, and before the first round it is empty."""


@dataclass(frozen=True)
class PrivacyEntry:
    """A privacy mechanism of the registry.

    `equation` is LaTeX (empty: nothing is computed); `paper` names the source; `when` says what it is good for and what it does not promise.
    `check(options, config)` raises `ValueError` where the accounting would be false for the run. `build(options, federation, seed)` gives the
    guard of a run, None where there is none.
    """

    name: str
    title: str
    summary: str
    options: type[Options]
    equation: str
    paper: str
    when: str
    check: Callable[[Any, Any], None]
    build: Callable[[Any, Any, int], Guard | None]

"""What every entry of the privacy registry offers."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING, Any

from fedviz.core.options import Options

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from fedviz.core.config import FederationConfig
    from fedviz.core.types import PrivacySpent
    from fedviz.federation.aggregation.base import Aggregator
    from fedviz.federation.local.base import Job, LocalRule, Outcome
    from fedviz.federation.messages import Arrays


def shortening(norm: float, clip: float) -> float:
    """What a vector of that length (L2 norm) is multiplied with so that it is no longer than `clip`; 0 for one that is not finite, which adds nothing."""
    return 0.0 if not isfinite(norm) else 1.0 if norm <= clip else clip / norm


class Guard(ABC):
    """Stands where a round's models become one; what it remembers goes into the strategy's state."""

    def aggregator(self, number: int) -> "Aggregator | None":
        """What combines the models of round `number`; None where the federation's combination does, since the clients have protected what they send."""
        return None

    @abstractmethod
    def spent(self, number: int) -> "PrivacySpent":
        """What rounds 1 to `number` have spent, and what the last of them did to the updates."""

    def state(self) -> "dict[str, NDArray[np.float64]]":
        """What is remembered between rounds, by names that begin with `privacy/`."""
        return {}

    def restore(self, state: "Arrays") -> None:  # noqa: B027 (most remember nothing)
        """Take up a `state` again, to the bit; other names in it are somebody else's, and before the first round it is empty."""


class Shield:
    """How an honest client trains; the plain one protects nothing. Attackers do as they like: the promise is to those who keep it."""

    def train(self, rule: "LocalRule", job: "Job", classes: int) -> "Outcome":
        """Train by the local rule, and give what is sent in the name of the client."""
        return rule.train(job)


@dataclass(frozen=True)
class PrivacyEntry:
    """A privacy mechanism of the registry.

    `equation` is LaTeX (empty: nothing is computed); `paper` names the source; `when` says what it is good for and what it does not promise.
    `check(options, config)` raises `ValueError` where the accounting would be false for the run. `build(options, federation, seed, texts)` gives the
    guard of a run, None where there is none, for clients that hold so many training `texts` each. `shield(options)`: how honest clients train.

    `promise` says whom epsilon protects against whom, and `noise` what the noise is compared with, in a sentence each. `noise_for(epsilon, delta, federation,
    texts)`: the least noise multiplier that keeps to an epsilon; `learned(noise, federation, texts)`: deviation of the noise on each weight of what is learned from, in clip norms.
    `text_by_text`: a training step goes through its texts one at a time.
    """

    name: str
    title: str
    summary: str
    options: type[Options]
    equation: str
    paper: str
    when: str
    check: Callable[[Any, Any], None]
    build: "Callable[[Any, FederationConfig, int, Sequence[int]], Guard | None]"
    shield: Callable[[Any], Shield] = lambda options: Shield()
    promise: str = ""
    noise: str = ""
    noise_for: "Callable[[float, float, FederationConfig, Sequence[int]], float]" = lambda epsilon, delta, federation, texts: 0.0
    learned: "Callable[[float, FederationConfig, Sequence[int]], float]" = lambda noise, federation, texts: 0.0
    text_by_text: bool = False

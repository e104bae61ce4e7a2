"""What every compression of the registry offers: a client's update becomes fewer bytes, and the server reads it back.

A compressor is lossy or not, and biased or not. What a client's compressor must remember until its next update (the error that was left out) stays with the client.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fedviz.core.options import Options

if TYPE_CHECKING:
    from fedviz.federation.messages import Arrays


class Compressor(ABC):
    """Encodes and decodes updates `w_k - w_t`, arrays by name. Both ends are the same object of a run; it keeps nothing between calls."""

    @abstractmethod
    def encode(self, update: "Arrays", memory: "Arrays", seed: int) -> "tuple[Arrays, Arrays]":
        """`(payload, memory)`: what travels, and what the client remembers. The payload's shapes and types follow from the update's alone."""

    @abstractmethod
    def decode(self, payload: "Arrays", like: "Arrays") -> "Arrays":
        """The update as the server reads it, in the shapes of `like` (the weights that were sent down); `ValueError` where the payload makes no sense."""


@dataclass(frozen=True)
class CompressionEntry:
    """A compression of the registry.

    `equation` is LaTeX (empty: nothing is computed); `paper` names the source; `when` says when it helps and when it does not.
    `build(options)` gives the compressor of a run, None where nothing is compressed. `remembered`: what every client remembers, in models.
    """

    name: str
    title: str
    summary: str
    options: type[Options]
    equation: str
    paper: str
    when: str
    build: Callable[[Any], Compressor | None]
    remembered: float = 0.0

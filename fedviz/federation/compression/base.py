"""What every compression of the registry offers: a client's update becomes fewer bytes, and the server reads it back.

A compressor is lossy or not, and biased or not. What a client's compressor must remember until its next update (the error that was left out) stays with the client.
Only the way up is compressed: the model goes down as it is, and so does what a strategy sends beside the weights, in both directions.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from fedviz.core.options import Options
from fedviz.federation.npy import npy_bytes

if TYPE_CHECKING:
    from fedviz.federation.messages import Arrays

Form = Mapping[str, tuple[str, tuple[int, ...]]]
"""Type ("<f4") and shape of every array of a payload, by name."""

Feedback = Annotated[
    bool,
    Field(
        title="Error feedback",
        description="The client remembers what was left out and adds it to its next update, so that nothing is lost for good, only late. It costs the client one more copy of the weights.",
    ),
]
FEEDBACK = r"x_t = (w_t^k - w_t) + e_t, \qquad e_{t+1} = x_t - C(x_t)"
"""Error feedback: `C` is the compressor, `e` what the client remembers."""


class Compressor(ABC):
    """Encodes and decodes updates `w_k - w_t`, arrays by name. Both ends are the same object of a run; it keeps nothing between calls."""

    @abstractmethod
    def encode(self, update: "Arrays", memory: "Arrays", seed: int) -> "tuple[Arrays, Arrays]":
        """`(payload, memory)`: what travels, and what the client remembers. Every value of the update must be finite."""

    @abstractmethod
    def decode(self, payload: "Arrays", like: "Arrays") -> "Arrays":
        """The update as the server reads it, in the shapes of `like` (the weights that were sent down); `ValueError` where the payload makes no sense."""

    @abstractmethod
    def form(self, like: "Arrays") -> Form:
        """Types and shapes of the payload of any update with the types and shapes of `like`: they follow from these alone."""


def form_bytes(form: Form) -> int:
    """Bytes of a payload of this form in a message, as Flower counts them."""
    return sum(len(name) + npy_bytes(dtype, shape) for name, (dtype, shape) in form.items())


@dataclass(frozen=True)
class CompressionEntry:
    """A compression of the registry.

    `equation` is LaTeX (empty: nothing is computed); `paper` names the source; `when` says when it helps and when it does not.
    `build(options)` gives the compressor of a run, None where nothing is compressed. `remembered(options)`: what every client remembers, in models.
    """

    name: str
    title: str
    summary: str
    options: type[Options]
    equation: str
    paper: str
    when: str
    build: Callable[[Any], Compressor | None]
    remembered: Callable[[Any], float] = lambda options: 0.0

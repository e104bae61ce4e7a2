"""Compressors that see an update as one vector: its arrays one after the other, sorted by name.

One vector means few arrays in the message: each array costs about 130 bytes of name and header, as much as 32 weights. Error feedback (Seide et
al. 2014; Karimireddy et al. 2019, arXiv 1901.09847) is the same for all of them and stands here.
"""

from abc import abstractmethod
from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fedviz.federation.compression.base import Compressor, Form

if TYPE_CHECKING:
    from fedviz.federation.messages import Arrays

Vector = NDArray[np.floating[Any]]
Shapes = Sequence[tuple[int, ...]]
ERROR = "error"


class Flat(Compressor):
    """`feedback`: whether the client remembers what was left out [d] and adds it to its next update."""

    def __init__(self, feedback: bool = False) -> None:
        self.feedback = feedback

    @abstractmethod
    def squeeze(self, vector: Vector, shapes: Shapes, seed: int) -> "dict[str, NDArray[Any]]":
        """The payload of a vector [d] that holds arrays of these shapes; the vector is to be read only."""

    @abstractmethod
    def spread(self, payload: "Arrays", shapes: Shapes, dtype: np.dtype[Any]) -> Vector:
        """The vector [d] in a type, from a payload of the right form; `ValueError` where its numbers make no sense."""

    @abstractmethod
    def sizes(self, shapes: Shapes, dtype: str) -> Form:
        """The form of a payload of arrays of these shapes, computed in the type `dtype`."""

    def encode(self, update: "Arrays", memory: "Arrays", seed: int) -> "tuple[Arrays, Arrays]":
        """The payload of the update and of what was left out before; the memory is what is left out now."""
        dtype, shapes = type_of(update), shapes_of(update)
        vector = np.concatenate([update[name] for name in sorted(update)], axis=None, dtype=dtype)
        if self.feedback and ERROR in memory:
            vector += memory[ERROR]
        payload = self.squeeze(vector, shapes, seed)
        return payload, {ERROR: vector - self.spread(payload, shapes, dtype)} if self.feedback else {}

    def decode(self, payload: "Arrays", like: "Arrays") -> "Arrays":
        """The update; `ValueError` unless the payload has the form that it must have and says finite numbers."""
        form = self.form(like)
        if set(payload) != set(form):
            raise ValueError(f"its arrays must be {', '.join(sorted(form))}")
        for name, (dtype, shape) in form.items():
            if (payload[name].dtype.str, payload[name].shape) != (dtype, shape):
                raise ValueError(f"{name} must be {dtype} {list(shape)}, but is {payload[name].dtype.str} {list(payload[name].shape)}")
        shapes = shapes_of(like)
        with np.errstate(over="ignore", invalid="ignore"):  # what overflows is refused below
            vector = self.spread(payload, shapes, type_of(like))
        if not np.isfinite(vector).all():
            raise ValueError("its numbers must be finite")
        return {name: part.reshape(shape) for name, part, shape in zip(sorted(like), parts(vector, shapes), shapes, strict=True)}

    def form(self, like: "Arrays") -> Form:
        """By the shapes and the type of the vector."""
        return self.sizes(shapes_of(like), type_of(like).str)


def type_of(arrays: "Arrays") -> np.dtype[Any]:
    """The type of the vector: float32, or float64 where an array is."""
    return np.result_type(np.float32, *(values.dtype for values in arrays.values()))


def shapes_of(arrays: "Arrays") -> Shapes:
    """Shapes in the order of the vector."""
    return tuple(arrays[name].shape for name in sorted(arrays))


def length(shapes: Shapes) -> int:
    """How many numbers arrays of these shapes hold together: d."""
    return sum(int(np.prod(shape)) for shape in shapes)


def parts(vector: NDArray[Any], shapes: Shapes) -> list[NDArray[Any]]:
    """The vector's part of each array, without a copy."""
    ends = np.cumsum([0, *(int(np.prod(shape)) for shape in shapes)])
    return [vector[start:end] for start, end in pairwise(ends)]


def repeated(scales: Vector, shapes: Shapes) -> Vector:
    """One number for each array, as one for each weight [d]."""
    return np.repeat(scales, [int(np.prod(shape)) for shape in shapes])

"""Half precision: every weight of the update in 16 bits."""

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from fedviz.core.i18n import N_
from fedviz.core.options import Options
from fedviz.federation.compression.base import CompressionEntry, Form
from fedviz.federation.compression.flat import Flat, Shapes, Vector, length

if TYPE_CHECKING:
    from fedviz.federation.messages import Arrays

LARGEST = float(np.finfo(np.float16).max)


class Float16Options(Options):
    """Nothing to choose."""

    name: Literal["float16"] = "float16"


class Float16(Flat):
    """Rounds to the nearest half: wrong by at most `2**-11` of a value, or by `2**-25` where that is more. What is above 65504 becomes 65504."""

    def squeeze(self, vector: Vector, shapes: Shapes, seed: int) -> dict[str, NDArray[Any]]:
        """The halves [d]."""
        return {"halves": vector.clip(-LARGEST, LARGEST).astype(np.float16)}

    def spread(self, payload: "Arrays", shapes: Shapes, dtype: np.dtype[Any]) -> Vector:
        """The halves in the type of the weights."""
        return payload["halves"].astype(dtype)

    def sizes(self, shapes: Shapes, dtype: str) -> Form:
        """Two bytes a weight."""
        return {"halves": ("<f2", (length(shapes),))}


FLOAT16 = CompressionEntry(
    name="float16",
    title=N_("Half precision"),
    summary=N_("Every weight of the update travels with 16 bits in place of 32, rounded to the nearest."),
    options=Float16Options,
    equation=r"C(x)_i = \mathrm{fp16}(x_i), \qquad |C(x)_i - x_i| \le \max(2^{-11} |x_i|,\, 2^{-25})",
    paper="Micikevicius et al. 2018, Mixed Precision Training, arXiv:1710.03740; the format is IEEE 754-2008 binary16",
    when=N_("Nearly always: half the bytes, and an error far below the noise of training. Updates below about 0.00000003 are lost."),
    build=lambda options: Float16(),
)

"""The sign of every weight and one size for each array (Karimireddy et al. 2019, arXiv 1901.09847: EF-signSGD)."""

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from fedviz.core.i18n import N_
from fedviz.core.options import Options
from fedviz.federation.compression.base import FEEDBACK, CompressionEntry, Feedback, Form
from fedviz.federation.compression.flat import Flat, Shapes, Vector, length, parts, repeated

if TYPE_CHECKING:
    from fedviz.federation.messages import Arrays


class SignSgdOptions(Options):
    """Whether what was left out is remembered."""

    name: Literal["signsgd"] = "signsgd"
    error_feedback: Feedback = True


class SignSgd(Flat):
    """`mean |x| sign(x)` of each array, one bit a weight; a zero counts as positive."""

    def squeeze(self, vector: Vector, shapes: Shapes, seed: int) -> dict[str, NDArray[Any]]:
        """Packed signs, and the mean size of each array."""
        scales = np.array([np.abs(part).sum() / max(part.size, 1) for part in parts(vector, shapes)], vector.dtype)
        return {"signs": np.packbits(vector >= 0), "scales": scales}

    def spread(self, payload: "Arrays", shapes: Shapes, dtype: np.dtype[Any]) -> Vector:
        """Every weight as large as its array's mean."""
        scales = payload["scales"]
        if scales.min(initial=0.0) < 0:
            raise ValueError("its scales must be at least 0")
        positive = np.unpackbits(payload["signs"], count=length(shapes)).astype(bool)
        return np.where(positive, repeated(scales, shapes), -repeated(scales, shapes))

    def sizes(self, shapes: Shapes, dtype: str) -> Form:
        """One bit a weight, and a number for each array."""
        return {"signs": ("|u1", (-(-length(shapes) // 8),)), "scales": (dtype, (len(shapes),))}


SIGNSGD = CompressionEntry(
    name="signsgd",
    title="EF-signSGD",
    summary=N_("One bit a weight: its sign, with the mean size of its array; what was left out is added to the next update."),
    options=SignSgdOptions,
    equation=r"C(x) = \frac{\lVert x \rVert_1}{d} \, \mathrm{sign}(x); \qquad " + FEEDBACK,
    paper="Karimireddy et al. 2019, Error Feedback Fixes SignSGD and other Gradient Compression Schemes, arXiv:1901.09847; Bernstein et al. 2018, signSGD, arXiv:1802.04434",
    when=N_("When the link is very slow: a thirty-second of the bytes. It moves every weight of an array by the same size, so it needs error feedback, and more rounds."),
    build=lambda options: SignSgd(options.error_feedback),
    remembered=lambda options: float(options.error_feedback),
)

"""Eight bits a weight: whole numbers from -127 to 127 and one scale for each array, rounded by chance so that the mean is right."""

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from fedviz.core.i18n import N_
from fedviz.core.options import Options
from fedviz.core.seeds import generator
from fedviz.federation.compression.base import CompressionEntry, Form
from fedviz.federation.compression.flat import Flat, Shapes, Vector, length, parts, repeated

if TYPE_CHECKING:
    from fedviz.federation.messages import Arrays

STEPS = 127


class Int8Options(Options):
    """Nothing to choose."""

    name: Literal["int8"] = "int8"


class Int8(Flat):
    """`scale * floor(x / scale + u)` with u uniform in [0, 1) and scale = max |x| / 127 of the array: unbiased, wrong by less than one scale.

    To the nearest would halve the worst error, but always err the same way; here the clients' errors cancel in their mean.
    """

    def squeeze(self, vector: Vector, shapes: Shapes, seed: int) -> dict[str, NDArray[Any]]:
        """Whole numbers [d] and scales [arrays]."""
        scales = np.array([np.abs(part).max(initial=0.0) / STEPS for part in parts(vector, shapes)], vector.dtype)
        steps = repeated(scales, shapes)
        ratios = np.divide(vector, steps, out=np.zeros_like(vector), where=steps > 0)
        ratios += generator(seed, "int8").random(vector.size, dtype=vector.dtype)
        return {"steps": np.floor(ratios, out=ratios).clip(-STEPS, STEPS).astype(np.int8), "scales": scales}

    def spread(self, payload: "Arrays", shapes: Shapes, dtype: np.dtype[Any]) -> Vector:
        """Steps times their array's scale."""
        return payload["steps"] * repeated(payload["scales"], shapes)

    def sizes(self, shapes: Shapes, dtype: str) -> Form:
        """One byte a weight, and a number for each array."""
        return {"steps": ("|i1", (length(shapes),)), "scales": (dtype, (len(shapes),))}


INT8 = CompressionEntry(
    name="int8",
    title=N_("Eight bits"),
    summary=N_("Every weight of the update travels as one of 255 steps, rounded up or down by chance so that the mean is right; each array has its own scale."),
    options=Int8Options,
    equation=r"C(x)_i = s \left\lfloor \frac{x_i}{s} + u_i \right\rfloor, \quad s = \frac{\max_j |x_j|}{127}, \quad u_i \sim U[0, 1), \qquad \mathbb{E}[C(x)] = x",
    paper="Gupta et al. 2015, Deep Learning with Limited Numerical Precision, arXiv:1502.02551 (stochastic rounding); Suresh et al. 2017, Distributed Mean Estimation with Limited Communication, arXiv:1611.00429",
    when=N_("A quarter of the bytes at hardly any loss. One very large weight in an array makes the steps of all its others coarse."),
    build=lambda options: Int8(),
)

"""QSGD (Alistarh et al. 2017, arXiv 1610.02132): a few levels below the norm, chosen by chance so that the mean is right.

The paper then codes the levels by Elias' code, which is short where most levels are 0. Here every level takes the same bits, as few as `s` needs:
the payload's size then follows from the configuration, and the law of the method, its variance, is not touched.
"""

from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from fedviz.core.i18n import N_
from fedviz.core.options import Options
from fedviz.core.seeds import generator
from fedviz.federation.compression.base import CompressionEntry, Form
from fedviz.federation.compression.bits import pack, packed_bytes, unpack
from fedviz.federation.compression.flat import Flat, Shapes, Vector, length

if TYPE_CHECKING:
    from fedviz.federation.messages import Arrays


class QsgdOptions(Options):
    """How fine the levels are."""

    name: Literal["qsgd"] = "qsgd"
    levels: Annotated[int, Field(ge=1, le=2**14, title="Levels", description="How many levels lie between zero and the norm. 1 takes 2 bits a weight, 7 take 4 bits, 127 take 8.")] = 7
    bucket: Annotated[int, Field(ge=1, le=2**24, title="Bucket", description="So many weights share a norm. Small buckets lower the noise and cost four bytes each.")] = 512


class Qsgd(Flat):
    """`||x|| sign(x_i) l_i / s` in buckets of n weights, with l_i the level below or above `s |x_i| / ||x||`: unbiased, variance at most `min(n / s^2, sqrt(n) / s) ||x||^2`."""

    def __init__(self, levels: int, bucket: int) -> None:
        super().__init__()
        self._levels, self._bucket = levels, bucket
        self._bits = (2 * levels).bit_length()  # codes from 0 to 2s

    def squeeze(self, vector: Vector, shapes: Shapes, seed: int) -> dict[str, NDArray[Any]]:
        """Packed levels, and the norm of every bucket."""
        norms = np.sqrt(np.add.reduceat(np.square(vector), np.arange(0, vector.size, self._bucket)))
        whole = self._repeated(norms, vector.size)
        ratios = np.divide(np.abs(vector), whole, out=np.zeros_like(vector), where=whole > 0) * self._levels
        ratios += generator(seed, "qsgd").random(vector.size, dtype=vector.dtype)
        levels = np.floor(ratios).clip(0, self._levels)
        codes = (np.copysign(levels, vector) + self._levels).astype(np.uint16)
        return {"levels": pack(codes, self._bits), "norms": norms}

    def spread(self, payload: "Arrays", shapes: Shapes, dtype: np.dtype[Any]) -> Vector:
        """Norm times level over s; codes above 2s make no sense."""
        d, norms = length(shapes), payload["norms"]
        codes = unpack(payload["levels"], d, self._bits)
        if codes.max(initial=0) > 2 * self._levels or norms.min(initial=0.0) < 0:
            raise ValueError(f"its levels must be at most {self._levels}, and its norms at least 0")
        return (codes.astype(dtype) - self._levels) * (self._repeated(norms, d) / self._levels)

    def sizes(self, shapes: Shapes, dtype: str) -> Form:
        """As few bits a weight as `2s + 1` codes need, and a number for each bucket."""
        d = length(shapes)
        return {"levels": ("|u1", (packed_bytes(d, self._bits),)), "norms": (dtype, (-(-d // self._bucket),))}

    def _repeated(self, norms: Vector, d: int) -> Vector:
        return np.repeat(norms, self._bucket)[:d]


QSGD = CompressionEntry(
    name="qsgd",
    title="QSGD",
    summary=N_("Every weight becomes one of a few levels of its bucket's norm, chosen by chance so that the mean is right; four bits a weight by default."),
    options=QsgdOptions,
    equation=r"C(x)_i = \lVert x \rVert \, \mathrm{sign}(x_i) \, \frac{1}{s} \left\lfloor \frac{s |x_i|}{\lVert x \rVert} + u_i \right\rfloor, \quad \mathbb{E}[C(x)] = x, \quad "
    r"\mathbb{E} \lVert C(x) - x \rVert^2 \le \min\left(\frac{n}{s^2}, \frac{\sqrt{n}}{s}\right) \lVert x \rVert^2",
    paper="Alistarh et al. 2017, QSGD: Communication-Efficient SGD via Gradient Quantization and Encoding, arXiv:1610.02132",
    when=N_("With many clients in a round, whose noise cancels in the mean. With few levels and few clients the noise is larger than the update itself. The paper's Elias coding is left out: all levels take the same bits."),
    build=lambda options: Qsgd(options.levels, options.bucket),
)

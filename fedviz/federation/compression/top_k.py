"""Top-k: the largest values of the update travel, with their places; the others wait (Stich et al. 2018, arXiv 1809.07599)."""

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from fedviz.core.i18n import N_
from fedviz.core.options import Options
from fedviz.federation.compression.base import FEEDBACK, CompressionEntry, Feedback, Form
from fedviz.federation.compression.flat import Flat, Shapes, Vector, length
from fedviz.federation.compression.sparse import Share, kept

if TYPE_CHECKING:
    from fedviz.federation.messages import Arrays


class TopKOptions(Options):
    """How much is sent, and whether the rest is remembered."""

    name: Literal["top-k"] = "top-k"
    share: Share = 0.05
    error_feedback: Feedback = True


class TopK(Flat):
    """The k values of largest size of the whole update, and where they lie. Biased: what is small is never sent, unless it is remembered."""

    def __init__(self, share: float, feedback: bool) -> None:
        super().__init__(feedback)
        self._share = share

    def squeeze(self, vector: Vector, shapes: Shapes, seed: int) -> dict[str, NDArray[Any]]:
        """Places in order, and values."""
        k = kept(self._share, vector.size)
        places = np.sort(np.argpartition(np.abs(vector), vector.size - k)[vector.size - k :])
        return {"places": places.astype(np.uint32), "values": vector[places]}

    def spread(self, payload: "Arrays", shapes: Shapes, dtype: np.dtype[Any]) -> Vector:
        """Zeros but for these values; places must rise and lie within the update."""
        places, d = payload["places"].astype(np.int64), length(shapes)
        if places.max(initial=0) >= d or (np.diff(places) <= 0).any():
            raise ValueError(f"its places must rise and lie below {d}")
        vector = np.zeros(d, dtype)
        vector[places] = payload["values"]
        return vector

    def sizes(self, shapes: Shapes, dtype: str) -> Form:
        """Four bytes a place, and a value."""
        k = kept(self._share, length(shapes))
        return {"places": ("<u4", (k,)), "values": (dtype, (k,))}


TOP_K = CompressionEntry(
    name="top-k",
    title="Top-k",
    summary=N_("Only the largest values of the whole update travel, with their places; what was left out is added to the next update."),
    options=TopKOptions,
    equation=r"C(x)_i = x_i \ \text{if} \ |x_i| \ \text{is among the} \ k \ \text{largest, else} \ 0; \qquad " + FEEDBACK,
    paper="Stich et al. 2018, Sparsified SGD with Memory, arXiv:1809.07599; Aji and Heafield 2017, Sparse Communication for Distributed Gradient Descent, arXiv:1704.05021",
    when=N_("When a few weights carry the update, and clients take part often enough to send later what they held back. Without error feedback it is biased and stops beside the minimum; from a share of one half on it saves nothing, since places travel too."),
    build=lambda options: TopK(options.share, options.error_feedback),
    remembered=lambda options: float(options.error_feedback),
)

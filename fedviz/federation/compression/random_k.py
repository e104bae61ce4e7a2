"""Random-k: some values of the update, drawn by chance; a seed says which, so that no places travel (Stich et al. 2018; Konecny et al. 2016)."""

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from fedviz.core.i18n import N_
from fedviz.core.options import Options
from fedviz.core.seeds import generator
from fedviz.federation.compression.base import FEEDBACK, CompressionEntry, Feedback, Form
from fedviz.federation.compression.flat import Flat, Shapes, Vector, length
from fedviz.federation.compression.sparse import Share, kept

if TYPE_CHECKING:
    from fedviz.federation.messages import Arrays


class RandomKOptions(Options):
    """How much is sent, and whether the rest is remembered."""

    name: Literal["random-k"] = "random-k"
    share: Share = 0.1
    error_feedback: Feedback = True


class RandomK(Flat):
    """k of d values. With error feedback as they are; without it `d / k` times as large, so that the mean is right."""

    def __init__(self, share: float, feedback: bool) -> None:
        super().__init__(feedback)
        self._share = share

    def squeeze(self, vector: Vector, shapes: Shapes, seed: int) -> dict[str, NDArray[Any]]:
        """A seed, and the values at the places that follow from it."""
        places = self._places(seed, vector.size)
        longer = 1.0 if self.feedback else vector.size / places.size
        return {"seed": np.array([seed], np.uint64), "values": vector[places] * vector.dtype.type(longer)}

    def spread(self, payload: "Arrays", shapes: Shapes, dtype: np.dtype[Any]) -> Vector:
        """Zeros but for these values."""
        vector = np.zeros(length(shapes), dtype)
        vector[self._places(int(payload["seed"][0]), vector.size)] = payload["values"]
        return vector

    def sizes(self, shapes: Shapes, dtype: str) -> Form:
        """Eight bytes, and the values."""
        return {"seed": ("<u8", (1,)), "values": (dtype, (kept(self._share, length(shapes)),))}

    def _places(self, seed: int, d: int) -> NDArray[np.int64]:
        return generator(seed, "random-k").choice(d, kept(self._share, d), replace=False, shuffle=False)


RANDOM_K = CompressionEntry(
    name="random-k",
    title="Random-k",
    summary=N_("Some values of the update, drawn by chance, travel with the seed that says which; what was left out is added to the next update."),
    options=RandomKOptions,
    equation=r"C(x)_i = x_i \ \text{if} \ i \in S, \text{else} \ 0, \quad S \ \text{a random set of} \ k; \qquad " + FEEDBACK + r"; \qquad \text{without memory} \quad \mathbb{E}\left[\frac{d}{k} C(x)\right] = x",
    paper="Stich et al. 2018, Sparsified SGD with Memory, arXiv:1809.07599; Konecny et al. 2016, Federated Learning: Strategies for Improving Communication Efficiency, arXiv:1610.05492",
    when=N_("When every weight matters about as much: no places travel, so that it sends twice as many values as top-k for the same bytes. Without error feedback it is unbiased and d/k times as noisy as the update is long."),
    build=lambda options: RandomK(options.share, options.error_feedback),
    remembered=lambda options: float(options.error_feedback),
)

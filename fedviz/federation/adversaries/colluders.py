"""Colluders who send one and the same update: the mean of what they honestly learned, turned round and shortened (inner product manipulation)."""

from typing import Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from fedviz.core.i18n import N_
from fedviz.core.options import Options
from fedviz.federation.adversaries.base import AdversaryEntry, Attackers
from fedviz.federation.adversaries.colluding import Colluding


class ColludersOptions(Options):
    """Who colludes, and how far they go."""

    name: Literal["colluders"] = "colluders"
    clients: Attackers = ()
    epsilon: Annotated[
        float,
        Field(
            gt=0, le=1000, title="Epsilon", description="How many times as long as the mean of the attackers' honest updates the one is that they send in the opposite direction. Small values deceive Krum and the median, large ones the mean."
        ),
    ] = 0.5


class Colluders(Colluding):
    """All send `w_t - epsilon mean(w_k - w_t)`, the mean over the attackers."""

    def __init__(self, epsilon: float) -> None:
        self._epsilon = epsilon

    def together(self, updates: NDArray[np.float64], clients: int) -> NDArray[Any]:
        """The mean, turned round."""
        return -self._epsilon * updates.mean(axis=0)


COLLUDERS = AdversaryEntry(
    name="colluders",
    title=N_("Colluders"),
    summary=N_("The attackers agree on one update, the mean of what they honestly learned turned round, and all send this: two who say the same look trustworthy."),
    options=ColludersOptions,
    paper="Xie et al. 2020, Fall of Empires: Breaking Byzantine-tolerant SGD by Inner Product Manipulation, UAI 2020, arXiv:1903.03936",
    when=N_(
        "Krum looks for models with near neighbours, and nobody is nearer than a twin: with a small epsilon it may pick the attackers in every round, and Multi-Krum, "
        "which stops most other attacks, lost most of all rules but Krum in our benchmark. The mean hardly notices a small epsilon. FLTrust, which compares directions with "
        "the server's own, sees at once that they point backwards."
    ),
    build=lambda options: Colluders(options.epsilon),
)

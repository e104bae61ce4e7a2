"""A little is enough: an update that is wrong by so little that it lies within what honest clients differ by.

The paper's attackers estimate mean and standard deviation of the honest updates from their own texts, and all send `mean - z std`, weight by weight. By
its formula z is the largest for which, were updates normal, enough honest clients (the supporters `s = floor(n/2 + 1) - m`) lie further out:
`Phi(z) = (n - m - s) / (n - m)`. With few attackers that is 0: they can then do nothing unseen.
"""

import math
from statistics import NormalDist
from typing import Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from fedviz.core.i18n import N_
from fedviz.core.options import Options
from fedviz.federation.adversaries.base import AdversaryEntry, Attackers
from fedviz.federation.adversaries.colluding import Colluding


class LittleIsEnoughOptions(Options):
    """Who attacks, and how far from the mean they go."""

    name: Literal["little-is-enough"] = "little-is-enough"
    clients: Attackers = ()
    z: Annotated[
        float,
        Field(
            ge=0, le=100, title="Standard deviations", description="How far from the mean of the attackers' honest updates the one lies that all of them send, in standard deviations of each weight (z). 0: by the paper's formula, which allows few attackers nothing."
        ),
    ] = 1.5


def unseen(clients: int, attackers: int) -> float:
    """The z of the paper's formula; 0 where it allows nothing. Attackers in the majority need no supporter; here they keep one, for a finite z."""
    honest = clients - attackers
    supporters = max(math.floor(clients / 2 + 1) - attackers, 1)
    share = (honest - supporters) / max(honest, 1)
    return max(0.0, NormalDist().inv_cdf(share)) if share > 0 else 0.0


class LittleIsEnough(Colluding):
    """All send `w_t + mean(w_k - w_t) - z std(w_k - w_t)`, both over the attackers."""

    def __init__(self, z: float) -> None:
        self._z = z

    def together(self, updates: NDArray[np.float64], clients: int) -> NDArray[Any]:
        """The mean, less so many standard deviations."""
        return updates.mean(axis=0) - (self._z or unseen(clients, len(updates))) * updates.std(axis=0)


LITTLE_IS_ENOUGH = AdversaryEntry(
    name="little-is-enough",
    title=N_("A little is enough"),
    summary=N_("The attackers work out how far honest updates lie apart, and all send one that is wrong by no more than that: no single weight looks odd."),
    options=LittleIsEnoughOptions,
    paper="Baruch et al. 2019, A Little Is Enough: Circumventing Defenses For Distributed Learning, NeurIPS 2019, arXiv:1902.06156",
    when=N_(
        "It lives on the differences between clients: the more unlike they are, the more room it has. One attacker alone knows no spread and sends what is honest. "
        "It needs many rounds and many attackers to do harm (the paper has about a quarter to a half of all), and robust rules do not see it."
    ),
    build=lambda options: LittleIsEnough(options.z),
)

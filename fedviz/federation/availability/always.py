"""Everybody can always be reached."""

from typing import Literal

import numpy as np

from fedviz.core.i18n import N_
from fedviz.core.options import Options
from fedviz.federation.availability.base import AvailabilityEntry


class AlwaysOptions(Options):
    """Nothing to choose."""

    name: Literal["always"] = "always"


ALWAYS = AvailabilityEntry(
    name="always",
    title=N_("Always"),
    summary=N_("Every client can be reached in every round, as hospitals, banks and plants usually can."),
    options=AlwaysOptions,
    equation=r"p_k(t) = 1",
    paper="Kairouz et al. 2021, Advances and Open Problems in Federated Learning, arXiv:1912.04977 (cross-silo)",
    when=N_("The federation of a few institutions with servers of their own. Phones come and go."),
    build=lambda options, counts, seed: lambda number: np.ones(len(counts)),
    uniform=True,
)

"""Every client comes and goes by the throw of a coin, the same for all."""

from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from fedviz.core.i18n import N_
from fedviz.core.options import Options
from fedviz.federation.availability.base import AvailabilityEntry


class RandomOptions(Options):
    """How often a client is there."""

    name: Literal["random"] = "random"
    probability: Annotated[float, Field(gt=0, le=1, title="Probability", description="With which a client can be reached in a round, drawn anew for each client and round.")] = 0.7


RANDOM = AvailabilityEntry(
    name="random",
    title=N_("Random"),
    summary=N_("Every client can be reached with the same probability in every round, whatever it holds and whoever else is there."),
    options=RandomOptions,
    equation=r"p_k(t) = p",
    paper="Gu et al. 2021, Fast Federated Learning in the Presence of Arbitrary Device Unavailability, arXiv:2106.04159",
    when=N_("The kindest kind of absence: rounds have fewer clients and are noisier, and over many of them everybody counts alike."),
    build=lambda options, counts, seed: lambda number: np.full(len(counts), options.probability),
    uniform=True,
)

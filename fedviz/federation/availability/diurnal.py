"""Day and night: clients are awake in blocks that follow each other around the clock."""

from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from fedviz.core.i18n import N_
from fedviz.core.options import Options
from fedviz.federation.availability.base import AvailabilityEntry, Reach


class DiurnalOptions(Options):
    """The length of a day, and how much of it a client is awake."""

    name: Literal["diurnal"] = "diurnal"
    period: Annotated[int, Field(ge=2, le=1000, title="Rounds in a day", description="After so many rounds the same clients are awake again.")] = 6
    awake: Annotated[float, Field(gt=0, le=1, title="Share of the day awake", description="How much of a day a client can be reached. At every moment about this share of the clients is there.")] = 0.5


def build(options: DiurnalOptions, counts: NDArray[np.int64], seed: int) -> Reach:
    """Clients live around the globe in the order of their numbers; round 1 is midnight for the first, where its waking begins."""
    clients = len(counts)

    def reach(number: int) -> NDArray[np.float64]:
        ticks = ((number - 1) * clients + np.arange(clients) * options.period) % (options.period * clients)  # whole numbers, so that no rounding moves a dawn
        return (ticks < options.awake * options.period * clients - 1e-9).astype(np.float64)

    return reach


DIURNAL = AvailabilityEntry(
    name="diurnal",
    title=N_("Day and night"),
    summary=N_("Each client is awake for a part of the day, one after the other around the globe: in every round one block of clients is there, and it moves on."),
    options=DiurnalOptions,
    equation=r"p_k(t) = \left[ \left( \frac{t - 1}{T} + \frac{k}{K} \right) \bmod 1 < a \right]",
    paper="Eichner et al. 2019, Semi-Cyclic Stochastic Gradient Descent, arXiv:1904.10120; Bonawitz et al. 2019, Towards Federated Learning at Scale: System Design, "
    "arXiv:1902.01046",
    when=N_("Phones charge at night. Where clients of a block are alike, the model follows the block that is awake and forgets the others until they wake again."),
    build=build,
)

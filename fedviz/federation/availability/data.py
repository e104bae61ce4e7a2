"""Who holds what decides who comes: clients with much of the rarest class are there less often, so that the model sees less of it than there is."""

from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from fedviz.core.i18n import N_
from fedviz.core.options import Options
from fedviz.federation.availability.base import AvailabilityEntry, Reach


class DataOptions(Options):
    """How strongly what a client holds decides."""

    name: Literal["data"] = "data"
    strength: Annotated[float, Field(ge=0, le=1, title="Strength", description="0: everybody is always there. 1: a client that holds twice as large a share of the rarest class as all together is there in half of the rounds, one with four times in a quarter.")] = 0.9


def rarest(counts: NDArray[np.int64]) -> int:
    """The class of which all clients together hold the fewest texts but some; the first of equals. `counts` [clients, classes]."""
    totals = counts.sum(axis=0).astype(float)
    totals[totals == 0] = np.inf
    return int(np.argmin(totals))


def build(options: DataOptions, counts: NDArray[np.int64], seed: int) -> Reach:
    """The same chances in every round."""
    rare = rarest(counts)
    share = counts[:, rare] / np.maximum(counts.sum(axis=1), 1)
    overall = counts[:, rare].sum() / max(int(counts.sum()), 1)
    above = 1 - overall / np.maximum(share, overall if overall > 0 else 1)
    chances = 1 - options.strength * above
    return lambda number: chances


DATA = AvailabilityEntry(
    name="data",
    title=N_("By what they hold"),
    summary=N_("The more a client holds of the rarest class, the less often it is there: the average of those who come is biased against that class."),
    options=DataOptions,
    equation=r"p_k(t) = 1 - s \left( 1 - \frac{q}{\max(q_k, q)} \right), \quad q_k = \frac{n_{k,r}}{n_k}, \ q = \frac{\sum_k n_{k,r}}{\sum_k n_k}, \ "
    r"r = \arg\min_c \sum_k n_{k,c}",
    paper="Rodio et al. 2023, Federated Learning under Heterogeneous and Correlated Client Availability, IEEE INFOCOM, doi:10.1109/INFOCOM53939.2023.10228876; the formula is ours",
    when=N_(
        "Absence that is no accident. Look at the accuracy of single clients and at the worst tenth: the sum looks well while those who are seldom there are served worse. "
        "With evenly dealt texts nothing happens."
    ),
    build=build,
)

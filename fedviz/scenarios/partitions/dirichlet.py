"""`dirichlet`: label skew in one number.

Hsu, Qi, Brown: Measuring the effects of non-identical data distribution for federated visual classification, arXiv 1909.06335;
here, as in common use, each class is dealt over the clients by a draw from Dirichlet(alpha).
"""

from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from fedviz.core.options import Options
from fedviz.scenarios.base import ScenarioData
from fedviz.scenarios.partitions.base import PartitionEntry, Shards, check_enough, client_names, from_owners, owners_by_class, test_like_train


class DirichletOptions(Options):
    """Options of `dirichlet`."""

    name: Literal["dirichlet"] = "dirichlet"
    alpha: Annotated[
        float,
        Field(
            gt=0,
            le=1000,
            title="Alpha",
            description="How alike the clients are. 0.1: most classes live at one or two clients; 1: uneven; 100: nearly the same everywhere.",
        ),
    ] = 0.5


def split(data: ScenarioData, clients: int, options: DirichletOptions, generator: np.random.Generator) -> Shards:
    """Each class dealt out in shares drawn from Dirichlet(alpha); a client's test texts have the class mix of its training texts."""
    check_enough(data, clients)
    # a gamma draw that underflows for tiny alpha is a class that one client holds alone
    weights = generator.dirichlet(np.full(clients, options.alpha), len(data.classes))
    broken = ~np.isfinite(weights).all(axis=1) | (weights.sum(axis=1) == 0)
    weights[broken] = np.eye(clients)[generator.integers(clients, size=int(broken.sum()))]
    train = owners_by_class(data.train.labels, weights, generator)
    return from_owners(client_names(data, clients), train, test_like_train(data, train, clients, generator))


DIRICHLET = PartitionEntry(
    "dirichlet", "Uneven classes (Dirichlet)", "Every class is spread unevenly over the clients; alpha says how unevenly.", DirichletOptions, split
)

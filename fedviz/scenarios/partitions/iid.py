"""`iid`: every client is a fair sample of all texts. The easy case that theory starts from."""

from typing import Literal

import numpy as np

from fedviz.core.options import Options
from fedviz.scenarios.base import ScenarioData
from fedviz.scenarios.partitions.base import PartitionEntry, Shards, check_enough, client_names, from_owners


class IidOptions(Options):
    """Options of `iid`: none."""

    name: Literal["iid"] = "iid"


def split(data: ScenarioData, clients: int, options: IidOptions, generator: np.random.Generator) -> Shards:
    """Texts dealt out at random, as many to each client (one more or less). `ConfigError` with fewer texts than clients."""
    check_enough(data, clients)
    owners = [generator.permutation(np.arange(len(part)) % clients) for part in (data.train, data.test)]
    return from_owners(client_names(data, clients), *owners)


IID = PartitionEntry(
    "iid", "Even and random (IID)", "Every client holds a random sample of everything: no two clients differ but by chance.", IidOptions, split
)

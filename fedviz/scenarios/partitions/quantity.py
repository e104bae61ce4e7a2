"""`quantity`: clients of very different size, each a fair sample of everything."""

from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from fedviz.core.options import Options
from fedviz.scenarios.base import ScenarioData
from fedviz.scenarios.partitions.base import PartitionEntry, Shards, check_enough, client_names, deal, from_owners


class QuantityOptions(Options):
    """Options of `quantity`."""

    name: Literal["quantity"] = "quantity"
    exponent: Annotated[
        float,
        Field(
            ge=0,
            le=5,
            title="Exponent",
            description="Client k holds a share in proportion to 1 / k to this power. 0: all the same size; 1: the second holds half of what the "
            "first holds; 2: a quarter.",
        ),
    ] = 1.0


def split(data: ScenarioData, clients: int, options: QuantityOptions, generator: np.random.Generator) -> Shards:
    """Random texts, sizes by a power law over the clients in their order (Zipf); every client gets one text before the rest is dealt."""
    check_enough(data, clients)
    weights = np.arange(1, clients + 1, dtype=np.float64) ** -options.exponent
    owners = []
    for part in (data.train, data.test):
        base = np.ones(clients, dtype=np.int64) if len(part) >= clients else np.zeros(clients, dtype=np.int64)
        sizes = base + deal(weights, len(part) - int(base.sum()))
        owners.append(generator.permutation(np.repeat(np.arange(clients), sizes)))
    return from_owners(client_names(data, clients), *owners)


QUANTITY = PartitionEntry(
    "quantity", "Uneven sizes", "Every client holds a random sample of everything, but the first has far more texts than the last.", QuantityOptions, split
)

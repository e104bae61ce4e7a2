"""`shards`: texts sorted by class, cut into equal shards, a few shards to each client.

McMahan et al.: Communication-efficient learning of deep networks from decentralized data, AISTATS 2017 (its pathological split).
"""

from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from fedviz.core.errors import ConfigError
from fedviz.core.options import Options
from fedviz.scenarios.base import ScenarioData
from fedviz.scenarios.partitions.base import PartitionEntry, Shards, client_names, from_owners, test_like_train


class ShardsOptions(Options):
    """Options of `shards`."""

    name: Literal["shards"] = "shards"
    shards_per_client: Annotated[
        int,
        Field(
            ge=1,
            le=100,
            title="Shards per client",
            description="How many pieces of the texts, sorted by class, each client gets. 2 means about two classes a client.",
        ),
    ] = 2


def split(data: ScenarioData, clients: int, options: ShardsOptions, generator: np.random.Generator) -> Shards:
    """`clients * shards_per_client` shards of equal size (one text more or less), dealt at random. `ConfigError` with fewer texts than shards."""
    count = clients * options.shards_per_client
    if count > len(data.train):
        raise ConfigError(
            "`federation.clients * partition.shards_per_client <= training texts` must hold, "
            f"but got {clients} * {options.shards_per_client} with {len(data.train)} training texts."
        )
    # within a class the order is random, so that a shard is no excerpt of the source's own order
    mixed = generator.permutation(len(data.train))
    by_class = mixed[np.argsort(data.train.labels[mixed], kind="stable")]
    owners = np.zeros(len(data.train), dtype=np.int64)
    for shard, client in zip(np.array_split(by_class, count), generator.permutation(count) % clients, strict=True):
        owners[shard] = client
    return from_owners(client_names(data, clients), owners, test_like_train(data, owners, clients, generator))


SHARDS = PartitionEntry(
    "shards",
    "A few classes each (shards)",
    "Texts sorted by class, cut into pieces, a few pieces to each client: most clients see only a few classes.",
    ShardsOptions,
    split,
)

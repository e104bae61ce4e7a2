"""`natural`: every client is a party of the scenario, with the texts that are its own."""

from collections.abc import Sequence
from typing import Literal

import numpy as np

from fedviz.core.errors import ConfigError
from fedviz.core.options import Options
from fedviz.scenarios.base import ScenarioData
from fedviz.scenarios.partitions.base import PartitionEntry, Shards, check_enough, from_owners


class NaturalOptions(Options):
    """Options of `natural`: none."""

    name: Literal["natural"] = "natural"


def split(data: ScenarioData, clients: int, options: NaturalOptions, generator: np.random.Generator) -> Shards:
    """One client a party. With fewer clients than parties, party p joins client p mod clients, and the names are joined.

    `ConfigError` where the texts name no party, where there are more clients than parties, or where a party has no training text left.
    """
    parties = len(data.parties)
    if not parties:
        raise ConfigError(f"`partition` must deal the texts out where they name no client, as those of {data.name}, but got partition=natural; choose iid or another.")
    if clients > parties:
        raise ConfigError(
            f"`federation.clients <= parties` must hold for the natural partition of {data.name}, but got clients={clients} with {parties} parties."
        )
    check_enough(data, clients)
    names = tuple(_joined(data.parties[client::clients]) for client in range(clients))
    owners = data.train.parties % clients
    counts = np.bincount(owners, minlength=clients)
    if (counts == 0).any():
        empty = names[int(np.flatnonzero(counts == 0)[0])]
        raise ConfigError(
            f"Every client must hold a training text, but {empty} has none among the {len(data.train)} that were chosen; allow more labels or texts."
        )
    return from_owners(names, owners, data.test.parties % clients)


def _joined(names: Sequence[str]) -> str:
    """One name for several parties, short enough for a legend."""
    return " + ".join(names) if len(names) < 3 else f"{names[0]} and {len(names) - 1} more"


NATURAL = PartitionEntry("natural", "Natural", "The parties of the scenario themselves, each with its own kind of texts.", NaturalOptions, split)

"""`entity`: some branches of the ontology are never seen by a client while it trains.

The case that a graph is for: a client's test texts speak of things that none of its training texts named.
"""

from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from fedviz.core.errors import ConfigError
from fedviz.core.options import Options
from fedviz.kg.branches import branches_of
from fedviz.scenarios.base import Ints, ScenarioData
from fedviz.scenarios.linked import entities_of
from fedviz.scenarios.partitions.base import PartitionEntry, Shards, check_enough, client_names, from_owners


class EntityOptions(Options):
    """Options of `entity`."""

    name: Literal["entity"] = "entity"
    hidden_share: Annotated[
        float,
        Field(
            gt=0,
            lt=1,
            title="Hidden branches",
            description="Share of the ontology's branches that each client should never meet in its training texts. Where texts name many "
            "branches at once, fewer can be hidden.",
        ),
    ] = 0.3


def split(data: ScenarioData, clients: int, options: EntityOptions, generator: np.random.Generator) -> Shards:
    """No training text of a client names an entity of the branches that are hidden from it; test texts are dealt evenly at random.

    Wanted: `hidden_share` of the branches that the training texts name, other ones for each client. Texts that fit nowhere go where they
    uncover least. `ConfigError` where that leaves a client with nothing hidden, or with one client alone.
    """
    check_enough(data, clients)
    named = [frozenset(branch for entity in entities for branch in branches_of(data.graph, entity)) for entities in entities_of(data)[0]]
    known = sorted(frozenset().union(*named))
    if clients < 2 or not known:
        raise ConfigError(
            "The entity partition must have two or more clients and training texts that name branches of the graph, "
            f"but got clients={clients} and {len(known)} branches."
        )
    matrix = np.zeros((len(named), len(known)), dtype=bool)
    for row, some in enumerate(named):
        matrix[row, [known.index(branch) for branch in some]] = True
    owners = _assign(matrix, _wanted(len(known), clients, options.hidden_share, generator), generator)
    dealt = from_owners(client_names(data, clients), owners, generator.permutation(np.arange(len(data.test)) % clients))
    for name, rows in zip(dealt.names, dealt.train, strict=True):
        if matrix[rows].any(axis=0).all():
            raise ConfigError(
                "The entity partition must hide a branch of the graph from every client, "
                f"but {name} of {clients} meets all {len(known)} in its training texts; choose more clients or another partition."
            )
    return dealt


def _wanted(branches: int, clients: int, share: float, generator: np.random.Generator) -> np.ndarray:
    """Which branches to hide from whom, [clients, branches]: each client's own run of a random circle, so that no branch is hidden from all."""
    count = max(1, min(round(share * branches), branches * (clients - 1) // clients or 1))
    circle = generator.permutation(branches)
    hidden = np.zeros((clients, branches), dtype=bool)
    for client in range(clients):
        start = client * branches // clients
        hidden[client, circle[np.arange(start, start + count) % branches]] = True
    return hidden


def _assign(matrix: np.ndarray, hidden: np.ndarray, generator: np.random.Generator) -> Ints:
    """The client of each row: texts with least choice first, each to the smallest client that may hold it; `hidden` shrinks where it must."""
    hidden = hidden.copy()
    clients = len(hidden)
    owners = np.full(len(matrix), -1, dtype=np.int64)
    sizes = np.zeros(clients, dtype=np.int64)
    mixed = generator.permutation(len(matrix))
    choice = ((matrix.astype(np.int64) @ hidden.T.astype(np.int64)) == 0).sum(axis=1)
    for row in mixed[np.argsort(choice[mixed], kind="stable")]:
        uncovered = (hidden & matrix[row]).sum(axis=1)
        client = int(np.lexsort((sizes, uncovered))[0])
        hidden[client] &= ~matrix[row]
        owners[row] = client
        sizes[client] += 1
    return owners


ENTITY = PartitionEntry(
    "entity",
    "Hidden branches (entities)",
    "From each client some branches of the ontology are hidden: its test texts name things that it never met in training.",
    EntityOptions,
    split,
)

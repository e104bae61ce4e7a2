"""What every partition returns, and the steps that several of them share."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fedviz.core.errors import ConfigError
from fedviz.core.options import Options
from fedviz.scenarios.base import Ints, ScenarioData


@dataclass(frozen=True, eq=False)
class Shards:
    """Who holds what: for each client a name and its rows of the training and test examples.

    Rows are sorted; every row belongs to exactly one client; every client has at least one training text.
    """

    names: tuple[str, ...]
    train: tuple[Ints, ...]
    test: tuple[Ints, ...]


@dataclass(frozen=True)
class PartitionEntry:
    """A partition in the registry. `split(data, clients, options, generator)` gives `Shards`; `ConfigError` where that is impossible."""

    name: str
    title: str
    summary: str
    options: type[Options]
    split: Callable[[ScenarioData, int, Any, np.random.Generator], Shards]


def check_enough(data: ScenarioData, clients: int) -> None:
    """`ConfigError` where there are fewer training texts than clients."""
    if clients > len(data.train):
        raise ConfigError(f"`federation.clients <= training texts` must hold, but got clients={clients} with {len(data.train)} training texts.")


def client_names(data: ScenarioData, clients: int) -> tuple[str, ...]:
    """Plain names by number, for partitions that are not the parties themselves: "Hospital 1", "Hospital 2" ..."""
    return tuple(f"{data.party_word.capitalize()} {number + 1}" for number in range(clients))


def from_owners(names: Sequence[str], train: Ints, test: Ints) -> Shards:
    """Shards from the client of each row. A client that came away empty gets a text of the one that has most."""
    clients = len(names)
    return Shards(tuple(names), _rows(_fill(train, clients), clients), _rows(_fill(test, clients), clients))


def deal(weights: NDArray[np.float64], count: int) -> Ints:
    """How many of `count` things each client gets: in proportion to `weights` [clients], by largest remainders, adding up to `count`."""
    total = weights.sum()
    exact = (weights / total if total > 0 else np.full(len(weights), 1 / len(weights))) * count
    shares = np.floor(exact).astype(np.int64)
    rest = count - int(shares.sum())
    shares[np.argsort(-(exact - shares), kind="stable")[:rest]] += 1
    return shares


def owners_by_class(labels: Ints, weights: NDArray[np.float64], generator: np.random.Generator) -> Ints:
    """The client of each row when the rows of class c are dealt at random in proportion to `weights[c]` (weights: [classes, clients])."""
    owners = np.zeros(len(labels), dtype=np.int64)
    for label in np.unique(labels):
        rows = generator.permutation(np.flatnonzero(labels == label))
        # the order of clients is drawn too, so that remainders of many classes do not all fall to the first ones
        order = generator.permutation(weights.shape[1])
        owners[rows] = np.repeat(order, deal(weights[label][order], len(rows)))
    return owners


def test_like_train(data: ScenarioData, train: Ints, clients: int, generator: np.random.Generator) -> Ints:
    """The client of each test row, so that a client's test texts have the class mix of its training texts (`train`: client of each training row)."""
    counts = np.zeros((len(data.classes), clients))
    np.add.at(counts, (data.train.labels, train), 1)
    everywhere = counts.sum(axis=0) / max(1.0, counts.sum())
    counts[counts.sum(axis=1) == 0] = everywhere  # classes without a training text go by size
    return owners_by_class(data.test.labels, counts, generator)


def _fill(owners: Ints, clients: int) -> Ints:
    """`owners` with one row of the largest client moved to each empty one, as long as some client has two."""
    owners = owners.copy()
    counts = np.bincount(owners, minlength=clients)
    for empty in np.flatnonzero(counts == 0):
        largest = int(np.argmax(counts))
        if counts[largest] < 2:
            break
        owners[np.flatnonzero(owners == largest)[-1]] = empty
        counts[largest] -= 1
        counts[empty] += 1
    return owners


def _rows(owners: Ints, clients: int) -> tuple[Ints, ...]:
    rows = tuple(np.flatnonzero(owners == client).astype(np.int64) for client in range(clients))
    for some in rows:
        some.setflags(write=False)
    return rows

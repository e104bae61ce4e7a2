"""What every aggregation rule of the registry offers, and the gathering that the rules share which must see all models at once."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fedviz.core.errors import RunError
from fedviz.core.options import Options

if TYPE_CHECKING:
    from fedviz.federation.messages import Arrays

Floats = NDArray[np.float64]
Combine = Callable[[Floats, Floats, Floats], tuple[Floats, Floats]]
"""`(matrix [clients, d], weights [clients], old [d]) -> (model [d], shares [clients])`; it may overwrite the matrix."""
BLOCK = 2**12
"""Columns of the matrix that a rule works on at a time, so that what it computes beside the matrix stays small."""


@dataclass(frozen=True)
class Combined:
    """The model that a rule made of a round's models.

    `arrays`: each in the type and shape in which the clients sent it, integers rounded. `shares`: for every client that was added, how
    much of its model is in the result. They sum to 1, but for norm clipping, where what was clipped away is missing. For the rules that
    go weight by weight (median, trimmed mean, Bulyan) a share is the part of the averaged values that came from this client.
    """

    arrays: dict[str, NDArray[Any]]
    shares: dict[int, float]


class Server(ABC):
    """What the server itself can do, for rules that ask it."""

    @abstractmethod
    def trained(self, old: "Arrays", number: int) -> "Arrays":
        """The model that the server reaches in round `number` from the global one by training on root texts of its own."""

    @abstractmethod
    def agreement(self, arrays: "Arrays", shuffled: bool = False) -> float:
        """How far a model says of probe texts what the knowledge graph says of them, in [0, 1]; `shuffled`: what it says of others."""


class Aggregator(ABC):
    """Combines the models of one round: `begin` once, `add` for every client, `result` once.

    `server` and `round` are set before by whoever runs the rounds; a rule that asks neither works without.
    """

    server: Server | None = None
    round = 0

    def own_server(self) -> Server:
        """The server, for a rule that cannot do without; `RunError` where there is none."""
        if self.server is None:
            raise RunError("This combination asks the server about models, but this federation has no server that holds texts or a graph.")
        return self.server

    def begin(self, old: "Arrays") -> None:
        """Take the global model that the clients started from."""
        self._old = old

    @abstractmethod
    def add(self, client: int, arrays: "Arrays", weight: float) -> None:
        """Add a client's model with its weight (>= 0); `ValueError` where names or shapes are not those of the first one."""

    @abstractmethod
    def result(self) -> Combined:
        """The next global model; `RunError` where fewer models arrived than the rule needs. Some weight must be above 0."""


@dataclass(frozen=True)
class AggregationEntry:
    """An aggregation rule of the registry.

    `equation` is LaTeX; `paper` names the source; `when` says when it helps and when it does not. `least(options)` is how many updates
    must arrive in a round; `build(options)` gives the aggregator of one round. `asks_server`: whether it compares whole models with what the server
    itself can do; then `root_texts(options)` is how many training texts the server holds, `probes(options)` how many texts it writes from the graph.
    """

    name: str
    title: str
    summary: str
    options: type[Options]
    equation: str
    paper: str
    when: str
    least: Callable[[Any], int]
    build: Callable[[Any], Aggregator]
    asks_server: bool = False
    root_texts: Callable[[Any], int] = lambda options: 0
    probes: Callable[[Any], int] = lambda options: 0


class Gathering(Aggregator):
    """Holds all models of a round, each as one float64 vector of length d, until `combine` makes one of them.

    Memory grows with the clients: 8 d bytes for each. Rows are in the order of the clients' numbers, so that the order of arrival
    changes no bit; a client that is added again replaces its former model. `title` and `settings` (say `f=2`) name the rule in the
    error that fewer than `least` updates arrived. A `weighted` rule never sees what has weight 0 or is not finite: neither has a place
    in a weighted sum. The other rules see everything, and must rank NaN as the farthest value.
    """

    def __init__(self, title: str, combine: Combine, least: int = 1, settings: str = "", weighted: bool = False) -> None:
        self._title, self._combine, self._least, self._settings, self._weighted = title, combine, least, settings, weighted
        self._like: dict[str, NDArray[Any]] = {}
        self._rows: dict[int, tuple[Floats, float]] = {}
        self._shares: dict[int, float] = {}

    def add(self, client: int, arrays: "Arrays", weight: float) -> None:
        """Keep a copy of a model."""
        if not self._like:  # type and shape of each array, in no memory
            self._like = {name: np.broadcast_to(np.zeros((), values.dtype), values.shape) for name, values in arrays.items()}
        vector = self._vector(arrays)
        self._shares[client] = 0.0
        if not self._weighted or (weight > 0 and np.isfinite(vector).all()):
            self._rows[client] = vector, weight

    def result(self) -> Combined:
        """The rule's model of all that was added; only once, since the vectors are given away."""
        clients = sorted(self._rows)
        check_enough(len(clients), self._least, self._title, self._settings)
        old = self._vector(self._old)
        matrix, weights = np.empty((len(clients), old.size)), np.empty(len(clients))
        for row, client in enumerate(clients):  # one by one, so that no model is held twice
            matrix[row], weights[row] = self._rows.pop(client)
        model, shares = self._combine(matrix, weights, old)
        return Combined(self._arrays(model), self._shares | dict(zip(clients, shares.tolist(), strict=True)))

    def _vector(self, arrays: "Arrays") -> Floats:
        check_alike(arrays, self._like)
        return np.concatenate([arrays[name] for name in self._like], axis=None, dtype=np.float64)

    def _arrays(self, vector: Floats) -> dict[str, NDArray[Any]]:
        ends = np.cumsum([like.size for like in self._like.values()])
        parts = zip(self._like.items(), np.split(vector, ends[:-1]), strict=True)
        return {name: as_type(part.reshape(like.shape), like.dtype) for (name, like), part in parts}


def check_enough(arrived: int, least: int, title: str, settings: str = "") -> None:
    """`RunError` where no update arrived, or fewer than the rule of that title and these settings needs."""
    if not arrived:
        raise RunError("No update arrived in this round that could be combined.")
    if arrived < least:
        raise RunError(f"{title} with {settings} needs at least {least} updates, but only {arrived} arrived in this round.")


def check_alike(arrays: "Arrays", like: Mapping[str, NDArray[Any]]) -> None:
    """`ValueError` unless the arrays have the names and shapes of the others."""
    if set(arrays) != set(like) or any(arrays[name].shape != values.shape for name, values in like.items()):
        raise ValueError("all clients must send the same arrays in the same shapes")


def as_type(values: NDArray[Any], dtype: np.dtype[Any]) -> NDArray[Any]:
    """The values in another type; integers are rounded to the nearest."""
    return (np.rint(values) if np.issubdtype(dtype, np.integer) else values).astype(dtype, copy=False)


def blocks(columns: int) -> Iterator[slice]:
    """Slices that cut so many columns into blocks."""
    return (slice(start, start + BLOCK) for start in range(0, columns, BLOCK))

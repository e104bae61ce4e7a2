"""The algorithms of the comparison with other frameworks, each by its paper's equations, in NumPy and without any of our federation's code.

A federation is softmax regression on the rows of the published test vectors. All weights of a model are one vector: first the weights
[classes, features] row by row, then the bias. A rule gives the vector after each round; Ditto's has the clients' own models behind the global one.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]
Batch = tuple[Vector, NDArray[np.int64]]
Options = dict[str, Any]


@dataclass(frozen=True)
class World:
    """What `document` says (see `fedviz.bench.oracles.document`), ready to compute with; `even`: clients count the same, and not by their rows."""

    document: dict[str, Any]
    even: bool = False

    @property
    def rate(self) -> float:
        """The clients' step size."""
        return self.document["learning_rate"]

    @property
    def rounds(self) -> range:
        """The rounds' numbers, from 1."""
        return range(1, self.document["rounds"] + 1)

    @cached_property
    def start(self) -> Vector:
        """The initial weights."""
        return np.concatenate([np.array(self.document["initial"][name], float).ravel() for name in ("weight", "bias")])

    @cached_property
    def rows(self) -> list[Batch]:
        """All that each client holds."""
        inputs, labels = np.array(self.document["inputs"]), np.array(self.document["labels"])
        return [(inputs[rows], labels[rows]) for rows in self.document["clients"]]

    @cached_property
    def epochs(self) -> list[list[Batch]]:
        """The minibatches of one epoch of each client: its rows in their order."""
        size = self.document["batch_size"]
        return [[(x[at : at + size], y[at : at + size]) for at in range(0, len(y), size)] for x, y in self.rows]

    @cached_property
    def steps(self) -> Vector:
        """How many steps each client takes in a round."""
        return np.array([len(epoch) * self.document["local_epochs"] for epoch in self.epochs], float)

    @cached_property
    def shares(self) -> Vector:
        """How much each client counts; sums to 1."""
        counts = np.array([1.0 if self.even else len(y) for _, y in self.rows])
        return counts / counts.sum()

    def batches(self, client: int, epochs: int | None = None) -> Iterator[Batch]:
        """The minibatches of a client's round, or of so many epochs."""
        for _ in range(epochs or self.document["local_epochs"]):
            yield from self.epochs[client]

    def gradient(self, w: Vector, batch: Batch) -> Vector:
        """Of the batch's mean cross-entropy."""
        x, y = batch
        weight, bias = w[: -self.classes].reshape(self.classes, -1), w[-self.classes :]
        powers = np.exp(x @ weight.T + bias)
        slope = (powers / powers.sum(axis=1, keepdims=True) - np.eye(self.classes)[y]) / len(y)
        return np.concatenate([(slope.T @ x).ravel(), slope.sum(axis=0)])

    @cached_property
    def classes(self) -> int:
        """How many there are."""
        return len(self.document["initial"]["bias"])

    def trained(self, client: int, w: Vector, more: Callable[[Vector], Any] = lambda v: 0.0, begin: Vector | None = None, epochs: int | None = None) -> Vector:
        """A client's weights after its steps from `w`, or from `begin`; `more(v)` is added to the gradient at v."""
        v = w if begin is None else begin
        for batch in self.batches(client, epochs):
            v = v - self.rate * (self.gradient(v, batch) + more(v))
        return v

    def all_trained(self, w: Vector, more: Callable[[Vector], Any] = lambda v: 0.0) -> Vector:
        """The weights of all clients [clients, weights]."""
        return np.stack([self.trained(client, w, more) for client in range(len(self.rows))])


Rule = Callable[[World, Options], list[Vector]]


def _server(step: Callable[[World, Options, dict[str, Any], Vector, Vector], Vector]) -> Rule:
    """A rule whose clients train plainly: `step(world, options, memory, w, delta)` gives the server's next weights."""

    def rule(world: World, options: Options) -> list[Vector]:
        w, memory, after = world.start, dict[str, Any](), []
        for _ in world.rounds:
            w = step(world, options, memory, w, world.shares @ world.all_trained(w) - w)
            after.append(w)
        return after

    return rule


def moments(second: Callable[[Vector, Vector, float], Vector], beta_1: float | None = None) -> Rule:
    """Algorithm 2 of Reddi et al.: no bias correction, and v begins at tau^2; `second(v, delta, beta_2)` is the next v."""

    def step(world: World, options: Options, memory: dict[str, Any], w: Vector, delta: Vector) -> Vector:
        b1, tau = options.get("beta_1", 0.0) if beta_1 is None else beta_1, options["tau"]
        memory["m"] = b1 * memory.get("m", 0.0) + (1 - b1) * delta
        memory["v"] = second(memory.get("v", np.full_like(w, tau**2)), delta, options.get("beta_2", 0.0))
        return w + options["server_rate"] * memory["m"] / (np.sqrt(memory["v"]) + tau)

    return _server(step)


def _momentum(world: World, options: Options, memory: dict[str, Any], w: Vector, delta: Vector) -> Vector:
    memory["v"] = options["momentum"] * memory.get("v", 0.0) + delta
    return w + options["server_rate"] * memory["v"]


def _fedprox(world: World, options: Options) -> list[Vector]:
    w, after = world.start, []
    for _ in world.rounds:
        w = world.shares @ world.all_trained(w, lambda v, w=w: options["mu"] * (v - w))
        after.append(w)
    return after


def _fedsgd(world: World, options: Options) -> list[Vector]:
    w, after = world.start, []
    for _ in world.rounds:
        w = w - world.rate * world.shares @ np.stack([world.gradient(w, rows) for rows in world.rows])
        after.append(w)
    return after


def scaffold(world: World, options: Options, sign: float = 1.0) -> list[Vector]:
    """Algorithm 1 of Karimireddy et al., option II. `sign`: of what the variates are made of."""
    w, own, after = world.start, np.zeros((len(world.rows), len(world.start))), []
    for _ in world.rounds:
        server = own.mean(axis=0)
        corrections = server - own
        reached = np.stack([world.trained(k, w, lambda v, add=add: add) for k, add in enumerate(corrections)])
        own = own - server + sign * (w - reached) / (world.steps * world.rate)[:, None]
        w = w + options["server_rate"] * (reached.mean(axis=0) - w)
        after.append(w)
    return after


def _fednova(world: World, options: Options) -> list[Vector]:
    w, after = world.start, []
    for _ in world.rounds:
        directions = (world.all_trained(w) - w) / world.steps[:, None]
        w = w + (world.shares @ world.steps) * (world.shares @ directions)
        after.append(w)
    return after


def _feddyn(world: World, options: Options) -> list[Vector]:
    w, alpha, after = world.start, options["alpha"], []
    pulls, h = np.zeros((len(world.rows), len(w))), np.zeros_like(w)
    for _ in world.rounds:
        reached = np.stack([world.trained(k, w, lambda v, pull=pull, w=w: alpha * (v - w) - pull) for k, pull in enumerate(pulls)])
        pulls = pulls - alpha * (reached - w)
        h = h - alpha * (reached.mean(axis=0) - w)
        w = reached.mean(axis=0) - h / alpha
        after.append(w)
    return after


def _ditto(world: World, options: Options) -> list[Vector]:
    w, own, after = world.start, [world.start] * len(world.rows), []
    for _ in world.rounds:
        own = [world.trained(k, w, lambda v, w=w: options["lam"] * (v - w), v, options["passes"]) for k, v in enumerate(own)]
        w = world.shares @ world.all_trained(w)
        after.append(np.concatenate([w, *own]))
    return after


def _pfedme(world: World, options: Options) -> list[Vector]:
    w, thetas, after = world.start, [world.start] * len(world.rows), []
    for _ in world.rounds:
        copies = []
        for k in range(len(thetas)):
            copy = w
            for batch in world.batches(k):
                for _ in range(options["inner_steps"]):
                    thetas[k] = thetas[k] - world.rate * (world.gradient(thetas[k], batch) + options["lam"] * (thetas[k] - copy))
                copy = copy - options["eta"] * options["lam"] * (copy - thetas[k])
            copies.append(copy)
        w = (1 - options["beta"]) * w + options["beta"] * (world.shares @ np.stack(copies))
        after.append(w)
    return after


RULES: dict[str, Rule] = {
    "fedavg": _server(lambda world, options, memory, w, delta: w + delta),
    "fedsgd": _fedsgd,
    "fedprox": _fedprox,
    "fedavgm": _server(_momentum),
    "fedopt-sgd": _server(lambda world, options, memory, w, delta: w + options["server_rate"] * delta),
    "fedadagrad": moments(lambda v, delta, b2: v + delta**2, beta_1=0.0),
    "fedadam": moments(lambda v, delta, b2: b2 * v + (1 - b2) * delta**2),
    "fedyogi": moments(lambda v, delta, b2: v - (1 - b2) * delta**2 * np.sign(v - delta**2)),
    "scaffold": scaffold,
    "fednova": _fednova,
    "feddyn": _feddyn,
    "ditto": _ditto,
    "pfedme": _pfedme,
}

"""Combining low-rank adapters: the mean of the factors is not the mean of their products; every other way is held against its paper's law, on real runs of the toy encoder."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fedviz.bench.proof import Proof
from fedviz.core.config import RunConfig
from fedviz.core.i18n import N_
from fedviz.core.registry import ADAPTERS
from fedviz.federation.adapters.base import DELTA, factors
from fedviz.federation.adapters.exactness import scale_of
from fedviz.federation.assemble import assemble
from fedviz.federation.rounds import Hooks, Rounds

ROUNDS = 3
RANKS = [1, 2, 4, 8]
EXACT = {
    "ffa-lora": N_("keeps one A for all, so that the next model's product is the average of the clients' (worst matrix and round)"),
    "rolora": N_("holds one factor still in each round, so that the next model's product is the average of the clients' (worst matrix and round)"),
    "flora": N_("adds the product of the stacked factors to the matrices, which is the average of the clients' products (worst matrix and round)"),
    "fedex-lora": N_("adds what the averaged factors miss to the matrices: together they are the average of the clients' products (worst matrix and round)"),
}
"""What the exact ways promise."""
Arrays = dict[str, NDArray[Any]]


@dataclass
class Done:
    """A run of four clients that count the same: the global models by round, and the clients' whole models by round."""

    scale: float
    models: dict[int, Arrays] = field(default_factory=dict)
    clients: dict[int, list[Arrays]] = field(default_factory=dict)


def lora_laws() -> Iterator[Proof]:
    """A row for each way, and one more for the weights of HetLoRA."""
    entry, done = ADAPTERS.get("fedit"), _run("fedit")
    gaps = [_relative(_product(done.models[number], matrix, done.scale), _average(done, number, matrix)) for number, matrix in _places(done)]
    yield Proof("FedIT", N_("averages A and B apart, which is not the average of the products: the gap, relative to it"), entry.equation, entry.paper,
                f"{max(gaps):.2g}", "> 0", max(gaps), 1e-3, "at least")  # fmt: skip
    for name, law in EXACT.items():
        entry, done = ADAPTERS.get(name), _run(name)
        worst = max(_relative(_product(done.models[number], matrix, done.scale), _average(done, number, matrix)) for number, matrix in _places(done))
        yield Proof(entry.title.partition(" (")[0], law, entry.equation, entry.paper, f"{worst:.1e}", "0", worst, 1e-5)
    yield from _ranks()


def _ranks() -> Iterator[Proof]:
    """HetLoRA: means by the norms of the products, and zeros where a client has no rank."""
    entry, done = ADAPTERS.get("hetlora"), _run("hetlora", ranks=RANKS)
    worst = beyond = 0.0
    for number, matrix in _places(done):
        pair, sent = factors(done.models[number])[matrix], done.clients[number]
        norms = np.array([np.linalg.norm(_product(client, matrix, 1.0)) for client in sent])
        for name in pair:
            worst = max(worst, _relative(done.models[number][name], sum(norm * client[name].astype(float) for norm, client in zip(norms / norms.sum(), sent, strict=True))))
        beyond += sum(np.count_nonzero(client[pair[0]][rank:]) + np.count_nonzero(client[pair[1]][:, rank:]) for rank, client in zip(RANKS, sent, strict=True))
    yield Proof("HetLoRA", N_("averages the factors, filled up with zeros, by the norms of the clients' products (largest relative error of a factor)"), entry.equation, entry.paper,
                f"{worst:.1e}", "0", worst, 1e-6)  # fmt: skip
    yield Proof("HetLoRA", N_("lets no client train beyond its rank (values beyond it in all answers)"), entry.equation, entry.paper, str(int(beyond)), "0", float(beyond), 0.0)


def _run(name: str, **options: Any) -> Done:
    """Three rounds of the toy encoder."""
    config = RunConfig.parse({
        "scenario": "toy", "model": {"name": "toy", "tuning": "lora"},
        "federation": {"clients": 4, "rounds": ROUNDS, "weighting": "even", "compare": False, "adapters": {"name": name, **options}},
    })  # fmt: skip
    done = Done(scale_of(config))

    def keep(number: int, client: int, arrays: Any) -> None:
        done.clients.setdefault(number, []).append({name: values.copy() for name, values in arrays.items()})

    Rounds(assemble(config), Hooks(keep_client=keep, save=lambda state: done.models.update({state.round: dict(state.arrays)}))).run()
    return done


def _places(done: Done) -> list[tuple[int, str]]:
    """Every round and adapted matrix."""
    return [(number, matrix) for number in range(1, ROUNDS + 1) for matrix in factors(done.models[0])]


def _product(model: Arrays, matrix: str, scale: float) -> NDArray[Any]:
    """What a matrix has beside its frozen values [outputs, inputs], in float64."""
    a, b = factors(model)[matrix]
    return scale * (model[b].astype(float) @ model[a]) + np.asarray(model.get(matrix + DELTA, 0.0), float)


def _average(done: Done, number: int, matrix: str) -> NDArray[Any]:
    return np.mean([_product(client, matrix, done.scale) for client in done.clients[number]], axis=0)


def _relative(found: NDArray[Any], expected: NDArray[Any]) -> float:
    return float(np.linalg.norm(found - expected) / np.linalg.norm(expected))

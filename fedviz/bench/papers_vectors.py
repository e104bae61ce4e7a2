"""FedAvg without any of our code: softmax regression in plain NumPy, against the real clients and loop on the same numbers.

The numbers are published as `docs/vectors/fedavg.json`, so that any other framework can be held against them.
`python -m fedviz.bench.papers_vectors FILE` writes them; docs/vectors/README.md says what they are.
"""

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from fedviz.bench.proof import Proof, lines, near
from fedviz.bench.tables import TableLearner, Tables, table_config
from fedviz.core import seeds
from fedviz.core.files import write_atomic
from fedviz.core.i18n import N_
from fedviz.core.registry import STRATEGIES
from fedviz.federation.rounds import Hooks, Rounds, RoundState

COUNTS, FEATURES, CLASSES = (7, 10, 5), 4, 3
ROUNDS, EPOCHS, BATCH, RATE, SEED = 3, 2, 3, 0.5, 0
DIGITS = 6
"""Decimal places of the published inputs and initial weights, which are exact as written."""

Weights = dict[str, NDArray[np.float64]]


def vectors() -> dict[str, Any]:
    """The document: settings, data, initial weights, the rows of every step, and the weights after each round as NumPy finds them."""
    rng = np.random.default_rng(5)
    inputs = rng.standard_normal((sum(COUNTS), FEATURES)).round(DIGITS)
    labels = (inputs @ rng.standard_normal((FEATURES, CLASSES)) + rng.standard_normal((sum(COUNTS), CLASSES)) / 2).argmax(axis=1)
    ends = np.cumsum(COUNTS)
    clients = [list(range(end - count, end)) for end, count in zip(ends.tolist(), COUNTS, strict=True)]
    document = {
        "model": "softmax regression: logits = inputs @ weight.T + bias, loss = mean cross-entropy of a minibatch in nats",
        "rule": "FedAvg: mean of the clients' weights, weighted by their numbers of rows",
        "optimizer": "SGD without momentum or weight decay, in float64", "rounds": ROUNDS, "local_epochs": EPOCHS, "batch_size": BATCH, "learning_rate": RATE,
        "inputs": inputs.tolist(), "labels": labels.tolist(), "clients": clients,
        "initial": {"weight": (rng.standard_normal((CLASSES, FEATURES)) / 4).round(DIGITS).tolist(), "bias": [0.0] * CLASSES},
        "batches": [[_batches(rows, number, k) for k, rows in enumerate(clients)] for number in range(1, ROUNDS + 1)],
    }  # fmt: skip
    return document | {"after": [{name: values.tolist() for name, values in weights.items()} for weights in fedavg(document)]}


def fedavg(document: dict[str, Any]) -> list[Weights]:
    """The weights after each round by the document's own words, in NumPy alone."""
    inputs, labels = np.array(document["inputs"]), np.array(document["labels"])
    weights = {name: np.array(values) for name, values in document["initial"].items()}
    sizes = np.array([len(rows) for rows in document["clients"]])
    after = []
    for batches in document["batches"]:
        reached = [_local(weights, [(inputs[rows], labels[rows]) for rows in steps], document["learning_rate"]) for steps in batches]
        weights = {name: np.tensordot(sizes / sizes.sum(), np.stack([one[name] for one in reached]), 1) for name in weights}
        after.append(weights)
    return after


def by_the_loop(document: dict[str, Any]) -> list[Weights]:
    """The weights after each round by the real clients, strategy and loop."""
    states: list[RoundState] = []
    Rounds(federation(document), Hooks(save=states.append)).run()  # type: ignore[arg-type]
    return [dict(state.arrays) for state in states[1:]]


def vector_laws() -> Iterator[Proof]:
    """One row: NumPy and the loop agree on every weight after every round."""
    document, entry = vectors(), STRATEGIES.get("fedavg")
    flat = [np.concatenate([weights[name].ravel() for weights in after for name in ("weight", "bias")]) for after in (by_the_loop(document), fedavg(document))]
    equation = lines(entry.equation, r"w \leftarrow w - \eta \, \nabla \ell(w; b) \text{ for every minibatch } b")
    law = N_("on real gradients equals an independent program in plain NumPy: every weight after each of three rounds (docs/vectors)")
    yield near("FedAvg", law, equation, entry.paper, flat[0], flat[1], 1e-6)


def _local(start: Weights, steps: list[tuple[NDArray[Any], NDArray[Any]]], rate: float) -> Weights:
    weight, bias = start["weight"], start["bias"]
    for x, y in steps:
        powers = np.exp(x @ weight.T + bias)
        slope = (powers / powers.sum(axis=1, keepdims=True) - np.eye(len(bias))[y]) / len(y)  # of the mean loss, by logit
        weight, bias = weight - rate * slope.T @ x, bias - rate * slope.sum(axis=0)
    return {"weight": weight, "bias": bias}


def _batches(rows: list[int], number: int, client: int) -> list[list[int]]:
    """The rows of every step of a client in a round: each epoch in a drawn order, cut into minibatches; the last may be smaller."""
    seed = seeds.derive(SEED, "fit", number, client)
    orders = [np.array(rows)[seeds.generator(seed, "epoch", epoch).permutation(len(rows))].tolist() for epoch in range(EPOCHS)]
    return [order[start : start + BATCH] for order in orders for start in range(0, len(rows), BATCH)]


def federation(document: dict[str, Any], learner: type[TableLearner] = TableLearner, changes: Mapping[str, Any] | None = None, **settings: Any) -> Tables:
    """The federation of a document, for the real loop; `learner` cuts the minibatches, `settings` are more of its configuration's section `federation`, `changes` of any other."""

    def make() -> nn.Module:
        model = nn.utils.skip_init(nn.Linear, FEATURES, CLASSES, dtype=torch.float64)
        with torch.no_grad():
            for name, weight in model.named_parameters():
                weight.copy_(torch.tensor(document["initial"][name], dtype=torch.float64))
        return model

    clients = tuple(np.array(rows) for rows in document["clients"])
    config = table_config(len(clients), document["rounds"], local_epochs=document["local_epochs"], batch_size=document["batch_size"], learning_rate=document["learning_rate"], **settings)
    config = config.updated(changes or {})
    return Tables(config, make, torch.tensor(document["inputs"], dtype=torch.float64), torch.tensor(document["labels"]), CLASSES, clients, clients, learner)


if __name__ == "__main__":
    write_atomic(Path(sys.argv[1]).absolute(), json.dumps(vectors(), indent=None) + "\n")

"""Which client taught how much of a trained matrix: exact where the federation's model is a weighted mean of what the clients sent.

With `w(r) = sum_k p_k(r) w_k(r)` and `w(0)` the start, `w(R) = w(0) + sum_k sum_r p_k(r) (w_k(r) - w(r-1))`: the inner sum is what client k taught. Every
client starts a round from the others' work, so its part is what it added and not what it would have learned alone. The sum is checked against the
checkpoints round by round; where it does not hold (momentum, robust means, hidden updates, models that were not kept) the question has no answer.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from fedviz.core.i18n import N_
from fedviz.runs.folder import RunFolder, view_of

MATRICES = ("graph.weight", "head.weight", "head.bias")
"""The trained matrices that enter the logits linearly."""
TOLERANCE = 1e-4
"""Greatest difference to the checkpoint of a round, relative to the largest weight, at which the sum counts as holding."""
NO_ROUNDS = N_("This is the model before any training.")
CLIENT_MODEL = N_("This is one client's model; the question is asked of the federation's model.")
NOT_KEPT = N_("The models that the clients sent in round {round} were not kept (hidden by secure aggregation, too large, or thinned out).")
NO_MEAN = N_("The model of round {round} is not the weighted mean of the clients' models (momentum, another rule, noise, or what only the server sees).")


@dataclass(frozen=True, eq=False)
class Taught:
    """`parts[client][name]` add up to the model's matrix less its start; `error`: the greatest difference to it. `reason`: why there are none, a message."""

    parts: dict[int, dict[str, NDArray[np.float64]]]
    error: float = 0.0
    reason: str = ""
    round: int = 0


def taught(folder: RunFolder, number: int, client: int | None = None) -> Taught:
    """Who taught the matrices of the federation's model after round `number`."""
    if client is not None:
        return Taught({}, reason=CLIENT_MODEL)
    return _taught(folder, number)


@lru_cache(maxsize=32)
def _taught(folder: RunFolder, number: int) -> Taught:
    if number < 1:
        return Taught({}, reason=NO_ROUNDS)
    examples = {client.info.index: client.info.train_examples for client in view_of(folder).clients}
    kept = folder.checkpoints()
    parts: dict[int, dict[str, NDArray[np.float64]]] = {}
    if 0 not in kept:
        return Taught({}, reason=NOT_KEPT, round=1)
    start = before = _matrices(folder.load_checkpoint(0).arrays)
    for at in range(1, number + 1):
        sent = {client: arrays for client in folder.client_models(at) if (arrays := folder.client_arrays(at, client)) is not None}
        if at not in kept:
            return Taught({}, reason=NOT_KEPT, round=at)
        after = _matrices(folder.load_checkpoint(at).arrays)
        if not sent:
            if _apart(after, before) == 0:
                continue  # a round in which nobody answered
            return Taught({}, reason=NOT_KEPT, round=at)
        updates = {client: {name: value - before[name] for name, value in _matrices(arrays).items()} for client, arrays in sent.items()}
        shares = _shares(updates, before, after, examples)
        if shares is None:
            return Taught({}, reason=NO_MEAN, round=at)
        for client, update in updates.items():
            mine = parts.setdefault(client, {name: np.zeros_like(value) for name, value in before.items()})
            for name, value in update.items():
                mine[name] += shares[client] * value
        before = after
    total = {name: value + sum(part[name] for part in parts.values()) for name, value in start.items()}
    return Taught(dict(sorted(parts.items())), _apart(total, before), round=number)


def _shares(
    updates: dict[int, dict[str, NDArray[np.float64]]], before: dict[str, NDArray[np.float64]], after: dict[str, NDArray[np.float64]], examples: dict[int, int]
) -> dict[int, float] | None:
    """The weights of the mean: by examples or even, whichever gives the next model."""
    for sizes in ({client: examples.get(client, 0) for client in updates}, dict.fromkeys(updates, 1)):
        whole = sum(sizes.values())
        if whole:
            shares = {client: size / whole for client, size in sizes.items()}
            mean = {name: value + sum(shares[client] * update[name] for client, update in updates.items()) for name, value in before.items()}
            if _apart(mean, after) <= TOLERANCE:
                return shares
    return None


def _apart(one: dict[str, NDArray[np.float64]], other: dict[str, NDArray[np.float64]]) -> float:
    return max(float(np.abs(value - other[name]).max(initial=0)) / max(1e-9, float(np.abs(other[name]).max(initial=0))) if np.any(value != other[name]) else 0.0 for name, value in one.items())


def _matrices(arrays: "dict[str, NDArray]") -> dict[str, NDArray[np.float64]]:
    return {name: np.asarray(arrays[name], np.float64) for name in MATRICES if name in arrays}

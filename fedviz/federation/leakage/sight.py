"""What the server gets to see of a client's update, under a defence."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from fedviz.core.seeds import derive, generator
from fedviz.federation.leakage.subject import Arrays
from fedviz.federation.secure import fixed_point
from fedviz.federation.secure.keys import seeded
from fedviz.federation.secure.party import Party
from fedviz.federation.task import FitSettings

WORD, POSITION = "encoder.embeddings.word_embeddings.weight", "encoder.embeddings.position_embeddings.weight"
BIAS, WEIGHT = "head.bias", "head.weight"
READ = (BIAS, WEIGHT, POSITION, WORD)
"""What the attacks of this package read. A mask is drawn for each number by itself, so that masking these is masking them all."""
MASKED_CLIENTS = 4
DELTA = 1e-5


@dataclass(frozen=True)
class Setting:
    """How a client trains and what protects its update.

    `batch`: texts that it holds, all in each step; `steps`: local steps. `clip`: longest update (0: no clipping), `noise`: deviation of the noise that
    the client adds itself, in clip norms. `secure`: `masked` is one client's message under secure aggregation, `sum` the sum of eight
    clients that the server learns in the end. `compression` of what is sent. `first`: the first round, in which the head is still zero.
    """

    tuning: Literal["full", "lora", "head"] = "full"
    batch: int = 1
    steps: int = 1
    optimizer: Literal["sgd", "adamw"] = "sgd"
    clip: float = 0.0
    noise: float = 0.0
    secure: Literal["", "masked", "sum"] = ""
    compression: Literal["", "float16", "top-k"] = ""
    first: bool = False

    @property
    def fit(self) -> FitSettings:
        """The client's training: as many passes over its one batch as it takes steps."""
        rate = 1e-3 if self.optimizer == "sgd" else 1e-4
        return FitSettings(epochs=self.steps, batch_size=self.batch, learning_rate=rate, optimizer=self.optimizer)


def gradient(update: Arrays, setting: Setting) -> Arrays:
    """The mean gradient that the server concludes from what it sees: `(w_t - w_k) / (eta K)`, as plain gradient steps would give."""
    scale = np.float32(-1.0 / (setting.fit.learning_rate * setting.steps))
    return {name: values * scale for name, values in update.items()}


def clipped(update: Arrays, clip: float, noise: float, seed: int) -> Arrays:
    """An update shortened to `clip` with noise of deviation `noise * clip` on each number: local differential privacy."""
    length = np.sqrt(sum(float(np.vdot(values, values)) for values in update.values()))
    factor = np.float32(min(1.0, clip / length) if length else 1.0)
    draw = generator(seed, "leakage", "noise")
    return {name: factor * values + np.float32(noise * clip) * draw.standard_normal(values.shape, np.float32) for name, values in update.items()}


def epsilon(noise: float) -> float | None:
    """What one such update spends at a delta of 1e-5, counted for replacing all that the client holds; None where the noise promises nothing."""
    from fedviz.federation.privacy import accounting

    found = accounting.spent(noise, 1, 1, 1, DELTA)
    return None if found is None else min(found.rdp, found.pld)


def compressed(update: Arrays, how: str) -> Arrays:
    """An update in half precision (`float16`), or the hundredth of its numbers that are largest in each array (`top-k`)."""
    if how == "float16":
        return {name: values.astype(np.float16).astype(np.float32) for name, values in update.items()}
    return {name: _largest(values) for name, values in update.items()}


def _largest(values: NDArray[np.floating]) -> NDArray[np.floating]:
    sizes = np.abs(values).reshape(-1)
    keep = max(1, sizes.size // 100)
    least = np.partition(sizes, sizes.size - keep)[sizes.size - keep]
    return np.where(np.abs(values) >= max(least, np.finfo(np.float32).tiny), values, np.float32(0))


def masked(update: Arrays, seed: int) -> Arrays:
    """One client's message of secure aggregation among four, as the real protocol masks it, read as numbers; the arrays that attacks read."""
    parties = [Party(client, 1, MASKED_CLIENTS, seeded(derive(seed, "leakage", client))) for client in range(MASKED_CLIENTS)]
    public = {party.client: party.keys() for party in parties}
    sealed = {party.client: party.shares(public) for party in parties}
    first = parties[0]
    first.open({client: texts[first.client] for client, texts in sealed.items() if client != first.client})
    return _apart(fixed_point.decode(first.masked(_flat(update))), update)


def summed(updates: Sequence[Callable[[], Arrays]]) -> Arrays:
    """The mean of several clients' updates as the server learns it once all masks have cancelled; each is called once, and dropped."""
    total, update = None, {}
    for make in updates:
        update = make()
        words = fixed_point.encode(_flat(update), len(updates))
        total = words if total is None else total + words
    return {} if total is None else _apart(fixed_point.decode(total) / len(updates), update)


def _flat(update: Arrays) -> NDArray[np.float64]:
    return np.concatenate([update[name].reshape(-1).astype(np.float64) for name in READ if name in update])


def _apart(values: NDArray[np.float64], like: Arrays) -> Arrays:
    found, start = {}, 0
    for name in READ:
        if name in like:
            found[name] = values[start : start + like[name].size].reshape(like[name].shape).astype(np.float32)
            start += like[name].size
    return found

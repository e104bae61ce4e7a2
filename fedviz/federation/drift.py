"""Client drift: how far, and in which direction, each client's update lies from the others.

Norms of updates are exact. Angles, distances and the path need all updates of a round at once; so that memory does not grow
with clients times parameters, each update is folded into at most 4,093 numbers: its entries with random signs, summed by index
modulo 4,093 (a count sketch, Charikar, Chen and Farach-Colton 2002). Inner products of sketches are unbiased estimates of those of
the updates, with a relative error near 1/sqrt(4093) = 1.6 % of the product of the norms. Models with at most 4,096 weights are not folded: all is exact.

Cosines between any two updates are those of the sketches. Among more than 40 updates as many are compared, evenly spread over the clients that
arrived in their order, so that a round stays quick and its line in the journal short.

The path is drawn on the first two principal axes of all models so far, seen from the first round's global model. The models
are kept as a Frequent Directions sketch (Ghashami et al. 2016, arXiv:1501.01711) of at most 32 rows, exact until that many.
The axes are fitted anew each round and turned to lie as near as possible to the former ones, so that the picture does not flip.
"""

import numpy as np
from numpy.typing import NDArray

from fedviz.core import seeds
from fedviz.core.types import ClientDrift, Cosines
from fedviz.federation.messages import Arrays

EXACT = 4096
FOLDED = 4093  # a prime, so that the rows of a weight matrix do not fall on the same numbers
MOST_COMPARED = 40
_ROWS = 32
_CHUNK = 1 << 20

Vector = NDArray[np.float64]


class Fold:
    """A fixed linear map from models of `size` weights to vectors of at most 4,096 numbers."""

    def __init__(self, size: int, seed: int) -> None:
        self.size = size
        self.dimensions = size if size <= EXACT else FOLDED
        if size > EXACT:
            bits = np.frombuffer(seeds.generator(seed, "drift").bytes((size + 7) // 8), np.uint8)
            self._signs = np.unpackbits(bits)[:size].view(np.int8) * np.int8(2) - np.int8(1)

    def __call__(self, difference: Vector, start: int, into: Vector) -> None:
        """Add the map of some entries, which begin at index `start` of the model, to `into`."""
        size = difference.size
        if self.size <= EXACT:
            into[start : start + size] += difference
            return
        signed = difference * self._signs[start : start + size]
        place, done = start % FOLDED, 0
        while done < size:  # whole rows of the fold; the first and the last may be parts of one
            count = min(FOLDED - place, size - done)
            into[place : place + count] += signed[done : done + count]
            place, done = 0, done + count


class Drift:
    """Follows the updates of a run. Per round: `begin`, `add` for each client that arrived, perhaps `cosines`, then `end`."""

    def __init__(self, arrays: Arrays, seed: int) -> None:
        self._fold = Fold(sum(values.size for values in arrays.values()), seed)
        self._global: Arrays = {}
        self._from_start = np.zeros(self._fold.dimensions)
        self._seen = np.zeros((0, self._fold.dimensions))
        self._axes = np.zeros((2, self._fold.dimensions))
        self._updates: list[tuple[int, float, float, Vector]] = []

    def begin(self, arrays: Arrays) -> None:
        """A round starts from this global model."""
        self._global, self._updates = arrays, []

    def add(self, client: int, arrays: Arrays, weight: float) -> None:
        """A client's model after its local training, and its weight in the average."""
        norm, folded = self._difference(arrays)
        self._updates.append((client, weight, norm, folded))

    def cosines(self) -> Cosines | None:
        """How the updates of the round lie to each other; None where fewer than two were seen."""
        arrived = len(self._updates)
        if arrived < 2:
            return None
        updates = sorted(self._updates, key=lambda update: update[0])
        if arrived > MOST_COMPARED:
            updates = [updates[place * (arrived - 1) // (MOST_COMPARED - 1)] for place in range(MOST_COMPARED)]
        clients, vectors = tuple(update[0] for update in updates), np.stack([update[3] for update in updates])
        with np.errstate(all="ignore"):  # an update that is zero or has run away has no direction
            products = vectors @ vectors.T
            lengths = np.sqrt(np.diag(products))
            lengths[~(np.isfinite(lengths) & (lengths > 0))] = np.nan
            found = np.clip(products / np.outer(lengths, lengths), -1.0, 1.0)[np.triu_indices(len(clients))]
        return Cosines(clients=clients, arrived=arrived, values=tuple(round(value, 4) + 0.0 if np.isfinite(value) else None for value in found.tolist()))

    def end(self, arrays: Arrays) -> tuple[float, tuple[ClientDrift, ...], tuple[float, float]]:
        """The length of the step to the next global model `arrays`, the drift of each client of the round, and that model's place (x, y)."""
        step_norm, step = self._difference(arrays)
        clients, norms, vectors, spread = self._spread()
        vectors += self._from_start  # from here on the rows are the clients' models, seen from the first round's global model
        self._from_start = self._from_start + step
        for low in range(0, len(vectors), _ROWS):
            self._remember(vectors[low : low + _ROWS])
        self._remember(self._from_start[None])
        self._turn()
        drift = tuple(
            ClientDrift(client=client, norm=norm, distance=distance, angle_deg=degrees, x=float(x), y=float(y))
            for client, norm, (distance, degrees), (x, y) in zip(clients, norms, spread, vectors @ self._axes.T, strict=True)
        )
        self._global = {}
        x, y = self._axes @ self._from_start
        return step_norm, drift, (float(x), float(y))

    def _spread(self) -> tuple[tuple[int, ...], tuple[float, ...], Vector, list[tuple[float, float | None]]]:
        """The round's clients, their updates' lengths, the updates [clients, dimensions], and (distance, angle) to their average; all empty where none was seen."""
        if not self._updates:  # secure aggregation hides them
            return (), (), np.zeros((0, self._fold.dimensions)), []
        clients, weights, norms, folded = zip(*self._updates, strict=True)
        self._updates = []
        vectors, shares = np.stack(folded), np.array(weights)
        del folded
        average = (shares / shares.sum() if shares.sum() > 0 else np.full(len(shares), 1 / len(shares))) @ vectors
        return clients, norms, vectors, [(float(np.linalg.norm(vector - average)), angle(vector, average)) for vector in vectors]

    def state(self) -> dict[str, Vector]:
        """What is remembered between rounds."""
        return {"from_start": self._from_start, "seen": self._seen, "axes": self._axes}

    def restore(self, state: dict[str, Vector]) -> None:
        """Take up a `state` again."""
        self._from_start, self._seen, self._axes = (state[key].copy() for key in ("from_start", "seen", "axes"))

    def _difference(self, arrays: Arrays) -> tuple[float, Vector]:
        """Length and folded vector of a model's difference to the round's global model."""
        folded, square, start = np.zeros(self._fold.dimensions), 0.0, 0
        for name in sorted(arrays):
            new, old = arrays[name].reshape(-1), self._global[name].reshape(-1)
            for low in range(0, new.size, _CHUNK):
                difference = np.subtract(new[low : low + _CHUNK], old[low : low + _CHUNK], dtype=np.float64)
                square += float(difference @ difference)
                self._fold(difference, start + low, folded)
            start += new.size
        return square**0.5, folded

    def _remember(self, points: NDArray[np.float64]) -> None:
        """Add points [n, dimensions] to the Frequent Directions sketch."""
        rows = np.vstack([self._seen, points[np.isfinite(points).all(axis=1)]])
        if len(rows) > _ROWS:
            _, lengths, directions = np.linalg.svd(rows, full_matrices=False)
            least = lengths[_ROWS - 1] ** 2 if len(lengths) >= _ROWS else 0.0  # a model of fewer weights has fewer directions: nothing is lost
            shrunk = np.sqrt(np.maximum(lengths[:_ROWS] ** 2 - least, 0.0))
            rows = (shrunk[:, None] * directions[:_ROWS])[shrunk > 0]
        self._seen = rows

    def _turn(self) -> None:
        """Fit the axes, and turn them towards the former ones; the first axes point to their largest entry."""
        if not len(self._seen):
            return
        directions = np.linalg.svd(self._seen, full_matrices=False)[2][:2]
        axes = np.zeros_like(self._axes)
        axes[: len(directions)] = directions
        if self._axes.any():
            left, _, right = np.linalg.svd(axes @ self._axes.T)
            axes = (left @ right).T @ axes
        else:
            largest = axes[np.arange(2), np.abs(axes).argmax(axis=1)]
            axes = axes * np.where(largest < 0, -1.0, 1.0)[:, None]
        self._axes = axes


def angle(a: Vector, b: Vector) -> float | None:
    """The angle between two vectors in degrees, None where one of them is zero or not finite."""
    product = float(np.linalg.norm(a) * np.linalg.norm(b))
    if not np.isfinite(product) or product == 0:
        return None
    return float(np.degrees(np.arccos(np.clip(float(a @ b) / product, -1.0, 1.0))))

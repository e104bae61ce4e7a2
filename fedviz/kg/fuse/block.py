"""Blocking: which pairs are worth comparing. For every name of one side the nearest of the other, by letters (rare trigrams and words) and by meaning.

Comparing everything with everything is 25 million pairs for 5,000 things on each side; ten candidates by each kind leave 100,000.
"""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from fedviz.kg.surface import fold

if TYPE_CHECKING:
    from scipy import sparse

_ROWS = 512
_LEAST_NAMES = 1000  # rarity is counted as if there were so many names, or what two names of a small graph share would weigh nothing
_WORD = re.compile(r"\w+")


def normal(name: str) -> str:
    """A name as names are compared: folded, hyphens and punctuation as spaces, single spaces."""
    return " ".join(_WORD.findall(fold(name)))


def grams(name: str) -> list[str]:
    """The trigrams of each word with its ends marked, and the words themselves."""
    found: list[str] = []
    for word in name.split():
        marked = f" {word} "
        found += [marked[start : start + 3] for start in range(max(1, len(marked) - 2))]
        found.append(f"={word}")
    return found


def letter_rows(left: Sequence[str], right: Sequence[str]) -> "tuple[sparse.csr_matrix, sparse.csr_matrix]":
    """Unit rows of idf-weighted trigrams and words of two lists of normal names. What more than 5 % of the names have, and what only one has, weighs nothing in the search."""
    columns: dict[str, int] = {}
    held = [[columns.setdefault(gram, len(columns)) for gram in set(grams(name))] for name in (*left, *right)]
    counts = np.zeros(max(1, len(columns)))
    for row in held:
        counts[row] += 1
    weights = np.log((1 + max(_LEAST_NAMES, len(held))) / (1 + counts))
    starts = np.concatenate([[0], np.cumsum([len(row) for row in held])]).astype(np.int64)
    flat = np.fromiter((column for row in held for column in row), dtype=np.int64, count=int(starts[-1]))
    data = weights[flat]
    norms = np.sqrt(np.add.reduceat(np.append(data**2, 0), starts[:-1])) if len(held) else np.zeros(0)
    data = data / np.repeat(np.where(norms > 0, norms, 1), np.diff(starts))
    data[(counts[flat] > max(20, 0.05 * len(held)))] = 0
    from scipy import sparse  # half a second that no other command pays

    rows = sparse.csr_matrix((data, flat, starts), shape=(len(held), max(1, len(columns))))
    rows.eliminate_zeros()
    return rows[: len(left)], rows[len(left) :]


def nearest_letters(left: "sparse.csr_matrix", right: "sparse.csr_matrix", count: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(rows of `right`, rows of `left`) of candidates: for each of `right` the `count` of `left` with the greatest cosine above 0."""
    asked: list[NDArray[np.int64]] = []
    found: list[NDArray[np.int64]] = []
    turned = left.T.tocsr()
    for start in range(0, right.shape[0], _ROWS):
        product = (right[start : start + _ROWS] @ turned).tocsr()
        for row in range(product.shape[0]):
            low, high = product.indptr[row], product.indptr[row + 1]
            best = np.arange(low, high)
            if high - low > count:
                best = best[np.argpartition(-product.data[low:high], count)[:count]]
            asked.append(np.full(len(best), start + row))
            found.append(product.indices[best].astype(np.int64))
    return _joined(asked), _joined(found)


def nearest_meanings(left: NDArray[np.float32], right: NDArray[np.float32], count: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The same by the cosine of unit rows."""
    asked: list[NDArray[np.int64]] = []
    found: list[NDArray[np.int64]] = []
    count = min(count, len(left))
    for start in range(0, len(right) if count else 0, _ROWS):
        cosines = right[start : start + _ROWS] @ left.T
        best = np.argpartition(-cosines, count - 1, axis=1)[:, :count]
        asked.append(np.repeat(np.arange(start, start + len(best)), count))
        found.append(best.astype(np.int64).ravel())
    return _joined(asked), _joined(found)


def _joined(parts: list[NDArray[np.int64]]) -> NDArray[np.int64]:
    return np.concatenate(parts) if parts else np.zeros(0, np.int64)

"""In which order the words stand: rows of the position table against rows of the word table.

BERT adds the embeddings of word, position and type before anything else, so that what reaches position p of a lone text is the gradient of the
p-th row of the position table, and the gradient of a word's row is the sum of that over the places where the word stands. So `W = X P` with X [words,
positions] of zeros and ones: as long as the rows of P are independent, X is the one solution of a linear system, also for words that occur twice.
With several texts a position's row is a sum over the texts, the system has no such solution, and its best fit is a guess.
"""

import numpy as np
from numpy.typing import NDArray

UNKNOWN = -1


def placed(words: NDArray[np.floating], positions: NDArray[np.floating]) -> NDArray[np.int64]:
    """For each position the index of its word, or `UNKNOWN` where none fits better than half.

    `words` [w, d]: changed rows of the word table; `positions` [n, d]: rows of the position table from the first to the last changed one.
    """
    if not len(words) or not len(positions):
        return np.full(len(positions), UNKNOWN)
    p = positions.astype(np.float64)
    lengths = np.linalg.norm(p, axis=1, keepdims=True)
    lengths[lengths == 0] = 1.0
    shares = np.linalg.lstsq((p / lengths).T, words.astype(np.float64).T, rcond=None)[0] / lengths  # [n, w]
    best = shares.argmax(1)
    return np.where(shares[np.arange(len(p)), best] > 0.5, best, UNKNOWN)

"""Which labels a client's texts have: the gradient of the head's bias is the mean of `probabilities - truth`.

One text: the only negative entry is its class (Zhao, Mopuri and Bilen 2020, iDLG, arXiv 2001.02610). Several: what is missing from the expected
probabilities, times the number of texts, are counts (Wainakh et al. 2021, User-Level Label Leakage from Gradients, arXiv 2105.09369).
"""

import numpy as np
from numpy.typing import NDArray


def counts(bias: NDArray[np.floating], texts: int, expected: NDArray[np.floating]) -> NDArray[np.int64]:
    """How many of `texts` texts have each class [classes], from the mean gradient of the bias [classes].

    `expected` [classes]: the probabilities that the attacker expects the model to have given on average. Whole numbers that add up to `texts`,
    by largest remainder, so that of a single text the class is the lowest entry of `bias` less what was expected.
    """
    if texts == 1:
        return np.eye(len(bias), dtype=np.int64)[int(np.argmin(bias))]
    wanted = np.clip(texts * (np.asarray(expected, np.float64) - bias), 0.0, None)
    total = wanted.sum()
    wanted = wanted * texts / total if total > 0 else np.full(len(bias), texts / len(bias))
    whole = np.floor(wanted).astype(np.int64)
    rest = np.argsort(whole - wanted, kind="stable")[: texts - whole.sum()]
    whole[rest] += 1
    return whole


def agreement(read: NDArray[np.int64], truth: NDArray[np.int64]) -> float:
    """Share of the texts whose label is in the counts that were read, in [0, 1]."""
    return float(np.minimum(read, truth).sum() / max(truth.sum(), 1))

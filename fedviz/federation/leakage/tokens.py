"""Which words a client's texts hold: the rows of the word-embedding table that its update changes.

A text reaches the table only at the rows of its own tokens (Zhu, Liu and Han 2019, Deep Leakage from Gradients, arXiv 1906.08935; Gupta et
al. 2022, Recovering Private Text in Federated Learning of Language Models, arXiv 2205.08514). Under noise every row changes, and the
attacker keeps those too long to be noise alone.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi2

FALSE_ALARMS = 0.01
"""How many rows of pure noise an attacker takes for tokens, on average over a whole table."""


def changed_rows(table: NDArray[np.floating]) -> NDArray[np.int64]:
    """Rows of an update [rows, d] that its texts must have changed, the longest first: those that are not zero, or that stand out of noise.

    Squared lengths of rows of Gaussian noise are chi-squared with d degrees of freedom; their scale is read from the median row.
    """
    squares = np.einsum("rd,rd->r", table, table, dtype=np.float64)
    middle = float(np.median(squares))
    least = middle / chi2.median(table.shape[1]) * chi2.isf(FALSE_ALARMS / len(table), table.shape[1]) if middle else 0.0
    found = np.flatnonzero(squares > least)
    return found[np.argsort(-squares[found], kind="stable")]


def longest_rows(table: NDArray[np.floating], count: int) -> NDArray[np.int64]:
    """The `count` longest rows of an update [rows, d]: what an attacker names who must name so many."""
    squares = np.einsum("rd,rd->r", table, table, dtype=np.float64)
    return np.argsort(-squares, kind="stable")[:count]

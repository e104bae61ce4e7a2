"""What does an update tell about all of a client's texts together? Whether it holds a class, and how much of it.

Melis et al. 2019, Exploiting Unintended Feature Leakage in Collaborative Learning (arXiv 1805.04049). Here no classifier has to be trained for it: the head's
bias moves towards the classes that a client holds, by the mean of `truth - probabilities` over its texts.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Revealed:
    """How well updates tell which classes clients hold: area under the curve over all pairs of client and class, and correlation with the class's share."""

    auc: float
    correlation: float


def revealed(bias_updates: Floats, counts: NDArray[np.int64]) -> Revealed:
    """From updates of the head's bias [clients, classes] and the clients' true counts [clients, classes]; some pair must have none, and some a text.

    What all clients' updates have in common says nothing about one of them, and is taken off.
    """
    scores = bias_updates - bias_updates.mean(0)
    shares = counts / np.maximum(counts.sum(1, keepdims=True), 1)
    return Revealed(float(roc_auc_score((counts > 0).ravel(), scores.ravel())), float(np.corrcoef(scores.ravel(), shares.ravel())[0, 1]))

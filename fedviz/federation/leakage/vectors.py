"""The sentence's vector, which the head's gradient gives away whatever else is frozen, and what it is enough for: testing a suspicion.

For one text the gradient of `head.weight` is `(probabilities - truth) x enc(text)`, so that every row of it points along the vector that the
frozen model makes of the text (Geiping et al. 2020, Inverting Gradients, arXiv 2003.14053, Proposition 3.1). Who has the model can compare it with
the vector of any sentence.
"""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from fedviz.federation.leakage.subject import Subject
from fedviz.models.families import Tokens


def sentence_vector(weight: NDArray[np.floating], label: int) -> NDArray[np.float64]:
    """Unit vector [d] of the texts of a class, from the mean gradient of the head's weight [classes, d]; with several such texts, of their sum."""
    row = -weight[label].astype(np.float64)
    return row / (np.linalg.norm(row) or 1.0)


@torch.no_grad()
def vectors(subject: Subject, tokens: Sequence[Tokens]) -> NDArray[np.float64]:
    """Unit vectors [texts, d] that the global model makes of texts."""
    encoder = subject.learner([], []).model.encoder
    rows = encoder(encoder.inputs(list(tokens), remember=False)).numpy().astype(np.float64)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def rank(seen: NDArray[np.float64], candidates: NDArray[np.float64], true: int) -> int:
    """Place of candidate `true` among the candidates [n, d] by cosine with the vector seen [d], from 1; of equals the last."""
    scores = candidates @ seen
    return int((scores >= scores[true]).sum())

"""From what speaks for and against two things to the probability that they are the same: a logistic function, so that each part is a summand in log-odds.

In the terms of Fellegi and Sunter (A Theory for Record Linkage, JASA 64, 1969) each summand is a match weight. The weights were fitted by `python -m fedviz bench fuse`
on the half of the Human Phenotype Ontology that its figures are not measured on (`bench/fuse_names`), with candidates of both kinds as examples.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

PARTS: dict[str, tuple[str, ...]] = {
    "letters": ("letters", "letters2"),
    "words": ("words", "words2"),
    "meaning": ("meaning", "meaning2"),
    "other names": ("others",),
    "opposites": ("opposite", "number"),
    "special case": ("narrower",),
    "next best": ("ahead", "ahead_left", "sure", "sure_left"),
    "neighbours": ("neighbours", "has_neighbours"),
}
"""What a person reads, and the columns that make it up."""
COLUMNS = tuple(column for columns in PARTS.values() for column in columns)

Weights = Mapping[str, float]
"""By column, and `base`: the log-odds where nothing is known."""


def columns(features: Mapping[str, NDArray[np.float64]]) -> NDArray[np.float64]:
    """The features as a matrix [pairs, columns]; squares let great similarity count for more than its share."""
    squares = {f"{kind}2": features[kind] ** 2 for kind in ("letters", "words", "meaning")}
    return np.stack([(squares | dict(features))[column] for column in COLUMNS], axis=1)


def log_odds(matrix: NDArray[np.float64], weights: Weights) -> NDArray[np.float64]:
    """What every column adds [pairs, columns]; their sum and `base` is the logit."""
    return matrix * np.array([weights.get(column, 0.0) for column in COLUMNS])


def probabilities(matrix: NDArray[np.float64], weights: Weights) -> NDArray[np.float64]:
    """The probability of each pair, in (0, 1)."""
    return 1 / (1 + np.exp(-(log_odds(matrix, weights).sum(axis=1) + weights["base"])))


def parts(row: NDArray[np.float64], weights: Weights) -> dict[str, float]:
    """What each part adds to the log-odds of one pair (a row of `columns`), the base left out."""
    added = dict(zip(COLUMNS, log_odds(row[None], weights)[0], strict=True))
    return {part: float(sum(added[column] for column in some)) for part, some in PARTS.items()}


def fit(matrix: NDArray[np.float64], same: NDArray[np.bool_], strength: float = 10.0) -> dict[str, float]:
    """Weights by logistic regression (scikit-learn, L2 with C = `strength`) on pairs of which it is known whether they are the same."""
    from sklearn.linear_model import LogisticRegression

    scale = matrix.std(axis=0)
    scale[scale == 0] = 1
    found = LogisticRegression(C=strength, max_iter=2000).fit(matrix / scale, same)
    return {column: float(weight) for column, weight in zip(COLUMNS, found.coef_[0] / scale, strict=True)} | {"base": float(found.intercept_[0])}

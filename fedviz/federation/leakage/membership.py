"""Was a text among those that a client trained on? Two attacks on the model that the client sends, as scores by text; a higher score says yes.

Loss threshold: members have a low loss (Yeom et al. 2018, arXiv 1709.01604). LiRA: the attacker trains shadow models on other texts and asks how unusual the
model's confidence is for a model that never saw the text (Carlini et al. 2022, arXiv 2112.03570, the offline variant; with few shadows one
variance for all texts, as their section VI proposes).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score, roc_curve

Floats = NDArray[np.float64]
AT = 0.01
"""Share of false alarms at which hits are counted."""


@dataclass(frozen=True)
class Told:
    """How well scores tell members from others: the area under the curve (0.5: not at all), and the share of members found at one false alarm in a hundred."""

    auc: float
    tpr: float


def told(scores: Floats, members: NDArray[np.bool_]) -> Told:
    """The figures of scores [n]; both kinds must occur."""
    false_alarms, hits, _ = roc_curve(members, scores)
    return Told(float(roc_auc_score(members, scores)), float(hits[false_alarms <= AT].max()))


def confidence(logits: Floats, labels: NDArray[np.int64]) -> Floats:
    """`log(p / (1 - p))` of the true class [n] from logits [n, classes], computed without rounding p to one."""
    rows = np.arange(len(labels))
    others = logits.astype(np.float64).copy()
    others[rows, labels] = -np.inf
    return logits[rows, labels] - np.logaddexp.reduce(others, axis=1)


def by_loss(confidences: Floats) -> Floats:
    """The negative cross-entropy [n]."""
    return -np.logaddexp(0.0, -confidences)


def by_shadows(confidences: Floats, shadows: Floats, trained_on: NDArray[np.bool_]) -> Floats:
    """Offline LiRA [n]: how far the model's confidence lies above that of models that did not see the text, in standard deviations of their Gaussian.

    `shadows` [s, n]: their confidences; `trained_on` [s, n]: whether a shadow saw the text. A text that all shadows saw is measured against the mean of all.
    """
    outside = np.where(trained_on, np.nan, shadows)
    unseen = (~trained_on).any(0)
    middle = np.full(len(confidences), float(np.nanmean(outside)))
    middle[unseen] = np.nanmean(outside[:, unseen], axis=0)
    spread = float(np.sqrt(np.nanmean((outside - middle) ** 2))) or 1.0
    return (confidences - middle) / spread

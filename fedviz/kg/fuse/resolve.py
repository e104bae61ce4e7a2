"""Which things of two graphs are the same: candidates by blocking, features, a first score by names, a second with the neighbours' first scores.

Splink (Fellegi-Sunter over tables in DuckDB) was looked at and left out: its comparisons are of columns, and what tells names of one thing apart here are vectors of meaning and
neighbours whose own scores are only being found, neither of which it has; it would bring DuckDB and sqlglot for the blocking join alone. Neighbours: as in SiGMa (Lacoste-Julien et al.,
KDD 2013) a pair gains where its neighbours are paired.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from fedviz.core.i18n import N_
from fedviz.kg.fuse import compare, score
from fedviz.kg.fuse.records import Proposal, ResolveOptions
from fedviz.kg.fuse.weights import NAMES, NAMES_AND_MEANING
from fedviz.kg.graph import KnowledgeGraph
from fedviz.kg.vectors import Embed

STEPS = (N_("Names"), N_("Candidates"), N_("Comparing pairs"), N_("Scores"))
"""What `progress` tells, in this order."""
PASSES = 2
"""How often neighbours are looked at: once with the scores by names, then with the scores by names and neighbours."""


def resolve(
    left: KnowledgeGraph,
    right: KnowledgeGraph,
    options: ResolveOptions | None = None,
    embed: Embed | None = None,
    progress: Callable[[int, int, str], None] = lambda done, total, step: None,
) -> tuple[Proposal, ...]:
    """Pairs (a thing of `left`, a thing of `right`) with a score of at least `options.least`, best first. Things whose key both graphs have are the same already and are left out on the right.

    Where `right` is `left`, doubles inside it. `embed` None: letters and neighbours alone. `progress(done, 4, step)`.
    """
    chosen = options or ResolveOptions()
    inside = left is right
    progress(0, 4, STEPS[0])
    names = compare.prepare(compare.side(left), compare.side(right, None if inside else [key for key in right.entities if key not in left.entities]), embed)
    progress(1, 4, STEPS[1])
    found = compare.pairs(names, chosen.candidates)
    if inside:
        found = found[found[:, 0] > found[:, 1]]
    weights = NAMES if embed is None else NAMES_AND_MEANING
    progress(2, 4, STEPS[2])
    matrix, rows = features(names, found, weights[0], weights[1])
    progress(3, 4, STEPS[3])
    scores = score.probabilities(matrix, weights[1])
    out = _proposals(names, found, rows, scores, matrix, weights[1], chosen.least)
    progress(4, 4, STEPS[3])
    return out


def features(names: compare.Names, found: NDArray[np.int64], first: score.Weights, second: score.Weights | None) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """The columns of every pair [pairs, columns] and the rows of the names that fit best. `first` scores by names alone, for the neighbours; `second` (None: not) once more with them."""
    single, rows = compare.name_features(names, found)
    whole = (single["letters"] + single["words"] + single["meaning"]) / 3
    single["ahead"] = compare.margins(whole, found[:, 0])
    single["ahead_left"] = compare.margins(whole, found[:, 1])
    single |= {column: np.zeros(len(found)) for column in ("sure", "sure_left", "neighbours", "has_neighbours")}
    matrix = score.columns(single)
    for weights in (first, second)[:PASSES]:
        if weights is not None:
            scores = score.probabilities(matrix, weights)
            single["sure"], single["sure_left"] = compare.margins(scores, found[:, 0]), compare.margins(scores, found[:, 1])
            single["neighbours"], single["has_neighbours"] = compare.agreement(names, found, scores)
            matrix = score.columns(single)
    return matrix, rows


def _proposals(
    names: compare.Names, found: NDArray[np.int64], rows: NDArray[np.int64], scores: NDArray[np.float64], matrix: NDArray[np.float64], weights: score.Weights, least: float
) -> tuple[Proposal, ...]:
    best_right = compare.margins(scores, found[:, 0]) >= 0
    best_left = compare.margins(scores, found[:, 1]) >= 0
    first_right, first_left = np.searchsorted(names.right.owner, found[:, 0]), np.searchsorted(names.left.owner, found[:, 1])
    out = []
    for place in np.argsort(-scores, kind="stable"):
        if scores[place] < least:
            break
        right, left = found[place]
        said = (names.left.shown[left][rows[place, 1] - first_left[place]], names.right.shown[right][rows[place, 0] - first_right[place]])
        out.append(
            Proposal(
                left=names.left.keys[left], right=names.right.keys[right], names=said, score=float(scores[place]), parts=score.parts(matrix[place], weights),
                mutual=bool(best_right[place] and best_left[place]),
            )
        )  # fmt: skip
    return tuple(out)

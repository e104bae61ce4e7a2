"""Which texts are for the test, so that nothing of the test was seen in training."""

from collections.abc import Hashable, Sequence

import numpy as np
from numpy.typing import NDArray

from fedviz.scenarios.base import Ints

TEST_SHARE = 0.25


def grouped(labels: Ints, groups: Sequence[Hashable], generator: np.random.Generator, share: float = TEST_SHARE) -> NDArray[np.bool_]:
    """[n] of bool: in every class, whole groups by chance until `share` of its texts is reached, but never all of its groups. A group has one class."""
    is_test = np.zeros(len(labels), dtype=bool)
    for label in np.unique(labels):
        rows: dict[Hashable, list[int]] = {}
        for row in np.flatnonzero(labels == label):
            rows.setdefault(groups[row], []).append(int(row))
        names = list(rows)
        wanted = share * sum(map(len, rows.values()))
        for place in generator.permutation(len(names))[: len(names) - 1]:
            if wanted <= 0:
                break
            is_test[rows[names[place]]] = True
            wanted -= len(rows[names[place]])
    return is_test

"""Where a taxonomy leads to a class without saying so: its great branches, aligned with the names of the classes.

"Abnormality of the ear" speaks of what "Ear medicine" treats. The frozen language model compares the names; nothing is trained and no text is read.
"""

import re
from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from fedviz.kg.branches import branches
from fedviz.kg.graph import KnowledgeGraph

MARGIN = 0.1
"""How much nearer the best class must be than the second."""


def aligned(
    graph: KnowledgeGraph, classes: Sequence[str], embed: Callable[[Sequence[str]], NDArray[np.float32]], threshold: float
) -> dict[str, int]:
    """Branch -> class for branches whose name has a cosine of at least `threshold` with one class and is `MARGIN` nearer to it than to any other."""
    keys = branches(graph)
    if not keys or len(classes) < 2:
        return {}
    cosines = embed(without_common_words([graph.entities[key].name for key in keys])) @ embed(list(classes)).T
    found = {}
    for key, row in zip(keys, cosines, strict=True):
        second, best = np.argsort(row)[-2:]
        if row[best] >= threshold and row[best] - row[second] >= MARGIN:
            found[key] = int(best)
    return found


def without_common_words(names: Sequence[str]) -> list[str]:
    """Names without the words that more than half of them share ("Abnormality of the ..."), which say nothing about one; a name of such words alone stays."""
    words = [re.findall(r"\w+", name.lower()) for name in names]
    counts = Counter(word for some in words for word in set(some))
    return [" ".join(word for word in some if 2 * counts[word] <= len(names)) or name for some, name in zip(words, names, strict=True)]

"""Fewer texts, fewer labels: chosen by the seed, so that less is always a part of more."""

import numpy as np

from fedviz.scenarios.base import Examples, Ints


def limit(examples: Examples, texts: int, labels_per_class: int, generator: np.random.Generator) -> Examples:
    """At most `texts` of the examples and of those at most `labels_per_class` a class (0: all), in their former order.

    Class by class one text is taken in turn, from a party that has none yet where there is one; with the same generator state a
    smaller number of labels is a subset of a larger one, and no party stays empty without need.
    """
    order = generator.permutation(len(examples))
    rows = order[:texts]
    if labels_per_class:
        rows = _in_turn(examples, rows, labels_per_class)
    return examples.take(np.sort(rows))


def _in_turn(examples: Examples, rows: Ints, count: int) -> Ints:
    """Up to `count` rows of each class, earlier rows first, parties without a text before all others."""
    queues = {int(label): [int(row) for row in rows if examples.labels[row] == label] for label in np.unique(examples.labels[rows])}
    seen: set[int] = set()
    chosen: list[int] = []
    for _ in range(count):
        for queue in queues.values():
            if queue:
                pick = next((place for place, row in enumerate(queue) if int(examples.parties[row]) not in seen), 0)
                row = queue.pop(pick)
                seen.add(int(examples.parties[row]))
                chosen.append(row)
    return np.array(chosen, dtype=np.int64)

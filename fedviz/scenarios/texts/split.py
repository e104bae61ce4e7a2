"""Which of one's own texts are the test: the newest ones, or some of each class by chance; never a text that was trained on."""

from collections.abc import Sequence

import numpy as np

from fedviz.core.errors import ConfigError
from fedviz.kg.surface import fold
from fedviz.scenarios.base import Ints
from fedviz.scenarios.texts.records import Row


def newest(rows: Sequence[Row], share: float) -> tuple[Ints, Ints, int]:
    """(training rows, test rows, how many were left out): the newest `share` is the test, all texts of one date on the same side.

    A text that stands word for word among the older ones is left out of the test. `ConfigError` where nothing is newer than the rest.
    """
    dates = np.array([row.date for row in rows])
    order = np.argsort(dates, kind="stable")
    border = dates[order[len(rows) - max(1, round(share * len(rows)))]]
    is_test = dates >= border
    if is_test.all():
        is_test = dates > border
    known = {fold(row.text) for row, test in zip(rows, is_test, strict=True) if not test}
    again = np.array([test and fold(row.text) in known for row, test in zip(rows, is_test, strict=True)])
    train, test = np.flatnonzero(~is_test), np.flatnonzero(is_test & ~again)
    if not len(test):
        raise ConfigError("`scenario.split` must be chance where no text is newer than all others and new, as in this data set, but got split=newest.")
    return train, test, int(again.sum())


def by_chance(rows: Sequence[Row], labels: Ints, share: float, generator: np.random.Generator) -> tuple[Ints, Ints]:
    """(training rows, test rows): of every class about `share` of its texts, at least one where it has two; texts that are word for word the same stay together.

    `ConfigError` where no class has two different texts.
    """
    groups: dict[str, list[int]] = {}
    for place, row in enumerate(rows):
        groups.setdefault(fold(row.text), []).append(place)
    by_class: dict[int, list[list[int]]] = {}
    for places in groups.values():
        by_class.setdefault(int(labels[places[0]]), []).append(places)
    test: list[int] = []
    for label in sorted(by_class):
        same = by_class[label]
        wanted = min(len(same) - 1, max(1, round(share * len(same))))
        for number in generator.permutation(len(same))[:wanted]:
            test += same[number]
    if not test:
        raise ConfigError("Some class must have two different texts, one to train on and one to test with, but in this data set none has.")
    rest = np.ones(len(rows), dtype=bool)
    rest[test] = False
    return np.flatnonzero(rest), np.sort(np.array(test, dtype=np.int64))

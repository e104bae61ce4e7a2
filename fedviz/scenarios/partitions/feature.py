"""`feature`: every client holds the same classes, in words of its own.

Same label, different features: Kairouz et al. 2021, Advances and Open Problems in Federated Learning (arXiv 1912.04977), section 3.1. Here the texts of
each class are halved along the direction in which texts of one class differ most, then each half along its own direction, until every client has its part.
"""

from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from fedviz.core.options import Options
from fedviz.scenarios.base import Ints, ScenarioData
from fedviz.scenarios.partitions.base import PartitionEntry, Shards, check_enough, client_names, from_owners

WORDS, DIRECTIONS = 2000, 32
"""So many of the commonest words are looked at, and so many directions are kept of them."""
Points = NDArray[np.float64]


class FeatureOptions(Options):
    """Options of `feature`."""

    name: Literal["feature"] = "feature"
    skew: Annotated[
        float,
        Field(ge=0, le=1, title="Skew", description="How much wording decides who holds a text. 1: it alone; 0.5: half of the texts are dealt out at random; 0: all of them."),
    ] = 1.0


def split(data: ScenarioData, clients: int, options: FeatureOptions, generator: np.random.Generator) -> Shards:
    """Classes are spread evenly, also over the test texts, which are told apart by the same directions as the training texts."""
    check_enough(data, clients)
    train, test = points(data.train.texts, data.test.texts, int(generator.integers(2**31)))
    owners = _Dealt(np.zeros(len(data.train), np.int64), np.zeros(len(data.test), np.int64))
    _halve(train, test, data, np.arange(len(data.train)), np.arange(len(data.test)), generator.permutation(clients), owners, generator)
    for column, labels in ((owners.train, data.train.labels), (owners.test, data.test.labels)):
        mixed = generator.random(len(column)) >= options.skew
        for label in np.unique(labels):
            rows = np.flatnonzero(mixed & (labels == label))
            column[rows] = generator.permutation(column[rows])
    return from_owners(client_names(data, clients), owners.train, owners.test)


def points(train: tuple[str, ...], test: tuple[str, ...], seed: int) -> tuple[Points, Points]:
    """Texts as points, [n, up to 32]: their words by TF-IDF, seen along the main directions of the training texts. One column of zeros where no text has a word."""
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectorizer = TfidfVectorizer(token_pattern=r"\w+", max_features=WORDS, sublinear_tf=True)
    if not any(map(vectorizer.build_analyzer(), train)):
        return np.zeros((len(train), 1)), np.zeros((len(test), 1))
    words = vectorizer.fit_transform(train)
    others = vectorizer.transform(test) if test else words[:0]
    if words.shape[1] <= DIRECTIONS:
        return words.toarray(), others.toarray()
    directions = TruncatedSVD(DIRECTIONS, random_state=seed)
    found = directions.fit_transform(words)
    return found, others @ directions.components_.T


class _Dealt:
    """The client of every row, filled in place."""

    def __init__(self, train: Ints, test: Ints) -> None:
        self.train, self.test = train, test


def _halve(
    train: Points, test: Points, data: ScenarioData, rows: Ints, tests: Ints, clients: Ints, owners: _Dealt, generator: np.random.Generator
) -> None:
    """Deal `rows` and `tests` to `clients`: the texts of each class on one side of the main direction to the first half of them, the others to the second."""
    if len(clients) == 1:
        owners.train[rows], owners.test[tests] = clients[0], clients[0]
        return
    half = len(clients) // 2
    direction = _main_direction(train[rows], data.train.labels[rows])
    low = _side(train[rows] @ direction, data.train.labels[rows], half / len(clients), generator)
    low_tests = _side(test[tests] @ direction, data.test.labels[tests], half / len(clients), generator)
    _halve(train, test, data, rows[low], tests[low_tests], clients[:half], owners, generator)
    _halve(train, test, data, rows[~low], tests[~low_tests], clients[half:], owners, generator)


def _main_direction(some: Points, labels: Ints) -> Points:
    """The first principal direction of the points once each class has its mean taken off; its largest entry is positive."""
    centred = some.copy()
    for label in np.unique(labels):
        centred[labels == label] -= some[labels == label].mean(axis=0)
    direction = np.linalg.eigh(centred.T @ centred)[1][:, -1]
    return direction * np.sign(direction[np.argmax(np.abs(direction))])


def _side(places: Points, labels: Ints, share: float, generator: np.random.Generator) -> NDArray[np.bool_]:
    """Which rows lie low: of each class such a share of those with the smallest `places`, ties and remainders by the generator."""
    low = np.zeros(len(places), dtype=bool)
    for label in np.unique(labels):
        rows = generator.permutation(np.flatnonzero(labels == label))
        rows = rows[np.argsort(places[rows], kind="stable")]
        low[rows[: int(share * len(rows) + generator.random())]] = True
    return low


FEATURE = PartitionEntry(
    "feature", "Same classes, other words", "Every client holds the same mix of classes, but its texts are worded differently from those of the others.", FeatureOptions, split
)

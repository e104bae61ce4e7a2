"""Which texts a client trains on: always its own, at least one, the same for the same seed; and each way finds what it says it finds."""

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fedviz.core.errors import ConfigError
from fedviz.core.registry import SELECTIONS
from fedviz.federation.fleet import complementary
from fedviz.models.selection.diversity import greedy
from fedviz.models.selection.shared import closed_sets, content, likeness
from fedviz.models.selection.suspicion import suspects
from fedviz.scenarios.base import Examples
from fedviz.scenarios.load import load
from tests.models.small import config

DATA = load(config().updated({"scenario.train_texts": 96}))
SHARDS = tuple(np.arange(start, 96, 3) for start in range(3))


def selection(name: str, data=DATA, shards=SHARDS, rounds: int = 6, seed: int = 0, **options):
    entry = SELECTIONS.get(name)
    return entry.build(entry.options(**options), data, shards, rounds, seed)


@settings(max_examples=30, deadline=None)
@given(name=st.sampled_from(SELECTIONS.names()), number=st.integers(1, 6), client=st.integers(0, 2), held=st.integers(0, 32), share=st.floats(0.01, 0.99))
def test_what_is_chosen_is_the_clients_own_and_never_nothing(name: str, number: int, client: int, held: int, share: float) -> None:
    option = {"coverage": "start", "diversity": "share", "suspicion": "share"}.get(name)
    options = {option: share} if option else {}
    rows = SHARDS[client][:held]
    chosen = selection(name, **options).rows(number, client, rows)
    assert set(chosen) <= set(rows) and len(chosen) == len(set(chosen)) and list(chosen) == sorted(chosen)
    assert len(chosen) >= min(1, held)
    assert np.array_equal(chosen, selection(name, **options).rows(number, client, rows))


def test_all_is_the_very_same_array() -> None:
    assert selection("all").rows(1, 0, SHARDS[0]) is SHARDS[0]


def test_the_curriculum_grows_from_the_best_known_to_all() -> None:
    some, against = selection("coverage", start=0.25, until=0.5), selection("coverage", start=0.25, until=0.5, first="unknown")
    sizes = [len(some.rows(number, 0, SHARDS[0])) for number in range(1, 7)]
    assert sizes == sorted(sizes) and sizes[0] == 8 and sizes[2:] == [32] * 4
    known = dict(zip(SHARDS[0], content(DATA.graph, closed_sets(DATA, SHARDS[0])), strict=True))
    first, last = (chosen.rows(1, 0, SHARDS[0]) for chosen in (some, against))
    assert min(known[row] for row in first) >= max(known[row] for row in set(SHARDS[0]) - set(first))
    assert max(known[row] for row in last) <= min(known[row] for row in set(SHARDS[0]) - set(last))


def test_likeness_is_an_index() -> None:
    sets = closed_sets(DATA, SHARDS[0])
    alike = likeness(DATA.graph, sets)
    assert np.allclose(alike, alike.T) and alike.min() >= 0 and alike.max() <= 1 + 1e-9
    for (i, one), (j, other) in combinations(list(enumerate(sets[:12])), 2):
        weight = [sum(DATA.graph.information_content(key) for key in some) for some in (one & other, one | other)]
        assert alike[i, j] == pytest.approx(weight[0] / weight[1] if weight[1] else 0.0)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 1000), st.integers(1, 3))
def test_the_greedy_part_is_within_the_bound_of_the_best(seed: int, wanted: int) -> None:
    points = np.random.default_rng(seed).random((8, 3))
    alike = points @ points.T
    worth = lambda chosen: alike[list(chosen)].max(0).sum()  # noqa: E731 - the function F of the module
    best = max(worth(some) for some in combinations(range(8), wanted))
    assert best >= worth(greedy(alike, wanted)) >= (1 - 1 / np.e) * best


def test_planted_wrong_labels_are_among_the_suspects() -> None:
    chance = np.random.default_rng(0)
    planted = chance.choice(96, 19, replace=False)
    labels = DATA.train.labels.copy()
    labels[planted] = (labels[planted] + chance.integers(1, len(DATA.classes), len(planted))) % len(DATA.classes)
    noisy = replace(DATA, train=Examples(DATA.train.texts, labels, DATA.train.parties))
    found = sorted((suspect for rows in SHARDS for suspect in suspects(noisy, rows)), key=lambda suspect: -suspect.score)[: len(planted)]
    precision = len({suspect.row for suspect in found} & set(planted)) / len(planted)
    assert precision > 0.6, "a fifth of all labels is wrong, so that guessing finds 0.2"
    assert all(suspect.instead != suspect.label for suspect in found)
    left = np.concatenate([selection("suspicion", data=noisy, share=0.2).rows(1, client, rows) for client, rows in enumerate(SHARDS)])
    assert np.isin(planted, left).mean() < 0.5 < len(left) / 96


def test_clients_are_chosen_so_that_they_complement_each_other() -> None:
    entities = [frozenset("ab"), frozenset("abc"), frozenset("cde"), frozenset("a"), frozenset("xyz")]
    assert complementary([3, 0, 1, 2, 4], entities, 1) == (3,)
    assert complementary([3, 0, 1, 2, 4], entities, 3) == (2, 3, 4)
    assert complementary([0, 1, 2, 3, 4], entities, 9) == (0, 1, 2, 3, 4)
    some = config().updated({"participation.choice": "coverage"})
    with pytest.raises(ConfigError, match="participation.choice"):
        some.updated({"federation.strategy.name": "fedbuff"})
    with pytest.raises(ConfigError, match="participation.choice"):
        some.updated({"privacy.name": "central", "federation.weighting": "even"})

"""Texts made harder: exactly so many as asked for, nothing else, the same for the same seed, and no label of a test text."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedviz.carriers.store import is_present
from fedviz.core.config import RunConfig
from fedviz.core.errors import ConfigError
from fedviz.scenarios.linked import entities_of
from fedviz.scenarios.load import load, shards
from fedviz.scenarios.stress import typo, unseen_classes, with_typos, wrong_labels
from tests.models.small import config

SHARES = st.floats(0, 1, allow_nan=False)
SEEDS = st.integers(0, 2**32)


def toy(**changes: object) -> RunConfig:
    return config().updated({"scenario.train_texts": 120, "scenario.test_texts": 60, **changes})


def differing(one: tuple[str, ...], other: tuple[str, ...]) -> list[int]:
    return [row for row, (a, b) in enumerate(zip(one, other, strict=True)) if a != b]


@given(st.lists(st.integers(0, 5), min_size=2, max_size=60).filter(lambda some: len(set(some)) > 1), st.floats(0, 0.5), SEEDS)
def test_exactly_so_many_labels_are_wrong_and_each_is_a_class_that_occurs(labels, share, seed) -> None:
    column = np.array(labels)
    planted = wrong_labels(column, share, seed)
    assert (planted != column).sum() == round(share * len(labels))
    assert set(planted) <= set(labels)
    assert (wrong_labels(column, share, seed) == planted).all()


@given(st.text("abcXYZéß機 ", min_size=3, max_size=12).map(lambda text: text.replace(" ", "q")), SEEDS)
def test_a_typo_is_one_slip_and_never_none(word, seed) -> None:
    slip = typo(word, np.random.default_rng(seed))
    assert slip != word
    assert abs(len(slip) - len(word)) <= 1
    assert sum(a != b for a, b in zip(slip, word, strict=False)) <= 2 or len(slip) != len(word)


@given(st.lists(st.text("abcdef ,.1", max_size=30), max_size=6), SHARES, SEEDS)
def test_exactly_so_many_words_have_a_typo(texts, share, seed) -> None:
    written = with_typos(tuple(texts), share, seed)
    words = [sum(len(word) >= 3 for word in _words(text)) for text in texts]
    changed = sum(_changed(a, b) for a, b in zip(texts, written, strict=True))
    assert changed == round(share * sum(words))


def _words(text: str) -> list[str]:
    return "".join(char if char.isalpha() else " " for char in text).split()


def _changed(text: str, other: str) -> int:
    """Words that differ; a slip moves no border between words."""
    return sum(a != b for a, b in zip(_words(text), _words(other), strict=True))


def test_typos_reach_the_training_texts_only_where_asked() -> None:
    plain, test, both = (load(toy(**changes)) for changes in ({}, {"texts.typos": 0.3}, {"texts.typos": 0.3, "texts.typos_in": "both"}))
    assert test.train is plain.train and test.test.texts == both.test.texts != plain.test.texts
    assert differing(both.train.texts, plain.train.texts)
    assert (both.train.labels == plain.train.labels).all()


@pytest.mark.parametrize("changes", [{"wrong_labels": 0.4}, {"typos": 1.0, "typos_in": "both"}, {"lay_words": 1.0}, {"unseen_classes": 2}])
def test_no_label_of_a_test_text_changes_and_the_seed_decides(changes) -> None:
    some = toy(**{f"texts.{key}": value for key, value in changes.items()})
    plain, hard = load(toy()), load(some)
    assert (hard.test.labels == plain.test.labels).all() and (hard.test.parties == plain.test.parties).all()
    assert hard.graph is plain.graph
    assert load(some) is hard and load(toy(**{"texts.typos": 0.0})) is plain


def test_other_names_stand_for_the_same_entities() -> None:
    plain, all_, half = (load(toy(**{"texts.lay_words": share})) for share in (0.0, 1.0, 0.5))
    assert entities_of(all_)[1] == entities_of(plain)[1], "the graph still knows them"
    assert all_.train is plain.train
    changed, fewer = differing(all_.test.texts, plain.test.texts), differing(half.test.texts, plain.test.texts)
    assert 0 < len(fewer) < len(changed)


@pytest.mark.skipif(not is_present("hpo"), reason="the carrier hpo is not in the data folder: run `python -m fedviz fetch`")
def test_lay_words_are_taken_where_the_ontology_marks_them() -> None:
    base = RunConfig.parse({"scenario": {"name": "medicine-vignettes", "train_texts": 48, "test_texts": 48}})
    plain, hard = load(base), load(base.updated({"texts.lay_words": 1.0}))
    lay = {name.lower() for names in plain.lay_names.values() for name in names}
    before, after = (sum(name in text.lower() for text in data.test.texts for name in lay) for data in (plain, hard))
    assert after > 1.5 * before
    assert entities_of(hard)[1] == entities_of(plain)[1] or sum(a != b for a, b in zip(entities_of(hard)[1], entities_of(plain)[1], strict=True)) < 5


def test_unseen_classes_lose_their_training_texts_alone() -> None:
    plain, hard = load(toy()), load(toy(**{"texts.unseen_classes": 2}))
    gone = unseen_classes(hard)
    assert len(gone) == 2 and unseen_classes(plain) == ()
    kept = [row for row, label in enumerate(plain.train.labels) if label not in gone]
    assert hard.train.texts == tuple(plain.train.texts[row] for row in kept)
    assert hard.test is plain.test and hard.classes == plain.classes
    with pytest.raises(ConfigError, match="leave two classes.*unseen_classes=3 of 4"):
        load(toy(**{"texts.unseen_classes": 3}))


def test_wrong_labels_are_planted_among_the_classes_that_are_left() -> None:
    hard = load(toy(**{"texts.unseen_classes": 2, "texts.wrong_labels": 0.5}))
    assert len(unseen_classes(hard)) == 2


def test_only_texts_with_unseen_entities_are_left_in_the_test() -> None:
    few = {"scenario.labels_per_class": 2}
    plain, hard = load(toy(**few)), load(toy(**few, **{"texts.unseen_entities": 0.5}))
    train, test = entities_of(hard)
    known = frozenset().union(*train)
    assert 0 < len(hard.test) < len(plain.test) and set(hard.test.texts) < set(plain.test.texts)
    assert all(2 * len(named - known) >= len(named) > 0 for named in test)
    with pytest.raises(ConfigError, match="leave a test text"):
        load(toy(**{"scenario.train_texts": 800, "texts.unseen_entities": 1.0}))


def test_texts_are_dealt_out_whatever_was_done_to_them() -> None:
    for changes in ({"texts.unseen_entities": 0.5, "scenario.labels_per_class": 4}, {"texts.unseen_classes": 2}, {"graph.poisoned": 1.0}):
        some = toy(**{"partition.name": "iid", **changes})
        data = load(some)
        dealt = shards(some, data)
        assert sorted(row for rows in dealt.test for row in rows) == list(range(len(data.test)))

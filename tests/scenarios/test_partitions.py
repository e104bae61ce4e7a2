"""Partitions: disjoint and complete for any data, true to what they promise, and one sentence where they are impossible."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fedviz.core import seeds
from fedviz.core.errors import ConfigError
from fedviz.core.registry import PARTITIONS
from fedviz.kg.branches import branches_of
from fedviz.scenarios.linked import entities_of
from fedviz.scenarios.partitions.base import deal
from tests.scenarios.conftest import WORDS, any_data, data_of

ALL = PARTITIONS.names()


def split(name, data, clients, seed=0, **options):
    entry = PARTITIONS.get(name)
    return entry.split(data, clients, entry.options(**options), seeds.generator(seed, "test", name))


def mixes(data, rows):
    """Class counts of each client, [clients, classes]."""
    return np.stack([np.bincount(data.train.labels[some], minlength=len(data.classes)) for some in rows])


@pytest.mark.parametrize("name", ALL)
@settings(max_examples=40, deadline=None)  # the first example of one of them loads its library
@given(data=any_data(), clients=st.integers(1, 10), seed=st.integers(0, 3))
def test_disjoint_complete_and_nobody_empty_or_one_sentence(name, data, clients, seed):
    try:
        dealt = split(name, data, clients, seed)
    except ConfigError as error:
        assert "must" in str(error) and str(error).endswith(".") and "\n" not in str(error)
        return
    assert len(dealt.names) == len(set(dealt.names)) == len(dealt.train) == len(dealt.test) == clients
    for rows, examples in ((dealt.train, data.train), (dealt.test, data.test)):
        assert sorted(np.concatenate(rows)) == list(range(len(examples)))
        assert all((np.diff(some) > 0).all() for some in rows)
    assert all(len(some) for some in dealt.train)


@pytest.mark.parametrize("name", ALL)
def test_the_same_generator_gives_the_same_shards(name, even):
    one, two, three = split(name, even, 8, seed=1), split(name, even, 8, seed=1), split(name, even, 8, seed=2)
    assert all((a == b).all() for a, b in zip(one.train + one.test, two.train + two.test, strict=True))
    if name != "natural":
        assert not all(np.array_equal(a, b) for a, b in zip(one.train, three.train, strict=True))


def test_natural_clients_are_the_parties(even):
    dealt = split("natural", even, 8)
    assert dealt.names == even.parties
    assert all((even.train.parties[rows] == client).all() for client, rows in enumerate(dealt.train))
    assert all((even.test.parties[rows] == client).all() for client, rows in enumerate(dealt.test))


def test_fewer_natural_clients_join_parties_and_their_names(even):
    dealt = split("natural", even, 3)
    assert dealt.names == ("party 0 and 2 more", "party 1 and 2 more", "party 2 + party 5")
    assert all(set(even.train.parties[rows] % 3) == {client} for client, rows in enumerate(dealt.train))


def test_more_natural_clients_than_parties_are_refused(even):
    with pytest.raises(ConfigError, match="clients <= parties.*clients=9 with 8 parties"):
        split("natural", even, 9)


def test_a_party_without_a_training_text_is_named():
    with pytest.raises(ConfigError, match="party 1 has none"):
        split("natural", data_of([0, 1, 2], [0, 2, 2], [0], party_count=3), 3)


def test_iid_clients_have_the_same_size(even):
    assert {len(rows) for rows in split("iid", even, 7).train} == {22, 23}
    assert split("iid", even, 2).names == ("School 1", "School 2")


def test_alpha_decides_how_uneven_classes_are(even):
    spread = [np.mean([mixes(even, split("dirichlet", even, 8, seed, alpha=alpha).train).std() for seed in range(5)]) for alpha in (0.1, 1, 1000)]
    assert spread[0] > 1.5 * spread[1] > 3 * spread[2]


@pytest.mark.parametrize("name", ["dirichlet", "shards"])
def test_test_texts_have_the_class_mix_of_the_training_texts(name, even):
    dealt = split(name, even, 4)
    train = mixes(even, dealt.train)
    test = np.stack([np.bincount(even.test.labels[rows], minlength=4) for rows in dealt.test])
    assert np.abs(test - train / 2).max() <= 1


def test_shards_give_each_client_few_classes(even):
    dealt = split("shards", even, 8, shards_per_client=1)
    assert (mixes(even, dealt.train) > 0).sum(axis=1).max() <= 2
    assert {len(rows) for rows in dealt.train} == {20}
    with pytest.raises(ConfigError, match=r"8 \* 100 with 160"):
        split("shards", even, 8, shards_per_client=100)


def test_quantity_follows_the_exponent(even):
    sizes = [len(rows) for rows in split("quantity", even, 4, exponent=1).train]
    assert sizes == sorted(sizes, reverse=True) and sizes[0] == pytest.approx(2 * sizes[1], abs=3)
    assert {len(rows) for rows in split("quantity", even, 4, exponent=0).train} == {40}
    assert min(len(rows) for rows in split("quantity", even, 100, exponent=5).train) == 1


def apart(data, dealt):
    """How unlike the clients' words are within a class: mean total variation between a client's words and those of everybody, over classes and clients."""
    found = []
    for label in range(len(data.classes)):
        counts = []
        for rows in dealt.train:
            words = Counter(word for row in rows if data.train.labels[row] == label for word in data.train.texts[row].split())
            counts.append(Counter({word: count / words.total() for word, count in words.items()}))
        everybody = sum(counts, Counter())
        found += [sum(abs(own[word] - count / len(counts)) for word, count in everybody.items()) / 2 for own in counts]
    return float(np.mean(found))


@pytest.fixture(scope="module")
def worded():
    """240 texts in four classes; those of a class speak of one of three branches in turn, and of something of their class."""
    texts = [f"{WORDS[3 * (n // 4 % 3) + n // 12 % 3]} {WORDS[3 * (n // 4 % 3) + n // 36 % 3]} {'abcd'[n % 4]}" for n in range(240)]
    made = data_of([n % 4 for n in range(240)], [n % 8 for n in range(240)], [n % 4 for n in range(80)])
    return replace(made, train=replace(made.train, texts=tuple(texts)), test=replace(made.test, texts=tuple(texts[:80])))


def test_feature_skew_keeps_the_class_mix_and_parts_the_words(worded):
    dealt = split("feature", worded, 3)
    assert np.abs(mixes(worded, dealt.train) - 20).max() <= 1
    assert np.abs(np.stack([np.bincount(worded.test.labels[rows], minlength=4) for rows in dealt.test]) - 20 / 3).max() <= 2
    spread = [apart(worded, split(name, worded, 3, **options)) for name, options in (("feature", {}), ("feature", {"skew": 0.5}), ("iid", {}))]
    assert spread[0] > 1.4 * spread[1] and spread[1] > 1.4 * spread[2], spread


def test_feature_skew_is_the_same_in_the_test_texts(worded):
    dealt = split("feature", worded, 3)
    for train, test in zip(dealt.train, dealt.test, strict=True):
        own = Counter(word for row in train for word in worded.train.texts[row].split()[:2])
        met = [own[word] / (2 * len(train)) for row in test for word in worded.test.texts[row].split()[:2]]
        assert np.mean(met) > 1.5 / 9, "nine words; a client meets its own ones"


@given(data=any_data(), clients=st.integers(2, 6), share=st.floats(0.05, 0.9))
def test_entity_hides_a_branch_from_every_client(data, clients, share):
    try:
        dealt = split("entity", data, clients, hidden_share=share)
    except ConfigError:
        return
    named = [{branch for entity in entities for branch in branches_of(data.graph, entity)} for entities in entities_of(data)[0]]
    every = set().union(*named)
    for rows in dealt.train:
        assert set().union(*(named[row] for row in rows)) < every


def test_entity_hides_what_is_asked_for_where_texts_name_one_branch(even):
    dealt = split("entity", even, 3, hidden_share=0.34)
    named = [{branch for entity in entities for branch in branches_of(even.graph, entity)} for entities in entities_of(even)[0]]
    assert [len(set().union(*(named[row] for row in rows))) for rows in dealt.train] == [2, 2, 2]


def test_entity_needs_two_clients_and_texts_that_name_branches(even):
    with pytest.raises(ConfigError, match="two or more clients"):
        split("entity", even, 1)
    with pytest.raises(ConfigError, match="0 branches"):
        split("entity", data_of([0, 1], [0, 1], [], words=("nothing",)), 2)


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=9), st.integers(0, 200))
def test_dealing_adds_up_and_is_fair(weights, count):
    shares = deal(np.array(weights), count)
    assert shares.sum() == count and (shares >= 0).all()
    if sum(weights) > 0:
        assert np.abs(shares - np.array(weights) / sum(weights) * count).max() < 1 + 1e-6

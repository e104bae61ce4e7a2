"""Loading, limiting labels, previewing; the toy scenario needs no carrier."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedviz.core import seeds
from fedviz.core.config import RunConfig
from fedviz.core.errors import ConfigError
from fedviz.scenarios.base import Examples
from fedviz.scenarios.limit import limit
from fedviz.scenarios.load import load, preview, shards
from fedviz.scenarios.toy import CLASSES, PARTIES


def config(**changes):
    return RunConfig.parse({"scenario": {"name": "toy"}, "model": {"name": "toy"}}).updated(changes)


@st.composite
def examples(draw):
    labels = draw(st.lists(st.integers(0, 3), min_size=1, max_size=50))
    parties = draw(st.lists(st.integers(0, 4), min_size=len(labels), max_size=len(labels)))
    return Examples(tuple(f"text {number}" for number in range(len(labels))), np.array(labels), np.array(parties))


@given(examples(), st.integers(1, 60), st.integers(1, 8), st.integers(0, 5))
def test_fewer_labels_are_a_part_of_more(some, texts, labels, seed):
    few = limit(some, texts, labels, seeds.generator(seed))
    more = limit(some, texts, labels + 1, seeds.generator(seed))
    every = limit(some, texts, 0, seeds.generator(seed))
    assert set(few.texts) <= set(more.texts) <= set(every.texts) <= set(some.texts)
    counts, all_counts = np.bincount(few.labels, minlength=4), np.bincount(every.labels, minlength=4)
    assert (counts == np.minimum(all_counts, labels)).all()
    assert len(every) == min(texts, len(some))


@given(examples(), st.integers(0, 5))
def test_limiting_keeps_rows_together(some, seed):
    rows = {text: (label, party) for text, label, party in zip(some.texts, some.labels, some.parties, strict=True)}
    few = limit(some, 1000, 2, seeds.generator(seed))
    assert all(rows[text] == (label, party) for text, label, party in zip(few.texts, few.labels, few.parties, strict=True))


def test_no_party_is_left_without_a_label_when_there_are_enough():
    data = load(config(**{"scenario.labels_per_class": 2}))
    assert len(data.train) == 8 and set(data.train.parties) == set(range(8))


def test_examples_are_read_only_and_of_one_length():
    some = Examples(("a", "b"), np.array([0, 1]), np.array([0, 0]))
    with pytest.raises(ValueError, match="read-only"):
        some.labels[0] = 1
    with pytest.raises(ConfigError, match="one entry a text"):
        Examples(("a", "b"), np.array([0]), np.array([0, 0]))


def test_toy_is_small_even_and_the_same_for_the_same_seed():
    data = load(config())
    assert (len(data.train), len(data.test)) == (160, 80)
    assert data.classes == CLASSES and data.parties == PARTIES and data.party_word == "workshop"
    assert np.bincount(data.train.labels).tolist() == [40] * 4
    assert load(config()) is data
    other = load(config(seed=1))
    assert other.train.texts != data.train.texts
    assert set(data.class_entities.values()) == {0, 1, 2, 3} and set(data.class_entities) <= set(data.graph.entities)


def test_toy_texts_can_be_linked_and_their_entities_lead_to_classes():
    data = load(config())
    assert data.graph.ancestors("toy:spoke")[-1] == "toy:bicycle" and data.class_entities["toy:bicycle"] == 0


def test_shards_and_preview_agree():
    chosen = config(**{"partition.name": "dirichlet", "federation.clients": 5})
    data = load(chosen)
    dealt, shown = shards(chosen, data), preview(chosen)
    assert shards(chosen, data) is dealt and preview(chosen) is shown
    assert shown.names == dealt.names and shown.classes == data.classes
    assert shown.train.shape == shown.test.shape == (5, 4)
    assert shown.train.sum(axis=1).tolist() == [len(rows) for rows in dealt.train]
    assert shown.test.sum(axis=0).tolist() == np.bincount(data.test.labels).tolist()
    assert all(0 < count <= len(data.graph.entities) for count in shown.entities)
    assert all(0 <= share <= 1 for share in shown.unseen)


def test_hidden_branches_show_in_the_preview():
    hidden = preview(config(**{"partition.name": "entity", "federation.clients": 4}))
    even = preview(config(**{"partition.name": "iid", "federation.clients": 4}))
    assert np.mean(hidden.unseen) > np.mean(even.unseen) + 0.2
    assert np.mean(hidden.entities) < np.mean(even.entities)


def test_the_partition_does_not_change_with_the_model_and_changes_with_the_seed():
    one, two = config(**{"partition.name": "iid"}), config(**{"partition.name": "iid", "federation.rounds": 3})
    assert shards(one, load(one)) is shards(two, load(two))
    three = config(**{"partition.name": "iid", "seed": 3})
    assert not np.array_equal(shards(three, load(three)).train[0], shards(one, load(one)).train[0])

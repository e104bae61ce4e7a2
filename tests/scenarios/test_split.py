"""The split of the finance scenarios: its laws for any classes and groups."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from fedviz.scenarios.split import grouped


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 9)), min_size=1, max_size=80), st.integers(0, 2**31), st.floats(0.05, 0.95))
def test_groups_stay_whole_every_class_keeps_training_texts_and_the_seed_decides(rows, seed, share):
    labels, groups = np.array([label for label, _group in rows]), rows  # a group has one class
    first, second = (grouped(labels, groups, np.random.default_rng(seed), share) for _ in range(2))
    assert (first == second).all()
    for group in set(groups):
        assert len({bool(first[row]) for row, own in enumerate(groups) if own == group}) == 1
    for label in set(labels.tolist()):
        own = labels == label
        assert (~first[own]).any()
        assert first[own].any() or len({group for group in groups if group[0] == label}) == 1


def test_about_the_share_is_for_the_test():
    labels = np.repeat(np.arange(4), 100)
    assert grouped(labels, range(400), np.random.default_rng(0)).reshape(4, 100).sum(1).tolist() == [25] * 4

"""Scenario data made up for the tests: any labels, parties and texts."""

import numpy as np
import pytest
from hypothesis import strategies as st

from fedviz.core.types import Triple
from fedviz.kg.graph import IS_A, Entity, KnowledgeGraph
from fedviz.scenarios.base import Examples, ScenarioData

WORDS = ("red", "green", "blue", "oak", "elm", "ash", "cat", "dog", "owl")
BRANCHES = {"colour": WORDS[:3], "tree": WORDS[3:6], "animal": WORDS[6:]}


def word_graph():
    """Nine words in three branches."""
    keys = (*WORDS, *BRANCHES)
    triples = tuple(Triple(word, IS_A, branch) for branch, words in BRANCHES.items() for word in words)
    return KnowledgeGraph("words", "the tests", {key: Entity(key, key) for key in keys}, triples)


GRAPH = word_graph()


def data_of(labels, parties, test_labels, words=None, classes=4, party_count=8):
    """Scenario data with these columns; text n names word n of `words` (default: in turn)."""

    def examples(column, homes, prefix):
        texts = tuple(f"{prefix} {number} {(words or WORDS)[number % len(words or WORDS)]}" for number in range(len(column)))
        return Examples(texts, np.array(column, dtype=np.int64), np.array(homes, dtype=np.int64))

    return ScenarioData(
        name="made",
        classes=tuple(f"class {number}" for number in range(classes)),
        parties=tuple(f"party {number}" for number in range(party_count)),
        train=examples(labels, parties, "train"),
        test=examples(test_labels, [number % party_count for number in range(len(test_labels))], "test"),
        graph=GRAPH,
        party_word="school",
    )


@st.composite
def any_data(draw):
    """Scenario data of any class and party sizes, some of them empty."""
    labels = draw(st.lists(st.integers(0, 3), min_size=1, max_size=60))
    parties = draw(st.lists(st.integers(0, 7), min_size=len(labels), max_size=len(labels)))
    return data_of(labels, parties, draw(st.lists(st.integers(0, 3), max_size=30)))


@pytest.fixture
def even():
    """160 training and 80 test texts; classes, parties and words take turns at different pace."""
    return data_of([n % 4 for n in range(160)], [(n // 4) % 8 for n in range(160)], [n % 4 for n in range(80)])

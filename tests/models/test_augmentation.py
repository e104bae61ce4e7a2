"""Texts by way of the graph: is_a holds, labels hold, nothing of another client is looked at, and who holds little may write more."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fedviz.core.errors import ConfigError
from fedviz.core.registry import AUGMENTATIONS
from fedviz.core.types import Triple
from fedviz.federation.beside import augmented
from fedviz.kg.graph import IS_A, Entity, KnowledgeGraph
from fedviz.models.augmentation.base import Written
from fedviz.models.augmentation.drift import NearestClass
from fedviz.scenarios.base import Examples
from fedviz.scenarios.linked import linker
from fedviz.scenarios.load import load, shards
from tests.models.small import config

DATA = load(config())
GRAPH = DATA.graph
ROWS = tuple(np.arange(start, 48, 4) for start in range(4))
ENTRY = AUGMENTATIONS.get("graph")
WAYS = ("synonyms", "hypernyms", "siblings", "neighbours", "counterfactuals")


def written(*ways: str, data=DATA, rows=ROWS, seed=0, embed=None, **options) -> list[Written]:
    chosen = {way: way in ways for way in WAYS}
    return ENTRY.write(ENTRY.options(**chosen, **({"least_content": 0.0} | options)), data, rows, seed, embed)


def replaced(one: Written) -> tuple[str, str]:
    """The entity that was there and the one that came."""
    both = [next(mention.entity for mention in linker(GRAPH).link(words)) for words in (one.old, one.new)]
    return both[0], both[1]


def test_every_way_keeps_what_it_promises() -> None:
    for way in WAYS:
        some = written(way)
        assert some, way
        for one in some:
            source, label = DATA.train.texts[one.source], int(DATA.train.labels[one.source])
            assert one.kind == way and one.source in ROWS[one.client] and one.text != source
            assert (one.label != label) == (way == "counterfactuals")
            if way == "neighbours":
                assert one.text.startswith(source.rstrip(". ")) and one.text.endswith(one.new)
                continue
            assert one.text.lower() == source.lower().replace(one.old.lower(), one.new.lower(), 1) or one.old in source
            old, new = replaced(one)
            if way == "synonyms":
                assert old == new
            if way == "hypernyms":
                assert new in GRAPH.parents(old)
            if way == "siblings":
                assert new != old and set(GRAPH.parents(old)) & set(GRAPH.parents(new))
            if way == "counterfactuals":
                assert DATA.class_entities.keys() & {new, *GRAPH.ancestors(new)} and one.label != label


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 50), amount=st.floats(0, 3), poverty=st.floats(0, 1))
def test_a_client_writes_no_more_than_its_part_and_no_text_twice(seed: int, amount: float, poverty: float) -> None:
    rows = (np.arange(30), np.arange(30, 34), np.arange(34, 48))
    some = written("synonyms", "siblings", rows=rows, seed=seed, amount=amount, poverty=poverty)
    assert some == written("synonyms", "siblings", rows=rows, seed=seed, amount=amount, poverty=poverty)
    for client, own in enumerate(rows):
        mine = [one for one in some if one.client == client]
        assert len(mine) <= round(amount * ((1 - poverty) * len(own) + poverty * 16))
        assert len({one.text.lower() for one in mine} | {DATA.train.texts[row].lower() for row in own}) == len(mine) + len({DATA.train.texts[row].lower() for row in own})


def test_a_client_looks_at_its_own_texts_alone() -> None:
    other = replace(DATA, train=Examples(tuple(text if row in ROWS[1] else "nothing" for row, text in enumerate(DATA.train.texts)), DATA.train.labels, DATA.train.parties))
    assert [one for one in written("synonyms") if one.client == 1] == [one for one in written("synonyms", data=other) if one.client == 1] != []


def test_the_graphs_filter_throws_away_what_belongs_to_other_classes() -> None:
    names = {key: Entity(key, key) for key in ("lung", "cough", "wheeze", "rash", "skin")}
    wrong = KnowledgeGraph("g", "s", names, (Triple("cough", IS_A, "lung"), Triple("wheeze", IS_A, "lung"), Triple("rash", IS_A, "skin")))
    few = Examples(("he has a cough", "she has a rash"), np.array([0, 0]), np.zeros(2))  # the second label contradicts the graph
    data = replace(DATA, classes=("lung", "skin"), train=few, graph=wrong, class_entities={"lung": 0, "skin": 1})
    assert {one.text for one in written("siblings", data=data, rows=(np.arange(2),), amount=2)} == {"he has a wheeze"}
    assert written("neighbours", data=data, rows=(np.arange(2),)) == [], "the only neighbours are classes, whose names would be a shortcut"


def test_the_models_filter_keeps_what_stays_near_its_class_and_needs_a_model() -> None:
    def embed(texts):
        return np.array([[1.0, 0.0] if "a" in text else [0.0, 1.0] for text in texts], np.float32)

    known = NearestClass(["a", "b"], np.array([0, 1]), embed)
    near, far = Written(0, 0, "a a", 0, "synonyms", "", ""), Written(0, 0, "x", 0, "synonyms", "", "")
    lost = Written(0, 2, "x", 0, "synonyms", "", "")  # its original lies on the wrong side already
    assert known.kept([near, far, lost], ["a", "b", "b"]) == [near, lost]
    with pytest.raises(ConfigError, match="pretrained"):
        written("synonyms", filter="model")


def test_the_run_trains_on_what_a_client_wrote_and_the_test_stays() -> None:
    plain = config()
    some = plain.updated({"augmentation.name": "graph", "augmentation.amount": 1.0, "augmentation.least_content": 0.0})
    data, before = load(some), shards(some, load(some))
    more, after = augmented(some, data, before)
    assert augmented(plain, data, before) == (data, before)
    assert len(more.train) > len(data.train) and more.test is data.test
    assert more.train.texts[: len(data.train)] == data.train.texts
    for old, new in zip(before.train, after.train, strict=True):
        assert list(new[: len(old)]) == list(old) and all(row >= len(data.train) for row in new[len(old) :])
    assert sorted(row for rows in after.train for row in rows) == list(range(len(more.train)))

"""The medical scenarios on the real carriers: nothing of the test is in the training, and every class and hospital is in both."""

from collections import Counter

import numpy as np
import pytest

from fedviz.carriers.derived import load_derived
from fedviz.carriers.store import is_present
from fedviz.core.registry import SCENARIOS
from fedviz.scenarios.base import ScenarioData

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not (is_present("icd10cm") and is_present("hpo")), reason="the carriers are not in the data folder; run `python -m fedviz fetch`"),
]
NAMES = ("medicine-coding", "medicine-vignettes", "medicine-vignettes-zh")


def loaded(name: str, seed: int = 0, **options: object) -> ScenarioData:
    """A scenario with these options."""
    entry = SCENARIOS.get(name)
    return entry.load(entry.options(**options), seed)


@pytest.mark.parametrize("name", NAMES)
def test_every_class_and_every_hospital_is_in_both_parts(name: str) -> None:
    data = loaded(name)
    for part in (data.train, data.test):
        assert set(part.labels.tolist()) == set(range(len(data.classes)))
        assert set(part.parties.tolist()) == set(range(len(data.parties)))
        assert all(text.strip() for text in part.texts)
    few = loaded(name, labels_per_class=4)
    assert set(Counter(few.train.labels.tolist()).values()) == {4}
    assert few.test.texts == data.test.texts
    assert set(few.train.texts) <= set(data.train.texts)


@pytest.mark.parametrize("name", NAMES)
def test_the_graph_holds_phenotypes_and_is_a_alone(name: str) -> None:
    graph = loaded(name).graph
    assert graph.relations == ("is_a",)
    assert all(end.startswith("HP:") for triple in graph.triples for end in (triple.head, triple.tail))


@pytest.mark.parametrize("seed", [0, 1])
def test_no_three_character_category_is_in_both_parts(seed: int) -> None:
    data = loaded("medicine-coding", seed, train_texts=100_000, test_texts=100_000)
    categories: dict[str, set[str]] = {}
    for words, _, category, *_ in load_derived("icd10cm-phrases")["phrases"]:
        categories.setdefault(words.lower(), set()).add(category)
    # a phrase that stands in several categories is kept once, so only those of one category say which one they are of
    train, test = ({next(iter(categories[text.lower()])) for text in part.texts if len(categories[text.lower()]) == 1} for part in (data.train, data.test))
    assert len(train) > 500 and len(test) > 150 and all(len(category) == 3 for category in train | test)
    assert not train & test
    assert not {text.lower() for text in data.train.texts} & {text.lower() for text in data.test.texts}


def test_vignettes_have_24_equally_frequent_diseases_or_more() -> None:
    data = loaded("medicine-vignettes")
    assert len(data.classes) >= 24
    assert np.bincount(data.train.labels).tolist() == [len(data.train) // len(data.classes)] * len(data.classes)

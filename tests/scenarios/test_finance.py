"""The finance scenarios on the real carriers: what they promise, and that no label leaks.

Edges looked at in `finance-lines`: (line item, is_a, standard concept) and (standard concept, is_a, section), by which the label of a line item came about; (line item, part_of, heading), since a
heading such as "current assets" names a section. In `finance-merchants`: none is about a category code or a range; what is checked is that there is no such thing in the graph.
"""

import re
from statistics import mean

import numpy as np
import pytest

from fedviz.carriers import gaap
from fedviz.carriers.derived import load_derived
from fedviz.carriers.store import carrier_path, is_present
from fedviz.core.registry import SCENARIOS
from fedviz.kg.surface import fold
from fedviz.scenarios import finance_lines as lines
from fedviz.scenarios import finance_merchants as merchants
from fedviz.scenarios.linked import entities_of

pytestmark = pytest.mark.skipif(
    not all(map(is_present, ("gaap", "merchants", "isic"))), reason="the carriers gaap, merchants and isic are not in the data folder: run `python -m fedviz fetch`"
)
NAMES = ("finance-lines", "finance-merchants")


def loaded(name, seed=0, **options):
    entry = SCENARIOS.get(name)
    return entry.load(entry.options(**options), seed)


def plain(words):
    return " ".join(re.findall(r"\w+", fold(words)))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("seed", [0, 1])
def test_nothing_of_the_test_is_in_the_training_and_everything_is_in_both_parts(name, seed):
    data = loaded(name, seed)
    assert not {text.lower() for text in data.train.texts} & {text.lower() for text in data.test.texts}
    for part in (data.train, data.test):
        assert set(part.labels.tolist()) == set(range(len(data.classes)))
        assert set(part.parties.tolist()) == set(range(len(data.parties)))
        assert all(text.strip() for text in part.texts)


@pytest.mark.parametrize("name", NAMES)
def test_few_labels_are_a_part_of_all_and_leave_the_test_alone(name):
    data, few = loaded(name), loaded(name, labels_per_class=2)
    assert set(few.train.texts) <= set(data.train.texts) and few.test.texts == data.test.texts
    assert np.bincount(few.train.labels).tolist() == [2] * len(data.classes)


def test_no_line_item_is_in_the_graph_by_concept_or_by_name():
    data = loaded("finance-lines")
    names = {plain(name) for item in data.graph.entities.values() for name in (item.name, *item.synonyms)}
    assert not names & {plain(text) for text in data.train.texts + data.test.texts}
    concepts = {key.partition(":")[2] for key in data.graph.entities if key.startswith(("concept:", "heading:"))}
    texts = {plain(text) for text in data.train.texts + data.test.texts}
    own = {concept for words, _section, concept, _codes in load_derived("gaap-lines")["lines"] if plain(words) in texts}
    assert len(own) > 1900 and not own & concepts


def test_the_edges_that_made_a_label_are_there_for_no_text():
    """Without them the graph still leads to the sections: that is what it is for."""
    data = loaded("finance-lines")
    mapping = gaap._mappings(carrier_path("gaap", "gaap_mappings.json"))
    own = {concept for _words, _section, concept, _codes in load_derived("gaap-lines")["lines"]}
    assert all(mapping[concept]["section"] in lines.SECTIONS for concept in own)
    heads = {triple.head.partition(":")[2] for triple in data.graph.triples}
    assert not heads & own
    assert set(data.class_entities) <= set(data.graph.entities)
    assert all(data.graph.incoming(section) for section in data.class_entities)


def test_the_graph_of_merchants_knows_no_code_no_range_and_no_network():
    data = loaded("finance-merchants")
    assert data.graph.relations == ("is_a",)
    assert all(key.startswith(("isic:", "thing:")) for key in data.graph.entities)
    names = {plain(name) for item in data.graph.entities.values() for name in (item.name, *item.synonyms)}
    assert not names & {plain(network) for network in merchants.NETWORKS}
    assert not any(triple.tail.startswith("thing:") for triple in data.graph.triples)
    ranges = {plain(title) for title in merchants.RANGES}
    assert all(triple.head.startswith("thing:") for triple in data.graph.triples if plain(data.graph.entity(triple.head).name) in ranges), "a word such as transportation is below activities, and nothing is below it"


@pytest.mark.parametrize("seed", [0, 3])
def test_no_category_code_is_in_both_parts(seed):
    data = loaded("finance-merchants", seed)
    codes = {}
    for words, _publisher, code in load_derived("merchant-names")["names"]:
        codes.setdefault(words.lower(), set()).add(code)
    # a description of two codes says not which one it stands for
    train, test = ({code for text in part.texts if len(codes[text.lower()]) == 1 for code in codes[text.lower()]} for part in (data.train, data.test))
    assert len(train) > 150 and len(test) > 50 and not train & test


def test_every_industry_of_the_source_has_one_party():
    codes = [code for some in lines.INDUSTRIES.values() for code in some.split()]
    assert len(codes) == len(set(codes)) == 48
    assert {code for *_, own in load_derived("gaap-lines")["lines"] for code in own} <= set(codes)


def test_a_line_item_lies_at_an_industry_that_reports_it():
    data = loaded("finance-lines", 4)
    reported = {words: codes for words, _section, _concept, codes in load_derived("gaap-lines")["lines"]}
    parties = [set(some.split()) for some in lines.INDUSTRIES.values()]
    known = [(reported[text], party) for text, party in zip(data.train.texts, data.train.parties, strict=True) if reported[text]]
    assert len(known) > 200 and all(parties[party] & set(codes) for codes, party in known)


def test_what_the_warnings_say_is_so():
    rows = load_derived("gaap-lines")["lines"]
    assert mean(not codes for *_, codes in rows) == pytest.approx(0.75, abs=0.05)
    assert mean("current" in words.lower().split() or "noncurrent" in words.lower().split() for words, *_ in rows) == pytest.approx(0.25, abs=0.05)
    mapping = gaap._mappings(carrier_path("gaap", "gaap_mappings.json"))
    assert mean(mapping[concept]["confidence"] <= 0.5 for _words, _section, concept, _codes in rows) == pytest.approx(0.97, abs=0.01)


def test_how_many_texts_are_linked():
    for name, least in (("finance-lines", 0.3), ("finance-merchants", 0.4)):
        train, test = entities_of(loaded(name))
        assert mean(bool(entities) for entities in train + test) > least

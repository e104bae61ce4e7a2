"""Triples of sentences: what is said, what is denied and doubted, and that no text breaks it."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fedviz.core.errors import InputError
from fedviz.kg.construct.gazetteer import Gazetteer, from_list
from fedviz.kg.construct.negation import scopes, why_not
from fedviz.kg.construct.pipeline import ConstructOptions, Constructor
from fedviz.kg.construct.records import Document

GAZETTEER = Gazetteer(from_list(["Deafness; hearing loss", "Anemia", "Neoplasm", "Seizure; seizures", "糖尿病", "视力下降"]))


def built(text, **options):
    return Constructor(ConstructOptions(**{"head_nouns": False} | options), GAZETTEER).extract(Document(text))


def said(text, **options):
    return [(one.head.surface, one.relation, one.tail.value or one.tail.surface) for one in built(text, **options).triples]


@pytest.mark.parametrize(
    ("text", "triples"),
    [
        ("Anemia due to lead poisoning", [("Anemia", "due_to", "lead poisoning")]),
        ("Lead or noise induced hearing loss", [("hearing loss", "due_to", "Lead"), ("hearing loss", "due_to", "noise")]),
        ("Benign neoplasm of lip, with ulcer", [("Benign neoplasm", "located_in", "lip"), ("Benign neoplasm", "associated_with", "ulcer")]),
        ("Cyst and abscess of hand", [("Cyst", "located_in", "hand"), ("abscess", "located_in", "hand")]),
        ("Arthritis, wrist", [("Arthritis", "located_in", "wrist")]),
        ("Rickets [soft bones]", [("Rickets", "also_called", "soft bones")]),
        ("Mood change such as anger, fear or grief", [("anger", "is_a", "Mood change"), ("fear", "is_a", "Mood change"), ("grief", "is_a", "Mood change")]),
        ("Mumps causes deafness.", [("deafness", "due_to", "Mumps")]),
        ("Aspirin is used to treat headache.", [("Aspirin", "treats", "headache")]),
        ("Ulcer due to other specified conditions", []),
        ("A man with a dog", []),
        ("The cyst weighs 12 g.", [("cyst", "has_value", "0.012 kg")]),
    ],
)  # fmt: skip
def test_medicine(text, triples):
    assert said(text) == triples


def test_finance_and_manufacturing():
    assert said("Initech is a subsidiary of Globex.", domain="finance") == [("Initech", "subsidiary_of", "Globex")]
    assert said("Globex acquired Initech.", domain="finance") == [("Initech", "acquired_by", "Globex")]
    assert ("hydraulic hose", "has_problem", "leaking") in said("hydraulic hose leaking", domain="manufacturing")
    assert said("Replaced fuel filter", domain="manufacturing") == [("fuel filter", "has_action", "Replaced")]


def test_chinese_between_names_of_the_dictionary():
    assert said("糖尿病可引起视力下降。") == [("视力下降", "due_to", "糖尿病")]
    assert [one.held for one in built("糖尿病不是引起视力下降的原因，可能。").triples] == []


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("Anemia without seizures", "negated: without"), ("Deafness may be caused by noise.", "speculative: may"), ("Anemia with suspected deafness", "speculative: suspected"),
        ("Anemia with history of seizures", "history: history of"), ("No deafness due to noise", "negated: no"), ("Is deafness caused by noise?", "speculative: ?"), ("Anemia, not due to iron loss", "negated: not due to"),
    ],
)  # fmt: skip
def test_what_is_denied_or_doubted_is_held_back(text, why):
    one = built(text)
    assert one.triples == () and [fact.held for fact in one.held] == [why]


def test_a_denial_reaches_no_further_than_its_clause():
    assert said("Anemia without seizures, with deafness") == [("Anemia", "associated_with", "deafness")]
    assert why_not(scopes("It was not Acme Corp."), 11, 21) is not None  # the name ends with the full stop that ends the scope
    text = "No fever, but seizures"
    assert why_not(scopes(text), text.index("fever"), text.index("fever") + 5) is not None and why_not(scopes(text), text.index("seizures"), len(text)) is None


def test_a_new_thing_hangs_on_its_noun():
    assert ("Benign neoplasm", "is_a", "neoplasm") in said("Benign neoplasm of lip", head_nouns=True)


def test_known_things_alone_where_asked():
    assert said("Anemia due to lead, with deafness", new_things=False) == [("Anemia", "associated_with", "deafness")]


def test_less_sure_than_asked_is_held_back():
    one = built("Anemia with deafness", least_confidence=0.99)
    assert one.triples == () and one.held[0].held.startswith("unsure")


def test_cancelling_and_empty_texts():
    steps = Constructor(ConstructOptions(), GAZETTEER)
    assert [*steps.extract_many([Document("  "), Document("Anemia")])][0].document.text == "Anemia"
    with pytest.raises(InputError, match="nothing was written"):
        [*steps.extract_many([Document("Anemia")], cancelled=lambda: True)]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from(["anemia", "deafness", "with", "without", "of", ",", ";", ":", "(", ")", "[", "]", "due", "to", "not", "and", "or", "such", "as", "-", "hand", "3", "g", "糖尿病", "引起", ".", "?", "\n", "such", "[HL]", "induced", "-induced", "in", "may"]), max_size=25))
def test_no_text_breaks_it_and_no_triple_has_equal_ends(words):
    text = " ".join(words)
    if text.strip():
        for fact in (*built(text).triples, *built(text).held):
            assert fact.triple[0] != fact.triple[2] and fact.sentence in built(text).document.text


@pytest.mark.slow
def test_names_and_dependencies_by_spacy():
    text = "Globex Inc. bought Acme Corp in 2019. Hooli was not acquired by Acme Corp."
    one = Constructor(ConstructOptions(domain="finance", names=True, dependencies=True)).extract(Document(text))
    assert {"Globex Inc.", "Acme Corp"} <= {mention.surface for mention in one.mentions if mention.method == "name"}
    assert [fact.triple for fact in one.triples] == [("acme corp", "acquired_by", "globex inc")]
    assert {fact.triple for fact in one.held} == {("hooli", "acquired_by", "acme corp")}


def test_a_stage_is_an_attribute_and_a_range_is_no_thing():
    steps = Constructor(ConstructOptions(), Gazetteer(from_list(["Retinopathy of prematurity"])))
    assert [fact.triple for fact in steps.extract(Document("Retinopathy of prematurity, stage 4")).triples] == [("retinopathy of prematurity", "has_stage", "stage 4")]
    assert not steps.extract(Document("Exfoliation involving 40-49 percent of body surface")).triples

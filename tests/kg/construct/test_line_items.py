"""Line items of financial statements: what their cues tell, and what belongs to no end. None of these is a gold sentence."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedviz.kg.construct.gazetteer import Gazetteer, from_list
from fedviz.kg.construct.pipeline import ConstructOptions, Constructor
from fedviz.kg.construct.records import Document

STEPS = Constructor(ConstructOptions(domain="finance", head_nouns=False), Gazetteer(from_list(["Revenue", "Goodwill", "Cash", "Other liabilities", "Income taxes"])))


def said(text):
    one = STEPS.extract(Document(text))
    return [(fact.head.surface, fact.relation, fact.tail.surface) for fact in one.triples], [(fact.head.surface, fact.relation, fact.tail.surface) for fact in one.held]


@pytest.mark.parametrize(
    ("text", "facts", "held"),
    [
        ("Revenue from leased hotels", [("Revenue", "arises_from", "leased hotels")], []),
        ("Long term debt including current maturities", [("current maturities", "part_of", "Long term debt")], []),
        ("Intangible assets gross excluding goodwill", [], [("goodwill", "part_of", "Intangible assets")]),
        ("Deferred income other than contract liabilities", [], [("contract liabilities", "part_of", "Deferred income")]),
        ("Income loss attributable to parent", [("Income loss", "attributable_to", "parent")], []),
        ("Commissions payable to clearing organizations", [("Commissions payable", "owed_to", "clearing organizations")], []),
        ("Common stock held by subsidiary", [("Common stock", "owned_by", "subsidiary")], []),
        ("Recognized net loss due to settlements and curtailments", [("Recognized net loss", "due_to", "settlements"), ("Recognized net loss", "due_to", "curtailments")], []),
        ("Disposal group including discontinued operation other assets", [("discontinued operation", "part_of", "Disposal group"), ("other assets", "part_of", "Disposal group")], []),
        ("Assets held for sale not part of disposal group", [], [("Assets held for sale", "part_of", "disposal group")]),
        ("Equity securities other than temporary impairment", [], []),
        ("Income from leases net of tax attributable to parent", [("Income", "arises_from", "leases"), ("Income", "attributable_to", "parent")], []),
        ("Partners capital including portion attributable to minority interest", [("portion", "attributable_to", "minority interest")], []),
        ("Payments to acquire businesses", [], []),
    ],
)
def test_a_line_item_says(text, facts, held):
    found, back = said(text)
    assert sorted(found) == sorted(facts) and sorted(back) == sorted(held)


def test_a_sentence_is_read_as_before():
    assert said("Acme Bank was acquired by Globex Corporation.")[0] == [("Acme Bank", "acquired_by", "Globex Corporation")]


@pytest.mark.parametrize(("text", "names"), [("Cash flow hedge", []), ("Cash on hand", ["Cash"]), ("Liabilities other than debt", []), ("Income tax reconciliation", []), ("Deferred income tax", ["income tax"])])
def test_a_name_inside_another_thing_is_no_mention(text, names):
    assert [mention.surface for mention in STEPS.mentions(text) if mention.entity] == names


@given(st.text("aeinrst ofromtnglu,()", max_size=60))
def test_any_text_gives_ends_that_stand_in_it(text):
    one = STEPS.extract(Document(f"x {text}"))
    for fact in (*one.triples, *one.held):
        assert fact.head.surface in " ".join(one.document.text.split()) and fact.tail.surface in " ".join(one.document.text.split())

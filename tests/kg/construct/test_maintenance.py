"""What maintenance orders say: problems, actions, places, and what they do not say."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedviz.kg.construct.gazetteer import Gazetteer, from_list
from fedviz.kg.construct.maintenance import in_order
from fedviz.kg.construct.pipeline import ConstructOptions, Constructor
from fedviz.kg.construct.records import Document

STEPS = Constructor(ConstructOptions(domain="manufacturing"), Gazetteer(from_list(["leak; leaking; leaks", "hose", "changeout; c/o"])))


def said(text):
    return [(head.surface, relation, tail.surface) for head, relation, tail in in_order(text, [])]


@pytest.mark.parametrize(
    ("text", "triples"),
    [
        ("REPLACE BLOWN HOSE ON L/H ENGINE", [("HOSE", "has_action", "REPLACE"), ("HOSE", "has_problem", "BLOWN"), ("HOSE", "part_of", "ENGINE")]),
        ("Oil leak RH slew motor", [("slew motor", "has_problem", "Oil leak")]),
        ("Oil leak SHD24", [("Oil", "has_problem", "leak")]),
        ("R/H engine won't start", [("engine", "has_problem", "won't start")]),
        ("bolts l/h crowd cyl missing", [("bolts", "part_of", "crowd cyl"), ("bolts", "has_problem", "missing")]),
        ("Safety rails on cab broken", [("Safety rails", "part_of", "cab"), ("Safety rails", "has_problem", "broken")]),
        ("SLEW GEARBOX CHANGEOUT", [("SLEW GEARBOX", "has_action", "CHANGEOUT")]),
        ("reseal hoses & fittings", [("hoses", "has_action", "reseal"), ("fittings", "has_action", "reseal")]),
        ("Repair oil leak", [("oil", "has_problem", "leak")]),
        ("Relocate switch to stairs", [("switch", "has_action", "Relocate")]),
        ("SCV Labour 1 Fitter", []),
    ],
)
def test_an_order_says(text, triples):
    assert said(text) == triples


def test_a_problem_is_the_known_one_and_not_working_is_a_fact():
    (fact,) = STEPS.extract(Document("coolant leaks at hose")).triples
    assert fact.triple == ("hose", "has_problem", "leak")
    (fact,) = STEPS.extract(Document("horn not working")).triples
    assert (fact.triple, fact.held) == (("horn", "has_problem", "not working"), "")


def test_what_is_doubted_is_held_back():
    built = STEPS.extract(Document("possible broken spring"))
    assert not built.triples and [one.held for one in built.held] == ["speculative: possible"]


WORDS = st.sampled_from(["replace", "c/o", "leaking", "oil", "leak", "not", "working", "on", "@", "&", "l/h", "2", "x", "hose", "BUCKET,", "tooth", ".", "-", "(", ")", "start", "U/S", "Straße", "#", "/", "'"])


@given(st.lists(WORDS, max_size=12).map(" ".join))
def test_ends_are_parts_of_any_text(text):
    for head, _relation, tail in in_order(text, []):
        assert all(0 <= end.start < end.end <= len(text) and end.surface == " ".join(text[end.start : end.end].split()) for end in (head, tail))

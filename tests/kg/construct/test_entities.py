"""Mentions: spellings, abbreviations, overlaps, quantities, Chinese; laws that hold for any text."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fedviz.core.errors import InputError
from fedviz.kg.construct.entities import mentions, resolved, sentences
from fedviz.kg.construct.gazetteer import Gazetteer, from_list, is_abbreviation
from fedviz.kg.construct.quantities import dates, normalised, quantities
from fedviz.kg.construct.records import Found
from tests.kg.small import graph_of

WORDS = Gazetteer(
    graph_of([("rupture", "finding"), ("deaf", "finding")], {"rupture": ("Uterine rupture",), "deaf": ("Hearing impairment", "Deafness"), "type2": ("Diabetes mellitus type 2",), "ache": ("Ear ache",)})
)
CHINESE = Gazetteer(from_list(["糖尿病; 消渴症", "视力下降", "眼病"]))


def found(text, gazetteer=WORDS, **steps):
    return [(one.surface, one.entity, one.method) for one in mentions(text, gazetteer, **steps)]


@pytest.mark.parametrize(
    ("text", "surface", "entity"),
    [
        ("Rupture of the uterus during labor", "Rupture of the uterus", "rupture"), ("uterine ruptures", "uterine ruptures", "rupture"),
        ("Pre-existing type II diabetes mellitus", "type II diabetes mellitus", "type2"), ("hearing impairments", "hearing impairments", "deaf"),
    ],
)  # fmt: skip
def test_a_name_in_other_words_is_found(text, surface, entity):
    assert found(text) == [(surface, entity, "variant")]
    assert found(text, variants=False) == []


def test_words_of_a_name_that_stand_apart_are_none():
    assert found("rupture, uterine") == [] and found("ruptured aorta and uterus") == []


def test_an_abbreviation_that_the_text_defines_is_found_everywhere():
    text = "Hearing impairment (HI) is common. HI is treated."
    assert found(text) == [("Hearing impairment", "deaf", "exact"), ("HI", "deaf", "abbreviation"), ("HI", "deaf", "abbreviation")]
    assert found("HI is treated.") == []


@pytest.mark.parametrize(("short", "long", "is_one"), [("HFpEF", "Heart failure with preserved ejection fraction", True), ("EAS", "external anal sphincter", True), ("HL", "deafness", False), ("other", "otherwise seen", False)])
def test_abbreviations_follow_their_words(short, long, is_one):
    assert is_abbreviation(short, long) is is_one


def test_chinese_names_are_found_without_spaces():
    assert [(one.surface, one.entity) for one in mentions("患者有消渴症，并视力下降。", CHINESE)] == [("消渴症", "糖尿病"), ("视力下降", "视力下降")]


def test_the_longer_mention_wins_and_a_near_one_never_displaces():
    long, short = Found(0, 12, "a" * 12, "x", 1.0, "name"), Found(4, 9, "a" * 5, "y", 1.0, "exact")
    near = Found(0, 30, "a" * 30, "z", 0.99, "embedding")
    assert resolved([short, long, near]) == (long,)
    assert resolved([long._replace(method="exact", entity="w"), long]) == (long._replace(method="exact", entity="w"),)


@settings(max_examples=40, deadline=None)
@given(st.text(alphabet="hearing impt(HI).of uterusrpe,两个糖尿病 0129%kg", max_size=80))
def test_mentions_of_any_text_lie_in_it_without_overlap(text):
    some = mentions(text, WORDS)
    assert all(text[one.start : one.end] == one.surface for one in some)
    assert all(left.end <= right.start for left, right in zip(some, some[1:], strict=False))


@pytest.mark.parametrize(
    ("text", "value"),
    [("999 g. or less", "0.999 kg"), ("a 38-year-old man", "38 year"), ("1,200 psi", "8.27371e+06 Pa"), ("$3 million", "3000000 USD"), ("25 °C", "25 degC"), ("体重 60 公斤", "60 kg"), ("40 percent", "40 %"),
     ("1000-1249 grams", "1-1.249 kg"), ("for 6 hours to 24 hours", "6-24 h"), ("between 16 and 40 years", "16-40 year"), ("weeks 18 to 26 of", "126-182 day"), ("每次 5～10毫克", "0.000005-0.00001 kg"),
     ("Pressure ulcer, stage 4", "stage 4"), ("Hepatic fibrosis, stage f3", "stage F3"), ("in 2 and 5 cm", "0.05 m"), ("more than -4 SD", "-4 SD")],
)
def test_quantities_come_in_one_unit(text, value):
    assert [one.value for one in quantities(text)] == [value]


def test_numbers_without_a_unit_are_no_quantities():
    assert [*quantities("C4-C5, type 2, 3 in the morning, mp3 5x")] == []
    assert [*quantities("9" * 400 + " kg")] == []


@pytest.mark.parametrize(("text", "value"), [("on 3 May 2021", "2021-05-03"), ("May 3, 2021", "2021-05-03"), ("2021-5-3", "2021-05-03"), ("2021年5月3日", "2021-05-03")])
def test_dates_are_iso(text, value):
    assert [one.value for one in dates(text)] == [value]
    assert [*dates("31 February 2021")] == []


def test_units_convert_both_ways_alike():
    assert normalised("1", "week") == "7 day" and normalised("2.5", "inches") == normalised("6.35", "cm")


def test_sentences_end_where_they_end():
    text = "Mr. A. Smith has a 3.5 cm cyst. No pain! 他有糖尿病。视力下降"
    assert [text[start:end] for start, end in sentences(text)] == ["Mr. A. Smith has a 3.5 cm cyst.", "No pain!", "他有糖尿病。", "视力下降"]


def test_an_empty_list_of_names_is_one_sentence():
    with pytest.raises(InputError, match="at least one line"):
        from_list(["", " ; "])

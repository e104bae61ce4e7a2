"""Texts from outside: cleaned without being changed, or refused in one sentence."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedviz.core.errors import InputError
from fedviz.core.text import MAX_CHARACTERS, clean


@given(st.text(min_size=1, max_size=200))
def test_a_cleaned_text_is_stable_and_has_no_control_characters(text):
    try:
        once = clean(text)
    except InputError:
        return
    assert clean(once) == once == unicodedata.normalize("NFC", once)
    assert all(char in "\n\t" or unicodedata.category(char)[0] != "C" for char in once)


def test_letters_and_markup_stay():
    assert clean("  <b>Fe\u0301ver</b> & \u7c73\u03b1\u00df \r\nnext\t1 ") == "<b>F\u00e9ver</b> & \u7c73\u03b1\u00df \nnext\t1"


def test_control_characters_go():
    assert clean("a\x00b\x1b[31mc\u202ed\ufeff\x7f\ud800") == "ab[31mcd"


@pytest.mark.parametrize("text", ["", "   ", "\x00\x01", "\u200b\n"])
def test_an_empty_text_is_one_sentence(text):
    with pytest.raises(InputError, match="at least one visible character"):
        clean(text)


def test_a_text_of_a_hundred_thousand_characters_is_one_sentence():
    with pytest.raises(InputError, match="at most 20,000 characters, but this one has 100,000"):
        clean("a" * 100_000)
    assert clean("a" * MAX_CHARACTERS) == "a" * MAX_CHARACTERS
    with pytest.raises(InputError, match="A title must have at most 10"):
        clean("a" * 11, limit=10, what="title")

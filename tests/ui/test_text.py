"""Data as Markdown shows itself and does nothing; numbers read as a person would write them."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedviz.core.errors import InputError
from fedviz.ui.text import clean, duration, plain, size

MEANT = set("\\`*_{}[]()<>#+-.!|$~:&^=")


@given(st.text(max_size=300))
def test_plain_escapes_every_sign_of_markdown(text):
    shown = plain(text)
    position = 0
    while position < len(shown):
        if shown[position] == "\\":
            assert shown[position + 1] in MEANT
            position += 2
        else:
            assert shown[position] not in MEANT
            assert shown[position] >= " "
            position += 1


@given(st.text(max_size=300))
def test_plain_keeps_the_words(text):
    assert re.sub(r"\\(.)", r"\1", plain(text)) == clean(text, 400)


def test_one_line_and_no_direction_marks():
    assert clean("a\x00b\n\u202ec") == "a b c"
    assert clean("x" * 500, 10) == "x" * 9 + "…"


SAID = "The text has no triple 'a <b>'."


def test_an_error_says_its_sentence():
    assert clean(InputError(SAID)) == SAID
    assert plain(InputError(SAID)) == "The text has no triple 'a \\<b\\>'\\."


@pytest.mark.usefixtures("chinese")
def test_an_error_is_said_in_the_language_of_the_viewer_and_a_text_stays():
    assert clean(InputError(SAID)) == "这条文本没有三元组 'a <b>'。"
    assert plain(InputError(SAID)) == "这条文本没有三元组 'a \\<b\\>'。"
    assert clean(SAID) == SAID


@pytest.mark.parametrize(("count", "words"), [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (25_300, "25 kB"), (4_600_000, "4.6 MB"), (7.2e12, "7200 GB")])
def test_size(count, words):
    assert size(count) == words


@pytest.mark.parametrize(("seconds", "words"), [(0.2, "under a second"), (1, "1 s"), (89, "89 s"), (95, "2 min"), (5390, "90 min"), (9000, "2.5 h")])
def test_duration(seconds, words):
    assert duration(seconds) == words

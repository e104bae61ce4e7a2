"""A text reaches the model cleaned, whoever asks, and cleaned once and for all."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedviz.core.errors import InputError
from fedviz.core.text import MAX_CHARACTERS, clean
from fedviz.explain.influence import explain
from tests.models.small import trained_predictor

CLEAN = "The spoke is bent.\nF\u00e9ver <b>"
TRICKY = st.text(st.sampled_from(" \n\r\t\x00\x85\u200b\u2028\ufeff\ud800eA\u0301\u0327\u0958\u1100\u1161\u11a8\u212b\u2000<&"), min_size=1, max_size=12)


@given(TRICKY)
def test_cleaning_twice_changes_nothing(text: str) -> None:
    try:
        once = clean(text)
    except InputError:
        return
    assert clean(once) == once == unicodedata.normalize("NFC", once)


def test_an_accent_behind_a_removed_character_is_composed() -> None:
    assert clean("e\u200b\u0301") == "\u00e9"


def test_a_text_that_is_too_long_once_composed_is_one_sentence() -> None:
    with pytest.raises(InputError, match="at most 20,000 characters, but this one has 40,000"):
        clean("\u0958" * MAX_CHARACTERS)  # one character, but two in NFC


@pytest.mark.parametrize("text", [f" {CLEAN}\t", CLEAN.replace("\n", "\r\n"), unicodedata.normalize("NFD", CLEAN), CLEAN.replace("spoke", "sp\u200bo\x00ke")])
def test_texts_that_look_alike_are_one_text_to_the_model(text: str) -> None:
    assert trained_predictor().read(text) is trained_predictor().read(CLEAN)
    assert trained_predictor().read(text).text == CLEAN
    assert explain(trained_predictor(), text).logits == explain(trained_predictor(), CLEAN).logits

"""Texts from outside, made safe to work with: no control characters, one form of each letter, neither empty nor endless."""

import unicodedata

from fedviz.core.errors import InputError

MAX_CHARACTERS = 20_000


def clean(text: str, limit: int = MAX_CHARACTERS, what: str = "text") -> str:
    """`text` in Unicode form NFC, line ends as "\\n", other control characters removed, no white space around it. Cleaning twice changes nothing more.

    Markup stays what it is, a text with angle brackets: whoever shows it escapes it. Raises `InputError` where nothing is left, or where more than `limit`
    characters were given or are left (a few letters are several characters in NFC); `what` names the thing in that sentence.
    """
    _check_length(text, limit, what)
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    # category C: control and format characters, lone surrogates, private and unassigned code points; none of them is a letter
    kept = "".join(char for char in lines if char in "\n\t" or unicodedata.category(char)[0] != "C")
    # composed after that, since a letter and its accent may have had such a character between them
    composed = unicodedata.normalize("NFC", kept).strip()
    if not composed:
        raise InputError(f"A {what} must have at least one visible character, but this one is empty.")
    _check_length(composed, limit, what)
    return composed


def _check_length(text: str, limit: int, what: str) -> None:
    if len(text) > limit:
        raise InputError(f"A {what} must have at most {limit:,} characters, but this one has {len(text):,}.")

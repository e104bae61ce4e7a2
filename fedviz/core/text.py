"""Texts from outside, made safe to work with: no control characters, one form of each letter, neither empty nor endless."""

import unicodedata

from fedviz.core.errors import InputError

MAX_CHARACTERS = 20_000


def clean(text: str, limit: int = MAX_CHARACTERS, what: str = "text") -> str:
    """`text` in Unicode form NFC, line ends as "\\n", other control characters removed, no white space around it.

    Markup stays what it is, a text with angle brackets: whoever shows it escapes it. Raises `InputError` where nothing is left or more than `limit` characters
    were given; `what` names the thing in that sentence.
    """
    if len(text) > limit:
        raise InputError(f"A {what} must have at most {limit:,} characters, but this one has {len(text):,}.")
    composed = unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\r", "\n")
    # category C: control and format characters, lone surrogates, private and unassigned code points; none of them is a letter
    kept = "".join(char for char in composed if char in "\n\t" or unicodedata.category(char)[0] != "C").strip()
    if not kept:
        raise InputError(f"A {what} must have at least one visible character, but this one is empty.")
    return kept

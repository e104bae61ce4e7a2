"""A question as query parameters of the page's address: the text, the class that is looked at, what it is measured against, and the edits."""

from collections.abc import Mapping

from pydantic import ValidationError

from fedviz.core.errors import InputError
from fedviz.core.types import Record
from fedviz.explain.records import Edits

MAX_TEXT, MAX_EDITS = 2_000, 3_000
"""Characters; common browsers and servers carry addresses of at least 8,000."""


class Asked(Record):
    """What an address asks: a text, edits, a class and what its score is measured against (indices; -2: nothing, -1: the average class)."""

    text: str
    edits: Edits = Edits()
    target: int | None = None
    against: int | None = None


def to_query(asked: Asked) -> dict[str, str]:
    """The parameters. `InputError` where text or edits are too long for an address."""
    edits = "" if asked.edits == Edits() else asked.edits.model_dump_json(exclude_defaults=True)
    for name, words, limit in (("text", asked.text, MAX_TEXT), ("list of changes", edits, MAX_EDITS)):
        if len(words) > limit:
            raise InputError(f"A link carries a {name} of at most {limit:,} characters, but this one has {len(words):,}.")
    found = {"text": asked.text, "edits": edits} | {name: "" if value is None else str(value) for name, value in (("class", asked.target), ("against", asked.against))}
    return {name: value for name, value in found.items() if value}


def from_query(query: Mapping[str, str]) -> Asked | None:
    """What an address asks; None where it asks no text. `InputError` where its parameters are damaged."""
    text = query.get("text", "")
    if not text:
        return None
    if len(text) > MAX_TEXT:
        raise InputError(f"A link carries a text of at most {MAX_TEXT:,} characters, but this one has {len(text):,}.")
    try:
        edits = Edits.model_validate_json(query["edits"][: MAX_EDITS + 1]) if query.get("edits") else Edits()
        return Asked(text=text, edits=edits, target=_number(query.get("class")), against=_number(query.get("against")))
    except (ValidationError, ValueError):
        raise InputError("The changes in this link are damaged; ask for the link again.") from None


def _number(said: str | None) -> int | None:
    if said is None:
        return None
    if not said.lstrip("-").isdecimal() or len(said) > 6:
        raise ValueError(said)
    return int(said)

"""Attributes: quantities and dates of a sentence, tied to what they are said of. Missing links are proposed by `fedviz.kg.embed`, not here."""

import re
from collections.abc import Iterator, Sequence

from fedviz.kg.construct.negation import scopes, why_not
from fedviz.kg.construct.nouns import end_of
from fedviz.kg.construct.records import Extracted, Found

_TIES = re.compile(r"^\s*(?:of|is|was|are|were|measures?|measured|weighs|weighed|:|=|at|about|approximately|under|over|below|above|less than|more than|\s)*\s*$", re.IGNORECASE)
_COMMA = re.compile(r"^\s*,?\s*$")
_KINDS = {"stage": "has_stage", "grade": "has_grade"}
VALUE = "value pattern"
_OLD = re.compile(r"old\b|\byears?\b|岁", re.IGNORECASE)


def in_sentence(text: str, mentions: Sequence[Found]) -> Iterator[Extracted]:
    """(thing, has_value, has_stage, has_grade or dated, literal) where a value follows the thing with nothing but "of", "is", "weighs" and the like between; an age of a person is left out."""
    where = scopes(text)
    things = [one for one in mentions if one.method not in ("quantity", "date")]
    for value in mentions:
        if value.method not in ("quantity", "date") or _OLD.search(value.surface):
            continue
        kind = _KINDS.get(value.value.partition(" ")[0], "dated" if value.method == "date" else "has_value")
        ties = _COMMA if value.value.partition(" ")[0] in _KINDS else _TIES
        before = [one for one in things if one.end <= value.start and ties.match(text[one.end : value.start])]
        thing = max(before, key=lambda one: one.end, default=None) or _words(text, value, mentions)
        if thing:
            held = why_not(where, value.start, value.end)
            yield Extracted(thing, kind, value, VALUE, 0.7, text, f"{held.kind}: {held.trigger}" if held else "")


def _words(text: str, value: Found, mentions: Sequence[Found]) -> Found | None:
    """The noun phrase that a value is said of, where it stands right before a verb of measure: "The pump weighs 12 kg"."""
    found = re.search(r"([^,;.:()]+?)\s+(?:of|is|was|measures|weighs|weighed|measured)\s+(?:about\s+|approximately\s+)?$", text[: value.start])
    return end_of(text, found.start(1), found.end(1), mentions) if found else None

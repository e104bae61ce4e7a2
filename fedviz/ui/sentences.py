"""Sentences that were made in English before anybody asked for a language: errors, and reasons that a journal keeps.

`sentence(error)` finds the message that such a sentence was made from, takes the values out of their places and puts them into the translation. So
the blocks below the pages need no catalogue, and one journal reads well in every language. What no message fits stays as it is.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from string import Formatter

from fedviz.core.i18n import _
from fedviz.ui.foreign import told_rules
from fedviz.ui.i18n import Catalogue, in_use
from fedviz.ui.raised import is_data

MAX_SENTENCE = 1000
"""Characters; a longer text is nothing that the product said, and would take long to compare."""
_NUMBERED = re.compile(r"(\w+) (\d+)")
_AND_MORE = re.compile(r"(.+) and (\d+) more")
_TOGETHER = " + "


def sentence(said: object) -> str:
    """An error, or a sentence from elsewhere, in the language of this context; in English where the catalogue has no message that fits."""
    text = str(said)
    catalogue = in_use()
    return _translated(catalogue, text) if catalogue.sentences and len(text) <= MAX_SENTENCE else text


def called(name: str) -> str:
    """A name that a scenario gives, as the viewer reads it; a name that the catalogue lacks stays as it is.

    "Hospital 3" is the word for a party and its number; parties that are one client have their names joined.
    """
    if _TOGETHER in name:
        return _TOGETHER.join(map(called, name.split(_TOGETHER)))
    if more := _AND_MORE.fullmatch(name):
        first = called(more[1])
        return name if first == more[1] else _("{name} and {count} more").format(name=first, count=more[2])
    numbered = _NUMBERED.fullmatch(name)
    if numbered is None:
        return _(name)
    word = numbered[1].lower()
    return name if _(word) == word else f"{_(word)} {numbered[2]}"


@dataclass(frozen=True)
class _Frame:
    """A message with placeholders as a pattern of whole sentences. `data` names the placeholders whose values no language changes."""

    pattern: re.Pattern[str]
    translation: str
    data: frozenset[str]
    last: str
    """The placeholder at the very end, if there is one; the full stop of a sentence may then follow it."""
    letters: int
    """How much of a sentence the message itself says."""
    speaks: bool
    """Whether it says a word: `{rule}.` says none, and means nothing unless its value has a translation."""


class _Book:
    """All sentences of a language: whole ones, and frames in the order in which they are tried, the one that says most first."""

    def __init__(self, messages: Mapping[str, str]) -> None:
        frames = [_frame(message, translation) for message, translation in messages.items()]
        self._whole = {message: translation for message, translation in messages.items() if "{" not in message}
        self._frames = sorted((frame for frame in frames if frame.pattern.groups), key=lambda frame: -frame.letters)

    def find(self, text: str) -> str | None:
        """The translation of a sentence or of a part of one, or None where no message fits."""
        if text in self._whole:
            return self._whole[text]
        for frame in self._frames:
            match = frame.pattern.fullmatch(text)
            if match is None:
                continue
            raw = match.groupdict()
            values = {name: self._value(value, name in frame.data, name == frame.last) for name, value in raw.items()}
            if frame.speaks or values != raw:
                return frame.translation.format(**values)
        return None

    def _value(self, value: str, data: bool, last: bool = False) -> str:
        """What stands in a placeholder: a sentence, words or a name of ours, a list of these, or data."""
        found = None if data else self.find(value)
        if found is not None:
            return found
        if last and value.endswith("."):
            return self._value(value[:-1], data) + self._whole.get(".", ".")
        if data:
            return value
        words = [self._whole.get(part) for part in value.split(", ")]
        return self._whole.get(", ", ", ").join(map(str, words)) if all(words) else called(value)


def _frame(message: str, translation: str) -> _Frame:
    parts = [(literal, name) for literal, name, *_rest in Formatter().parse(message)]
    literals = [literal for literal, _name in parts] + [""]
    pattern, data = "", set()
    for number, (literal, name) in enumerate(parts):
        pattern += re.escape(literal)
        if name is not None:
            pattern += f"(?P<{name}>.*?)"
            if is_data(literal, literals[number + 1]):
                data.add(name)
    said = "".join(literals)
    last = parts[-1][1] or ""
    return _Frame(re.compile(pattern, re.DOTALL), translation, frozenset(data), last, len(said), any(map(str.isalpha, said)))


def _rules(catalogue: Catalogue) -> Iterable[tuple[str, str]]:
    return ((theirs, catalogue.gettext(ours)) for theirs, ours in told_rules())


@lru_cache(maxsize=8)
def _book(catalogue: Catalogue) -> _Book:
    return _Book(dict(_rules(catalogue)) | catalogue.sentences)


@lru_cache(maxsize=1024)
def _translated(catalogue: Catalogue, text: str) -> str:
    return _book(catalogue).find(text) or text

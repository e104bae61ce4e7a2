"""Sentences annotated by hand, and how extraction is scored against them. The form of the files is described in `tests/gold/README.md`."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from fedviz.core.errors import InputError
from fedviz.kg.construct.records import Extracted, Found

Said = tuple[str, str, str]


class GoldSentence(NamedTuple):
    """A sentence; `mentions`: (start, end, identifier); `triples` and `denied`: (head words, relation, tail words)."""

    text: str
    mentions: frozenset[tuple[int, int, str]]
    triples: frozenset[Said]
    denied: frozenset[Said]


class Score(NamedTuple):
    """Counts of one comparison: found and right, found, and annotated."""

    right: int
    found: int
    gold: int

    @property
    def precision(self) -> float:
        """Share of what was found that is right; 1 where nothing was found."""
        return self.right / self.found if self.found else 1.0

    @property
    def recall(self) -> float:
        """Share of what is annotated that was found; 1 where nothing is annotated."""
        return self.right / self.gold if self.gold else 1.0

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall."""
        total = self.precision + self.recall
        return 2 * self.precision * self.recall / total if total else 0.0


def read(path: Path) -> tuple[GoldSentence, ...]:
    """The sentences of a file; `InputError` names the line that cannot be read or whose words are not in its sentence."""
    found: list[GoldSentence] = []
    try:
        lines = path.read_text("utf-8").splitlines()
    except OSError:
        raise InputError(f"There are no gold sentences at {path.name}; they lie in the folder tests/gold of the source.") from None
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        if not line.startswith(" "):
            found.append(GoldSentence(line, frozenset(), frozenset(), frozenset()))
            continue
        kind, _, rest = line.strip().partition(" ")
        parts = [part.strip() for part in (rest.rpartition(" = ")[::2] if kind == "@" else rest.split(" | "))]
        if not found or kind not in "@+-" or len(parts) != (2 if kind == "@" else 3) or not all(parts):
            raise InputError(f"Line {number} of {path.name} is no mention (@ words = id) and no triple (+ or - head | relation | tail).")
        last = found[-1]
        if kind == "@":
            start = _place(last, parts[0])
            if start < 0:
                raise InputError(f"Line {number} of {path.name} names words that its sentence does not have: {parts[0][:60]!r}.")
            found[-1] = last._replace(mentions=last.mentions | {(start, start + len(parts[0]), parts[1])})
        elif kind == "+":
            found[-1] = last._replace(triples=last.triples | {_said(*parts)})
        else:
            found[-1] = last._replace(denied=last.denied | {_said(*parts)})
    return tuple(found)


def _place(sentence: GoldSentence, words: str) -> int:
    """Where the words stand first outside the mentions that are there already, as whole words before as parts of others; -1 where they do not."""
    places = (found.start() for form in (rf"(?<!\w)(?={re.escape(words)}(?!\w))", f"(?={re.escape(words)})") for found in re.finditer(form, sentence.text))
    return next((place for place in places if all(end <= place or start >= place + len(words) for start, end, _entity in sentence.mentions)), -1)


def score_mentions(pairs: Iterable[tuple[GoldSentence, Sequence[Found]]], linked: bool = True) -> Score:
    """Mentions of known entities by place and identifier (`linked`), or by place alone."""
    right = found = gold = 0
    for sentence, mentions in pairs:
        own = {(one.start, one.end, one.entity if linked else "") for one in mentions if one.entity}
        wanted = {(start, end, entity if linked else "") for start, end, entity in sentence.mentions}
        right, found, gold = right + len(own & wanted), found + len(own), gold + len(wanted)
    return Score(right, found, gold)


def score_values(pairs: Iterable[tuple[GoldSentence, Sequence[Found]]]) -> Score:
    """Quantities and dates by value and unit, as often as a sentence says them; the identifiers of the gold mentions are the values."""
    right = found = gold = 0
    for sentence, mentions in pairs:
        own, wanted = Counter(one.value for one in mentions if one.value), Counter(value for _start, _end, value in sentence.mentions)
        right, found, gold = right + (own & wanted).total(), found + own.total(), gold + wanted.total()
    return Score(right, found, gold)


def score_triples(pairs: Iterable[tuple[GoldSentence, Sequence[Extracted]]], relaxed: bool = False) -> Score:
    """Triples by the words of both ends and the relation; `relaxed`: each end needs only its last word, or one within the other."""
    right = found = gold = 0
    for sentence, triples in pairs:
        own = {words_of(one) for one in triples}
        found, gold = found + len(own), gold + len(sentence.triples)
        if relaxed:
            right += sum(any(_alike(one, other) for other in own) for one in sentence.triples)
        else:
            right += len(own & sentence.triples)
    return Score(right, found, gold)


def score_denied(pairs: Iterable[tuple[GoldSentence, Sequence[Extracted], Sequence[Extracted]]]) -> tuple[int, int, int]:
    """(held back, stored as facts, annotated) over the triples that sentences deny, from (sentence, facts, held)."""
    held = stored = gold = 0
    for sentence, facts, back in pairs:
        gold += len(sentence.denied)
        held += len(sentence.denied & {words_of(one) for one in back})
        stored += len(sentence.denied & {words_of(one) for one in facts})
    return held, stored, gold


def words_of(one: Extracted) -> Said:
    """A triple by the words of its ends, as the files write it."""
    return _said(one.head.surface, one.relation, one.tail.surface)


def _said(head: str, relation: str, tail: str) -> Said:
    return _plain(head), relation, _plain(tail)


def _plain(words: str) -> str:
    return " ".join(re.findall(r"[\w'/-]+", words.lower()))


def _alike(one: Said, other: Said) -> bool:
    ends = ((one[0], other[0]), (one[2], other[2]))
    return one[1] == other[1] and all(left == right or left in right or right in left or left.split()[-1:] == right.split()[-1:] for left, right in ends)

"""Relations in telegraphic phrases, such as those of ICD-10-CM: "Toxic liver disease with hepatic necrosis, without coma".

A phrase is cut at its cues. What stands before the first cue is what the phrase is about: cues such as "with" and "due to" attach to it, others ("in", "during", "such as") to what stands
right before them. Round brackets hold what may be left out, square ones other names (conventions of ICD-10-CM).
"""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from fedviz.kg.construct.gazetteer import is_abbreviation
from fedviz.kg.construct.nouns import bare, conjuncts, end_of, is_body, is_state, says_nothing, widened
from fedviz.kg.construct.patterns import Cue
from fedviz.kg.construct.records import Extracted, Found, inside

_ROUND = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
_COMPOUND = re.compile(r"(?:[- ]induced|-associated)(?![\w-])(?!\s+by\b)", re.IGNORECASE)
_SQUARE = re.compile(r"\[([^\[\]]+)\]|\(([A-Za-z][\w-]{1,9})\)")
_INSIDE = re.compile(r"\(([\w-]+)-(associated|induced)\)", re.IGNORECASE)
_LEAD = re.compile(r"\s*(?:maternal care for|encounter for|sequelae of|referred for)\s+(?:\(suspected\)\s+)?", re.IGNORECASE)
_CUT = re.compile(r"\s+(?:at|on|by|for|as|from|not)\s", re.IGNORECASE)
_NOT_IN_PHRASES = frozenset(("of", "and other", "or other", "part of"))
_OF = re.compile(r"\s+(?:of|to)\s+", re.IGNORECASE)
_LIST = re.compile(r"^\s*(?:and|or)\b|\s(?:and|or)\s", re.IGNORECASE)


class _Segment(NamedTuple):
    """A part between cues: the ends that it names, and the body parts of the first of them."""

    heads: list[Found]
    sites: list[tuple[Found, Found]]
    loose: list[Found]


def in_phrase(text: str, mentions: Sequence[Found], some: tuple[Cue, ...], pattern: re.Pattern[str]) -> Iterator[tuple[Found, Cue, Found, str]]:
    """(head, cue, tail, trigger) of each relation in a phrase; the trigger is what denies it, or empty."""
    masked = _ROUND.sub(lambda found: found.group() if found.group().lower() == "(due to)" else " " * len(found.group()), text)
    by_words = {cue.words: cue for cue in some}
    places = [(found.start(), found.end(), by_words[" ".join(found.group().lower().split())]) for found in pattern.finditer(masked) if found.group().lower() not in _NOT_IN_PHRASES and not _within(mentions, found) and not re.match(r"in\s+situ\b", masked[found.start() :], re.IGNORECASE)]
    lead = _LEAD.match(masked)
    borders = [(0, lead.end() if lead else 0), *((start, end) for start, end, _cue in places), (len(masked), len(masked))]
    segments = []
    for (_before, start), (end, _after) in pairwise(borders):
        start, compounds = _compounds(masked, start, end, mentions)
        segment = _segment(masked, start, end, mentions)
        segments.append(segment)
        for relation, cause, denied in compounds:
            yield from ((head, Cue(relation, relation), cause, denied) for head in segment.heads)
    main = segments[0].heads
    for number, (segment, (start, end, cue)) in enumerate(zip(segments[1:], places, strict=True)):
        for right in segment.heads:
            if (cue.words == "in" and not is_state(right.surface)) or (cue.relation == "located_in" and not is_body(right.surface)):
                continue
            for left in main if cue.main else segments[number].heads:
                yield (right, cue, left, "") if cue.reverse else (left, cue, right, masked[start:end].lower() if cue.denied else "")
    site = Cue("of", "located_in", confidence=0.85)
    for segment in segments:
        yield from ((head, site, place, "") for head, place in segment.sites)
        yield from ((head, site, place, "") for place in segment.loose for head in main)
    yield from _other_names(text, borders, mentions, main)


def _segment(text: str, start: int, end: int, mentions: Sequence[Found]) -> _Segment:
    """The ends in `text[start:end]`: a list over commas, or one piece and body parts behind commas."""
    cuts = [start, *(found.end() for found in re.finditer(",", text[:end]) if found.start() >= start and not _within(mentions, found)), end]
    pieces = [(low, high) for low, high in pairwise(cuts) if text[low:high].strip(" ,")]
    heads: list[Found] = []
    sites: list[tuple[Found, Found]] = []
    loose: list[Found] = []
    listed = len(pieces) > 1 and bool(_LIST.search(text[slice(*pieces[-1])])) and not is_body(text[slice(*bare(text, *pieces[-1]))])
    for number, (low, high) in enumerate(pieces):
        if number and not listed:
            loose += [found for span in conjuncts(text, *bare(text, low, high)) if is_body(text[slice(*span)]) and not any(one.entity and inside(one, *span) for one in mentions) and (found := end_of(text, *span, ()))]
            continue
        new, places = _piece(text, low, high, mentions)
        heads += new
        sites += [(head, place) for head in (heads if listed else new) for place in places]
    return _Segment(heads, sites, loose)


def _piece(text: str, start: int, end: int, mentions: Sequence[Found]) -> tuple[list[Found], list[Found]]:
    """The ends of one piece, without what follows "of", and the body parts that follow it."""
    end = next((one.start() for one in _CUT.finditer(text, start, end) if one.start() > start and not _within(mentions, one)), end)
    found = next((one for one in _OF.finditer(text, start, end) if not _within(mentions, one)), None)
    low, high = bare(text, start, found.start() if found else end)
    places: list[Found] = []
    if found and says_nothing(text[low:high]):
        whole = end_of(text, low, end, mentions)
        return [whole] if whole else [], []
    if found:
        cuts = [found.end(), *(one.end() for one in _OF.finditer(text, found.end(), end))]
        ends = [*(one.start() for one in _OF.finditer(text, found.end(), end)), end]
        parts = [[span for span in conjuncts(text, *part) if is_body(text[slice(*span)])] for part in zip(cuts, ends, strict=True)]
        places = [place for span in next((part for part in reversed(parts) if part), []) if (place := end_of(text, *span, ()))]
    heads = [one for span in conjuncts(text, low, high) if span[1] > span[0] and (one := end_of(text, *widened(*span, mentions), mentions))]
    return heads, places


def _compounds(text: str, start: int, end: int, mentions: Sequence[Found]) -> tuple[int, list[tuple[str, Found, str]]]:
    """Where the noun begins after "drug or chemical induced", and (relation, cause, what denies it) of each cause."""
    found = next((one for one in _COMPOUND.finditer(text, start, end) if not _within(mentions, one)), None)
    if not found or not text[found.end() : end].strip():
        return start, []
    relation = "due_to" if found.group().lower().endswith("induced") else "associated_with"
    causes = [one for span in conjuncts(text, *bare(text, start, found.start())) if (one := end_of(text, *span, mentions))]
    return found.end(), [(relation, one, "non-" if one.surface.lower().startswith("non-") else "") for one in causes]


def _other_names(text: str, borders: Sequence[tuple[int, int]], mentions: Sequence[Found], main: Sequence[Found]) -> Iterator[tuple[Found, Cue, Found, str]]:
    """Names in square brackets, abbreviations in either, and "(HTLV-1-associated)"."""
    for found in _SQUARE.finditer(text):
        short = found[1] or found[2]
        start = _defined(text, found.start(), short)
        if start is None and found[1] and re.match(r"\s*(?:$|,|with|of|in|due)", text[found.end() :]):
            start = max(end for _low, end in borders if end <= found.start())
            cut = [one.end() for one in _OF.finditer(text, start, found.start()) if not _within(mentions, one)]
            start = cut[-1] if cut else start
        if start is not None:
            head = end_of(text, *widened(*bare(text, start, found.start()), ()), mentions)
            inner = found.start() + 1
            if head and short[:1].isalpha():
                yield head, Cue("[]", "also_called"), Found(inner, inner + len(short), short, "", 0.9, "phrase"), ""
    for found in _INSIDE.finditer(text):
        cause = end_of(text, found.start(1), found.end(1), mentions)
        for head in main if cause else ():
            yield head, Cue("()", "due_to" if found[2].lower() == "induced" else "associated_with"), cause, ""  # type: ignore[misc]


def _defined(text: str, end: int, short: str) -> int | None:
    """Where the words begin that `short` abbreviates, of those right before `end`; None where it abbreviates none."""
    starts = [found.start() for found in re.finditer(r"[\w-]+", text[:end])][-(len(short) + 3) :]
    return next((start for start in reversed(starts) if text[start].lower() == short[0].lower() and is_abbreviation(short, text[start:end].strip())), None)


def _within(mentions: Sequence[Found], found: re.Match[str]) -> bool:
    """Whether a match lies inside a mention of the gazetteer."""
    return any(one.start < found.start() and one.end > found.end() for one in mentions if one.entity)


def unique(found: Sequence[Extracted]) -> list[Extracted]:
    """Each triple of a sentence once, the surest first; none with equal ends."""
    best: dict[tuple[str, str, str, bool], Extracted] = {}
    for one in sorted(found, key=lambda one: -one.confidence):
        if one.triple[0] != one.triple[2]:
            best.setdefault((*one.triple, bool(one.held)), one)
    return sorted(best.values(), key=lambda one: (one.head.start, one.tail.start))

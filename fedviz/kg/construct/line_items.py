"""Relations in line items of financial statements: "Income loss from discontinued operations net of tax attributable to reporting entity".

A line item is cut at its cues. What stands before the first cue is what the line item is about; words of measurement behind a noun ("net", "current", "before tax") say how it is measured and
belong to no end. Written on the names of concepts of the US GAAP Financial Reporting Taxonomy, whose commas and brackets are lost when a concept's name is split into words.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from fedviz.kg.construct.nouns import conjuncts, says_nothing
from fedviz.kg.construct.patterns import LINE_ITEMS, Cue, matcher
from fedviz.kg.construct.records import Found

_MATCHER = matcher(LINE_ITEMS)
_BY_WORDS = {cue.words: cue for cue in LINE_ITEMS}
_MEASURE = re.compile(
    r"\s+(?:(?:current|noncurrent)\s+and\s+(?:current|noncurrent)|net\s+of\s+(?:related\s+)?(?:tax|taxes|discount|reserves|allowance)|net|gross|current|noncurrent|(?:before|after)\s+(?:income\s+)?tax(?:es)?|"
    r"(?:before|after)\s+(?:allowance\s+for\s+(?:credit|loan)\s+loss(?:es)?|accumulated\s+depreciation)|at\s+(?:fair|carrying)\s+value|at\s+cost|fair\s+value\s+disclosure|(?:carrying\s+)?amount|value|amortized\s+cost|"
    r"arising\s+during\s+(?:the\s+)?period|portion|tax|basic|diluted)$",
    re.IGNORECASE,
)
_DISPOSAL = re.compile(r"\b(?P<group>disposal\s+groups?)\s+including\s+(?P<operation>discontinued\s+operations?)\b", re.IGNORECASE)
_OWNED = re.compile(r"(?P<thing>\w[\w\s]*?)\s+(?:\w+\s+or\s+)?(?P<owner>\w+)\s+owned\b(?=\s+(?:amount|change|net|gross|current|noncurrent)\b|$)", re.IGNORECASE)
_RECEIPT = re.compile(r"\b(?:gains?|loss(?:es)?|income|revenues?|proceeds|earnings|advances|expenses?|receivables?)$", re.IGNORECASE)
_IMPAIRMENT = re.compile(r"\s*temporary\b", re.IGNORECASE)


def is_line(text: str) -> bool:
    """Whether a text is written like a line item: no stop at its end, no name in it, no verb that only sentences have."""
    return not re.search(r"[.!?]\s*$|(?<=\w[\s(])[A-Z][a-z]|\b(?:is|are|was|were|has|have|had|will)\b", text)


def in_line(text: str, mentions: Sequence[Found]) -> Iterator[tuple[Found, Cue, Found, str]]:
    """(head, cue, tail, trigger) of each relation in a line item; the trigger is what denies it, or empty. `mentions` are those of the gazetteer."""
    part = Cue("disposal group", "part_of", confidence=0.8)
    for found in _DISPOSAL.finditer(text):
        group, operation = (_end(text, *found.span(name), mentions) for name in ("group", "operation"))
        before = re.search(r"\s+of\s+$", text[: found.start()])
        item = _end(text, *((0, before.start()) if before else (found.end(), len(text))), mentions)
        for head in (item, operation) if group else ():
            if head:
                yield head, part, group, ""  # type: ignore[misc]
        if found.start() == 0 or before:
            return
    for found in _OWNED.finditer(text):
        thing, owner = (_end(text, *found.span(name), mentions) for name in ("thing", "owner"))
        if thing and owner and owner.surface.lower() in _OWNERS:
            yield thing, Cue("owned", "owned_by"), owner, ""
    yield from _by_cues(text, mentions)


_OWNERS = frozenset("bank banks corporate company parent subsidiary franchisor employee employees".split())  # noqa: SIM905


def _by_cues(text: str, mentions: Sequence[Found]) -> Iterator[tuple[Found, Cue, Found, str]]:
    places = [(found, _BY_WORDS[" ".join(found.group().lower().split())]) for found in _MATCHER.finditer(text)]
    places = [(found, cue) for found, cue in places if not (cue.words == "other than" and _IMPAIRMENT.match(text, found.end()))]
    if not places:
        return
    # what cuts a noun phrase: all cues, but an "on" or "from" only behind a gain, an income or the like
    kept = [(found, cue) for number, (found, cue) in enumerate(places) if _counts(text, found.start(), cue, number)]
    borders = [0, *(place for found, _cue in kept for place in found.span()), len(text)]
    spans = [(borders[number], borders[number + 1]) for number in range(0, len(borders), 2)]
    main = _end(text, *spans[0], mentions)
    for (before, after), (found, cue) in zip(pairwise(spans), kept, strict=True):
        start, stop = _bare(text, *before)
        left = Found(start, stop, text[start:stop], "", 0.7, "phrase") if text[start:stop].lower() == "portion" else main
        for span in conjuncts(text, *after) if cue.relation == "due_to" else (after,):
            right = _end(text, *span, mentions)
            if left and right and not right.surface.lower().startswith("portion"):
                ends = (right, left) if cue.reverse else (left, right)
                yield ends[0], cue, ends[1], found.group().lower() if cue.denied else ""


def _bare(text: str, start: int, end: int) -> tuple[int, int]:
    """A span without spaces, punctuation, articles and conjunctions at its ends; "other" stays, which says something in a line item."""
    inner = re.match(r"(?:[\W_]|(?:a|an|the|and|or)\s)*", text[start:end], re.IGNORECASE)
    start += inner.end() if inner else 0
    return start, max(start, start + len(re.sub(r"(?:[\W_]|\s(?:and|or))+$", "", text[start:end], flags=re.IGNORECASE)))


def _counts(text: str, start: int, cue: Cue, number: int) -> bool:
    """Whether a preposition tells a relation here: the first one behind a gain, an income or the like; "to" behind what is payable."""
    before = text[:start].rstrip()
    if cue.words == "to":
        return bool(re.search(r"\b(?:payables?|owed)$", before, re.IGNORECASE))
    return cue.relation != "arises_from" or (number == 0 and bool(_RECEIPT.search(before)))


def _end(text: str, start: int, end: int, mentions: Sequence[Found]) -> Found | None:
    """The end that a span names, without words of measurement: the mention of just these words where there is one; None where it names nothing."""
    start, end = _bare(text, start, end)
    while found := _MEASURE.search(text[start:end]):
        end = start + found.start()
    same = next((one for one in mentions if one.entity and (one.start, one.end) == (start, end)), None)
    words = text[start:end]
    if end - start < 2 or says_nothing(words) or len(words.split()) > 9:
        return None
    return same or Found(start, end, " ".join(words.split()), "", 0.7, "phrase")

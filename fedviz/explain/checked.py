"""A language model's words about a prediction, held against the exact contributions: refused where a number or a name is not theirs."""

import re
from collections.abc import Callable, Iterable, Sequence

from fedviz.core.errors import InputError
from fedviz.explain.paragraph import Fact, facts, paragraph
from fedviz.explain.records import Explanation
from fedviz.kg.surface import fold

Rewrite = Callable[[str], str]
"""A paragraph to the same in a model's words."""
_NUMBER = re.compile(r"(?<![\w.])([+\-\u2212\u2013]?)(\d+(?:,\d{3})*(?:\.\d+)?)(\s*%|\s+per\s?cent)?(?!\w)")
_WORDS = re.compile(r"\b(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty|thirty|forty|fifty|hundred|thousand|million|dozen|half|twice|double|triple[sd]?\s+(?:the|its)|third|quarter)\b", re.IGNORECASE)
_LESS = re.compile(r"\b(?:against|lower\w*|less|fewer|reduc\w*|decreas\w*|minus|negative\w*|subtract\w*|down|weaken\w*|los\w+|drop\w*|fall\w*|away)\b", re.IGNORECASE)
_SENTENCE = re.compile(r"(?<=[.!?])\s+")


def reworded(influence: Explanation, rewrite: Rewrite, known: Iterable[str]) -> str:
    """The paragraph in the words of a language model. `known`: names of entities that it might name. `InputError` with the reason where a number or name differs, or none is left."""
    text = " ".join(rewrite(paragraph(influence, str)).split())
    trouble = difference(influence, text, known)
    if trouble:
        raise InputError(trouble)
    return text


def difference(influence: Explanation, text: str, known: Iterable[str]) -> str:
    """Why a text about a prediction is refused, in one sentence; empty where every number and every name in it is right."""
    said = facts(influence)
    own = {fold(name) for name in _names(influence)}
    template, folded = fold(paragraph(influence, str)), fold(text)
    others = {name for name in {*influence.classes, *known} if (low := fold(name)) in folded and low not in template and low not in own}
    foreign = sorted((name for name in others if _has(text, name)), key=lambda name: (-len(name), name))
    covered = [span for name in own for span in _spans(text, name)]
    for name in foreign:
        if any(not any(low <= start and end <= high for low, high in covered) for start, end in _spans(text, name)):
            return f"The language model's words must name what the prediction names, but they name {name[:80]!r}."
    if word := _WORDS.search(_without(text, own)):
        return f"Numbers must be written in digits, so that they can be checked, but the language model writes {word.group()!r}."
    seen = False
    for sentence in _SENTENCE.split(text):
        names = [fold(name) for name in _names(influence) if _has(sentence, name)]
        for number in _NUMBER.finditer(_without(sentence, own)):
            seen = True
            if not any(_is(fact, number, sentence, names) for fact in said):
                return f"Every number must be one of the contributions, beside the name that it belongs to, but the language model writes {number.group().strip()!r}."
    if influence.contributions and not seen:
        return "The language model's words must tell at least one number of the prediction, but they tell none."
    if not _has(text, influence.classes[influence.predicted]):
        return f"The language model's words must name the answer {influence.classes[influence.predicted][:80]!r}, but they do not."
    return ""


def _is(fact: Fact, number: re.Match[str], sentence: str, names: Sequence[str]) -> bool:
    """Whether a number in a sentence is this fact: the same value at the places that are written, with its sign said, and beside its name where the sentence has names."""
    sign, digits, percent = number.groups()
    value, places = float(digits.replace(",", "")), len(digits.partition(".")[2])
    is_share = fact.written[0].isdigit() and fact.written != "0.00"
    if bool(percent) != is_share or round(abs(fact.value), places) != value or places < len(fact.written.partition(".")[2]):
        return False
    if not is_share and fact.value:
        negative = sign not in ("", "+") if sign else bool(_LESS.search(sentence))
        if negative != (fact.value < 0):
            return False
    elif sign not in ("", "+"):
        return False
    return not fact.names or not names or any(fold(name) in names for name in fact.names)


def _names(influence: Explanation) -> list[str]:
    """What a text about this prediction may name: the classes that the paragraph names, the ends of the triples, what the text mentions."""
    alone = max(range(len(influence.classes)), key=lambda index: influence.text_probabilities[index])
    ends = [name for c in influence.contributions for name in (c.head_name, c.tail_name)]
    return list(dict.fromkeys((influence.classes[influence.predicted], influence.classes[alone], *ends, *(mention.entity_name for mention in influence.mentions))))


def _spans(text: str, name: str) -> list[tuple[int, int]]:
    return [found.span() for found in re.finditer(rf"(?<!\w){re.escape(fold(name))}(?!\w)", fold(text))]


def _has(text: str, name: str) -> bool:
    return bool(_spans(text, name))


def _without(text: str, names: Iterable[str]) -> str:
    """The text with these names blanked out: "type 1 diabetes" holds no number of the prediction."""
    for name in sorted(names, key=len, reverse=True):
        for start, end in _spans(text, name):
            text = text[:start] + " " * (end - start) + text[end:]
    return text

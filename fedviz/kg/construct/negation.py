"""What a sentence denies or doubts: triggers with a scope, after NegEx and ConText.

Chapman et al., A simple algorithm for identifying negated findings and diseases in discharge summaries, Journal of Biomedical Informatics 34 (2001);
Harkema et al., ConText, the same journal 42 (2009). The scope runs from the trigger to the end of its clause or to a word that ends it.
"""

import re
from typing import Literal, NamedTuple

Kind = Literal["negated", "speculative", "history"]


class Scope(NamedTuple):
    """A part `text[start:end]` that is not said to be so, why, and the words that say it."""

    start: int
    end: int
    kind: Kind
    trigger: str


def _words(*phrases: str) -> str:
    return "|".join(re.escape(phrase).replace(r"\ ", r"\s+") for phrase in sorted(phrases, key=len, reverse=True))


_PSEUDO = re.compile(r"\b(?:not only|no increase|no change|without difficulty|not certain (?:if|whether)|not necessarily|no further|gram negative|not otherwise specified|not elsewhere classified)\b", re.IGNORECASE)
_AHEAD: dict[Kind, str] = {
    "negated": _words(
        "without mention of", "without evidence of", "no evidence of", "no sign of", "no signs of", "in the absence of", "negative for", "free of", "ruled out", "rules out", "never had", "never", "neither", "denies", "denied", "without",
        "excluding", "excludes", "except for", "except", "rather than", "not", "no", "cannot", "isn't", "wasn't", "doesn't", "didn't", "don't",
    ),
    "speculative": _words(
        "suspected", "suspicion of", "possible", "possibly", "probable", "probably", "likely", "may", "might", "could", "suggestive of", "suggests", "questionable", "presumed", "threatened", "rule out", "to exclude", "risk of", "at risk for",
        "consider", "cannot exclude", "appears to", "said to", "allegedly", "reportedly", "perhaps",
    ),
    "history": _words("family history of", "personal history of", "past history of", "history of", "status post", "previous", "formerly"),
}  # fmt: skip
_BEHIND: dict[Kind, str] = {
    "negated": _words("was ruled out", "were ruled out", "is ruled out", "has been ruled out", "is absent", "are absent", "was absent", "not seen", "not found", "not present", "unlikely", "was denied"),
    "speculative": _words("is suspected", "was suspected", "is possible", "cannot be excluded", "to be confirmed", "if present"),
}
_AHEAD_RE = re.compile("|".join(rf"(?P<{kind}>\b(?:{words})(?!\w))" for kind, words in _AHEAD.items()), re.IGNORECASE)
_BEHIND_RE = re.compile("|".join(rf"(?P<{kind}>\b(?:{words})(?!\w))" for kind, words in _BEHIND.items()), re.IGNORECASE)
_ENDS = re.compile(r"[.;:!?\n]|,\s+(?:with|but|and\s+with)\b|\b(?:but|however|although|though|yet|still|because|since|which|who|with|due to|following|secondary to|as there is)\b", re.IGNORECASE)
_CHINESE = re.compile(r"(?P<negated>未见|没有|不是|无|否认|排除|并非|不含)|(?P<speculative>可能|疑似|怀疑|或许|大概|考虑)|(?P<history>既往)")
_CHINESE_END = re.compile(r"[，。；！？\n]|但")


def scopes(text: str) -> tuple[Scope, ...]:
    """The parts of a text that are denied, doubted or past, with their triggers."""
    hidden = _PSEUDO.sub(lambda found: "\0" * len(found.group()), text)
    found: list[Scope] = []
    for trigger in _AHEAD_RE.finditer(hidden):
        end = _ENDS.search(hidden, trigger.end())
        found.append(Scope(trigger.start(), end.start() if end else len(text), _kind(trigger), trigger.group().lower()))
    for trigger in _BEHIND_RE.finditer(hidden):
        starts = [end.end() for end in _ENDS.finditer(hidden, 0, trigger.start())]
        found.append(Scope(max(starts, default=0), trigger.end(), _kind(trigger), trigger.group().lower()))
    for trigger in _CHINESE.finditer(hidden):
        end = _CHINESE_END.search(hidden, trigger.end())
        found.append(Scope(trigger.start(), end.start() if end else len(text), _kind(trigger), trigger.group()))
    for question in re.finditer(r"[^.;!?\n]*\?", hidden):
        found.append(Scope(question.start(), question.end(), "speculative", "?"))
    return tuple(sorted(found))


def why_not(where: tuple[Scope, ...], start: int, end: int) -> Scope | None:
    """The scope that `text[start:end]` begins in (a name may reach over the full stop that ends it); denial before doubt before history; None where it is said plainly."""
    order = {"negated": 0, "speculative": 1, "history": 2}
    holding = [scope for scope in where if scope.start <= start < min(scope.end, end)]
    return min(holding, key=lambda scope: order[scope.kind], default=None)


def _kind(trigger: re.Match[str]) -> Kind:
    kind: Kind
    for kind in ("negated", "speculative", "history"):
        if trigger.groupdict().get(kind):
            return kind
    return "negated"

"""A language model as extractor: it is asked for lines `head | relation | tail` and believed only where the sentence has the words. It invents names: off by default.

The prompt shows one example (few-shot prompting: Brown et al. 2020, Language Models are Few-Shot Learners). What it writes is data: nothing of it is followed.
"""

import re
from collections.abc import Callable, Sequence

from fedviz.kg.construct import patterns
from fedviz.kg.construct.negation import scopes, why_not
from fedviz.kg.construct.nouns import end_of
from fedviz.kg.construct.records import Extracted, Found

Generate = Callable[[str], str]
"""A prompt to what a model writes behind it."""
METHOD = "language model"
CONFIDENCE = 0.3
MOST = 8
"""Lines of one answer that are read."""
_LONGEST = 120
_EXAMPLE = "Sentence: Deafness caused by noise\nTriples:\ndeafness | due_to | noise\n"


def prompt_for(sentence: str, domain: str) -> str:
    """What the model is asked for one sentence."""
    return f"Write the triples that the sentence states, one a line, as: head | relation | tail\nRelations: {', '.join(_relations(domain))}\n\n{_EXAMPLE}\nSentence: {' '.join(sentence.split())}\nTriples:\n"


def in_sentence(text: str, mentions: Sequence[Found], domain: str, generate: Generate) -> list[Extracted]:
    """The triples that the model writes, each once. Held back: ends whose words do not stand in the sentence, relations that it was not asked for, what the sentence denies or doubts."""
    found: dict[tuple[str, str, str], Extracted] = {}
    for line in _answer(generate(prompt_for(text, domain))):
        parts = [" ".join(part.split())[:_LONGEST] for part in line.split("|")]
        if len(parts) == 3 and all(parts):
            one = _checked(text, mentions, domain, *parts)
            if one.triple[0] != one.triple[2]:
                found.setdefault(one.triple, one)
    return list(found.values())


def _answer(written: str) -> list[str]:
    """The lines up to the first empty one, or to a next sentence that the model makes up."""
    lines: list[str] = []
    for line in written.strip("\n").splitlines()[:MOST]:
        if not line.strip() or line.lower().startswith("sentence:"):
            break
        lines.append(line)
    return lines


def _checked(text: str, mentions: Sequence[Found], domain: str, head: str, name: str, tail: str) -> Extracted:
    ends = [_place(text, mentions, words) for words in (head, tail)]
    held = next((f"invented: {words}" for words, end in zip((head, tail), ends, strict=True) if end is None), "")
    relation = "_".join(name.lower().split())
    if not held and relation not in _relations(domain):
        held = f"relation: {name}"
    if not held:
        scope = next((scope for end in reversed(ends) if end and (scope := why_not(scopes(text), end.start, end.end))), None)
        held = f"{scope.kind}: {scope.trigger}" if scope else ""
    left, right = (end or Found(0, 0, words, "", 0.0, "phrase") for words, end in zip((head, tail), ends, strict=True))
    return Extracted(left, relation, right, METHOD, CONFIDENCE, text, held)


def _place(text: str, mentions: Sequence[Found], words: str) -> Found | None:
    """Where the sentence has these words side by side, as a mention or a noun phrase; None where it does not."""
    spaced = r"\s+".join(map(re.escape, words.split()))
    found = re.search(rf"(?<!\w){spaced}(?!\w)", text, re.IGNORECASE)
    return end_of(text, found.start(), found.end(), mentions) if found else None


def _relations(domain: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(cue.relation for cue in patterns.cues(domain)))

"""How near an answer is to the references: exact match and F1 over words, as the reading-comprehension benchmark SQuAD counts them.

Rajpurkar et al., SQuAD: 100,000+ Questions for Machine Comprehension of Text (arXiv 1606.05250). Of several references the best counts.
"""

import re
import string
from collections import Counter
from collections.abc import Sequence

_ARTICLES = re.compile(r"\b(a|an|the)\b")
_NO_LETTER = re.compile(f"[{re.escape(string.punctuation)}]")


def normal(text: str) -> str:
    """Lower case without punctuation and articles, single spaces."""
    return " ".join(_ARTICLES.sub(" ", _NO_LETTER.sub(" ", text.lower())).split())


def exact_match(answer: str, accepted: Sequence[str]) -> float:
    """1 where the answer is one of the references but for case, punctuation and articles, else 0."""
    return float(normal(answer) in {normal(one) for one in accepted})


def f1(answer: str, accepted: Sequence[str]) -> float:
    """Harmonic mean of precision and recall of the answer's words, in [0, 1]."""
    return max(_f1(normal(answer).split(), normal(one).split()) for one in accepted)


def _f1(said: list[str], wanted: list[str]) -> float:
    shared = sum((Counter(said) & Counter(wanted)).values())
    if not shared:
        return float(said == wanted)
    return 2.0 * shared / (len(said) + len(wanted))

"""What each word adds to a score of the text alone, in logits: integrated gradients of its input vectors.

Sundararajan, Taly, Yan 2017, Axiomatic Attribution for Deep Networks (arXiv 1703.01365), by captum. The path goes from an empty text of the same length
(the padding's vector for every word) to the text. Attributions add up to the difference of the two scores but for the error of the numerical integral:
that gap is part of the answer.
"""

import re
from collections.abc import Callable, Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from fedviz.core.text import clean
from fedviz.core.types import Record
from fedviz.models.families import Tokens
from fedviz.models.predictor import Predictor

STEPS = 32
_PIECES = (re.compile(r"[\u3400-\u9fff]|[^\W\u3400-\u9fff]+|[^\w\s]"), re.compile(r"\S+"))


class Word(Record):
    """A word of the text and what it adds to the score: `text[start:end] == word`."""

    word: str
    start: int
    end: int
    value: float


class Words(Record):
    """`empty + sum of the words' values + gap == score`: of the text alone, in logits. `unread`: words behind the model's longest text."""

    words: tuple[Word, ...]
    empty: float
    gap: float
    score: float
    steps: int
    unread: int = 0


def words_of(predictor: Predictor, text: str, weights: Sequence[float], steps: int = STEPS) -> Words:
    """The words' parts of the score `sum(weights * logits)` of the text alone. `InputError` for a text that is none."""
    from captum.attr import IntegratedGradients  # brings matplotlib along; only this needs it

    text = clean(text)
    source = predictor.text_score(text)
    kind = torch.tensor(weights, dtype=torch.float32)

    def score(vectors: torch.Tensor) -> torch.Tensor:
        return source.logits(vectors) @ kind

    found = IntegratedGradients(score).attribute(source.embedded, source.baseline, n_steps=steps, internal_batch_size=8)
    values = found[0].sum(1).double().numpy()
    with torch.no_grad():
        empty = float(score(source.baseline))
    spans, unread = spans_of(predictor.tokens, text, source.ids)
    words, used = [], 0.0
    for (start, end), places in spans:
        value = float(values[places].sum())
        used += value
        words.append(Word(word=text[start:end], start=start, end=end, value=value))
    whole = float(np.dot(predictor.read(text).text_logits, weights))
    return Words(words=tuple(words), empty=empty, gap=whole - empty - used, score=whole, steps=steps, unread=unread)


def spans_of(tokenize: Callable[[Sequence[str]], list[Tokens]], text: str, ids: Tokens) -> tuple[list[tuple[tuple[int, int], NDArray[np.int64]]], int]:
    """For each word (start, end) in the text the places of its tokens in `ids`, and how many words have none because the text was cut.

    Words are tokenised one by one; where that gives other tokens than the whole text, blanks alone part words.
    """
    special = set(tokenize([""])[0])
    inner = [place for place, token in enumerate(ids) if token not in special]
    for pattern in _PIECES:
        pieces = [(found.start(), found.end()) for found in pattern.finditer(text)]
        tokens = [[token for token in some if token not in special] for some in tokenize([text[start:end] for start, end in pieces])]
        flat = [token for some in tokens for token in some]
        if flat[: len(inner)] == [ids[place] for place in inner]:
            break
    spans, place, unread = [], 0, 0
    for piece, some in zip(pieces, tokens, strict=True):
        own = inner[place : place + len(some)]
        place += len(some)
        if own:
            spans.append((piece, np.array(own, np.int64)))
        elif some:
            unread += 1
    return spans, unread

"""What each word adds to a score of the text alone, in logits: integrated gradients of its input vectors.

Sundararajan, Taly, Yan 2017, Axiomatic Attribution for Deep Networks (arXiv 1703.01365), by captum. The path goes from an empty text of the same length
(the padding's vector for every word) to the text. Attributions add up to the difference of the two scores but for the error of the numerical integral:
that gap is part of the answer.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from fedviz.core.text import clean
from fedviz.core.types import Record
from fedviz.models.predictor import Predictor
from fedviz.models.vocabulary import Marked

STEPS = 32
_PIECES = re.compile(r"[\u3400-\u9fff]|[^\W\u3400-\u9fff]+|[^\w\s]")
"""Words as one shows them: Chinese, which parts none, by character, and signs by themselves."""


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
    spans = spans_of(source.tokens, text)
    words, used = [], 0.0
    for (start, end), places in spans:
        value = float(values[places].sum())
        used += value
        words.append(Word(word=text[start:end], start=start, end=end, value=value))
    whole = float(np.dot(predictor.read(text).text_logits, weights))
    return Words(words=tuple(words), empty=empty, gap=whole - empty - used, score=whole, steps=steps, unread=_behind(predictor, text, spans[-1][0][1] if spans else len(text)))


def spans_of(marked: Marked, text: str) -> list[tuple[tuple[int, int], NDArray[np.int64]]]:
    """For each word (start, end) in the text the places of its tokens; none for what the model reads no token of.

    What one token says is one word: the vocabulary may know several Chinese characters together. A token of blanks alone goes to the word behind it.
    """
    pieces = [found.span() for found in _PIECES.finditer(text)]
    tokens = sorted((span, place) for place, (word, span) in enumerate(zip(marked.words, marked.spans, strict=True)) if word >= 0 and pieces)
    starts, ends = [start for start, _ in pieces], [end for _, end in pieces]
    words: list[tuple[list[int], list[int]]] = []  # pieces and tokens of each, in the text's order
    for (start, end), place in tokens:
        first = min(bisect_right(ends, start), len(pieces) - 1)
        last = max(first, bisect_left(starts, end) - 1)
        touched = list(range(first, last + 1))
        if words and words[-1][0][-1] >= first:
            words[-1] = (sorted({*words[-1][0], *touched}), [*words[-1][1], place])
        else:
            words.append((touched, [place]))
    return [((starts[own[0]], ends[own[-1]]), np.array(places, np.int64)) for own, places in words]


def _behind(predictor: Predictor, text: str, end: int) -> int:
    """How many words stand behind `end`, where a model's longest text ends."""
    count = 0
    while found := spans_of(predictor.marked(text[end:]), text[end:]):
        count += len(found)
        end += found[-1][0][1]
    return count

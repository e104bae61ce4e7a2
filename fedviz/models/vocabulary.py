"""The tokens of a language model as an objective needs them: where each comes from in its text, which stand for no text, and how they read."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from fedviz.models.families import Tokens


@dataclass(frozen=True)
class Marked:
    """A text's tokens, each with the number of the word that it belongs to (-1 for a special token) and its characters (start, end) in the text."""

    tokens: Tokens
    words: tuple[int, ...]
    spans: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Vocabulary:
    """`size` tokens; `mask` is the one that hides another, where there is one; `special` stand for no text.

    `mark(texts, max_tokens)` cuts texts as the backbone's `tokenize` does; `read(tokens)` says what each stands for, `text(tokens)` what they say one after the
    other, where the model writes.
    """

    size: int
    mask: int | None
    special: frozenset[int]
    mark: Callable[[Sequence[str], int], list[Marked]]
    read: Callable[[Sequence[int]], list[str]]
    gap: str = "[MASK]"
    """How the mask is written in a text."""
    text: Callable[[Sequence[int]], str] | None = None


def marked(encoding: Any, max_tokens: int, end: int | None = None, prefix: int = 0) -> Marked:
    """An encoding of the tokenizers library as the model reads it: cut, its last token kept, or with `end` behind it where one is given.

    `prefix`: so many characters stand before the text and are none of it; their tokens count as special.
    """
    ids, words, spans = encoding.ids, [-1 if word is None else word for word in encoding.word_ids], list(encoding.offsets)
    if prefix:
        words = [word if stop > prefix else -1 for word, (_, stop) in zip(words, spans, strict=True)]
        spans = [(max(start - prefix, 0), max(stop - prefix, 0)) for start, stop in spans]
    if end is not None:
        cut = slice(0, max_tokens - 1)
        return Marked((*ids[cut], end), (*words[cut], -1), (*spans[cut], (0, 0)))
    if len(ids) > max_tokens:
        ids, words, spans = ([*part[: max_tokens - 1], part[-1]] for part in (ids, words, spans))
    return Marked(tuple(ids), tuple(words), tuple(spans))

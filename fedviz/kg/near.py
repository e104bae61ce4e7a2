"""Entity linking for words that the graph does not have: the nearest name by embedding, only where exact linking found nothing."""

import re
import threading
from collections.abc import Callable, Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from fedviz.kg.link import Linker, Mention
from fedviz.kg.surface import fold
from fedviz.kg.vectors import Embed, make_vectors, names_of

DEFAULT_THRESHOLD = 0.85
MOST_WORDS = 5
_REMEMBERED = 50_000
# a span neither begins nor ends with one of these, and none of them alone is a span
_STOP = frozenset(
    """
    a about after all also an and are as at be been before both but by can could did do does during each for from had has have he her
    his i if in into is it its may more my no not of on or our over patient she so some such than that the their there they this to
    too under very was we were which while will with years
    """.split()  # noqa: SIM905 - a list literal of a hundred words reads worse
)
_BREAK = re.compile(r"[.,;:!?()\[\]\n]+")
_WORD = re.compile(r"[^\W_][\w'-]*")


class NearLinker:
    """Exact links first; then, in the words left over, the spans of up to five words that lie close enough to a name.

    `names` are (surface form, entity id) in the order of the unit rows `vectors` [names, width]; `embed` gives unit rows of texts in
    the same space. `threshold`: least cosine of a link, in [0, 1].
    """

    def __init__(
        self, linker: Linker, names: Sequence[tuple[str, str]], vectors: NDArray[np.floating], embed: Embed, threshold: float = DEFAULT_THRESHOLD
    ) -> None:
        self._linker = linker
        self._entities = [entity for _, entity in names]
        self._vectors = vectors
        self._embed = embed
        self._threshold = threshold
        self._known: dict[str, tuple[str, float]] = {}
        self._lock = threading.Lock()

    def link(self, text: str) -> tuple[Mention, ...]:
        """The mentions of `text`, sorted by start, without overlaps; those by embedding carry their cosine as score."""
        return self.link_many([text])[0]

    def link_many(self, texts: Iterable[str]) -> tuple[tuple[Mention, ...], ...]:
        """`link` of each text; all spans are embedded together. Safe between threads."""
        texts = list(texts)
        exact = self._linker.link_many(texts)
        spans = [_spans(text, mentions) for text, mentions in zip(texts, exact, strict=True)]
        known = self._learn({fold(text[start:end]) for text, some in zip(texts, spans, strict=True) for start, end in some})
        return tuple(
            _merge(mentions, [_mention(text, start, end, *known[fold(text[start:end])]) for start, end in some], self._threshold)
            for text, mentions, some in zip(texts, exact, spans, strict=True)
        )

    def _learn(self, spans: set[str]) -> dict[str, tuple[str, float]]:
        """For each of these spans the entity of the nearest name and its cosine; what was asked before is remembered, within bounds."""
        with self._lock:
            if len(self._known) > _REMEMBERED:
                self._known = {span: found for span, found in self._known.items() if span in spans}
            words = sorted(spans - self._known.keys(), key=lambda word: (len(word), word))  # a batch holds texts of like length
            for start in range(0, len(words), 256):
                batch = words[start : start + 256]
                cosines = self._embed(batch) @ self._rows.T
                for word, row, column in zip(batch, cosines, cosines.argmax(axis=1), strict=True):
                    self._known[word] = self._entities[column], float(min(1.0, row[column]))
            return {span: self._known[span] for span in spans}

    @property
    def _rows(self) -> NDArray[np.float32]:
        """The names' vectors in float32: half precision multiplies slowly on a CPU."""
        if self._vectors.dtype != np.float32:
            self._vectors = np.asarray(self._vectors, dtype=np.float32)
        return self._vectors


def near_linker(
    linker: Linker, encoder: str, embed: Embed, threshold: float = DEFAULT_THRESHOLD, progress: Callable[[int, int], None] = lambda done, total: None
) -> NearLinker:
    """A linker by embedding over the graph of `linker`; the names' vectors are made now where the data folder lacks them (see `make_vectors`)."""
    return NearLinker(linker, names_of(linker.graph), make_vectors(linker.graph, encoder, embed, progress), embed, threshold)


def _spans(text: str, mentions: Sequence[Mention]) -> list[tuple[int, int]]:
    """Candidate spans (start, end): one to five words of a clause between exact mentions, not framed by stop words."""
    taken = [(mention.start, mention.end) for mention in mentions] + [match.span() for match in _BREAK.finditer(text)]
    spans: list[tuple[int, int]] = []
    run: list[tuple[int, int]] = []
    words = [match.span() for match in _WORD.finditer(text)]
    for start, end in [*words, (len(text) + 1, len(text) + 1)]:
        if run and (start > len(text) or any(run[-1][1] <= low < start for low, _ in taken)):
            spans += _within(text, run)
            run = []
        if start <= len(text) and all(end <= low or start >= high for low, high in taken):
            run.append((start, end))
    return spans


def _within(text: str, run: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """The spans of one run of words."""
    plain = [text[start:end].lower() in _STOP or not text[start:end][0].isalpha() for start, end in run]
    return [
        (run[first][0], run[last][1])
        for first in range(len(run))
        for last in range(first, min(len(run), first + MOST_WORDS))
        if not plain[first] and not plain[last] and run[last][1] - run[first][0] > 2
    ]


def _mention(text: str, start: int, end: int, entity: str, score: float) -> Mention:
    return Mention(start, end, text[start:end], entity, score, "embedding")


def _merge(exact: Sequence[Mention], near: Sequence[Mention], threshold: float) -> tuple[Mention, ...]:
    """Exact mentions and, best score first, those near ones that reach the threshold and overlap nothing; of equal scores the longer, then the first."""
    kept = list(exact)
    for mention in sorted(near, key=lambda item: (-item.score, item.start - item.end, item.start)):
        if mention.score >= threshold and all(mention.end <= other.start or mention.start >= other.end for other in kept):
            kept.append(mention)
    return tuple(sorted(kept))

"""Entity linking by surface forms: which names of the graph stand in a text.

Aho-Corasick (Communications of the ACM 18, 1975) finds all names in one pass over the text, whatever their number.
"""

from collections.abc import Iterable
from typing import Literal, NamedTuple

import ahocorasick

from fedviz.kg.graph import KnowledgeGraph
from fedviz.kg.surface import fold, is_chinese


class Mention(NamedTuple):
    """A place in a text that speaks of an entity: `text[start:end] == surface`; `score` is 1 for an exact name, a cosine otherwise."""

    start: int
    end: int
    surface: str
    entity: str
    score: float
    method: Literal["exact", "embedding"]


def surface_forms(graph: KnowledgeGraph) -> dict[str, str]:
    """Every folded name of the graph and the entity it stands for.

    Where several entities share a form, a preferred name wins over a synonym, and then the smaller id.
    """
    forms: dict[str, str] = {}
    for preferred in (True, False):
        for key in sorted(graph.entities):
            item = graph.entities[key]
            for name in (item.name,) if preferred else item.synonyms:
                form = " ".join(fold(name).split())
                if form:
                    forms.setdefault(form, key)
    return forms


class Linker:
    """Finds the names of a graph in texts: case-insensitive, whole words, longest match first, no overlaps."""

    def __init__(self, graph: KnowledgeGraph) -> None:
        self.graph = graph
        self._automaton = ahocorasick.Automaton()
        for form, entity in surface_forms(graph).items():
            self._automaton.add_word(form, (len(form), entity))
        self._automaton.make_automaton()

    def link(self, text: str) -> tuple[Mention, ...]:
        """The mentions of `text`, sorted by start. Of two names that overlap the longer one counts, of equally long ones the first."""
        if not len(self._automaton):
            return ()
        folded = fold(text)
        found: list[tuple[int, int, str]] = []
        for last, (length, entity) in self._automaton.iter(folded):
            start = last + 1 - length
            if _is_whole(folded, start, last + 1):
                found.append((-length, start, entity))
        if len(found) > 1:
            found = _longest_first(found)
        return tuple(Mention(start, start - length, text[start : start - length], entity, 1.0, "exact") for length, start, entity in found)

    def link_many(self, texts: Iterable[str]) -> tuple[tuple[Mention, ...], ...]:
        """`link` of each text."""
        return tuple(map(self.link, texts))


def _is_whole(text: str, start: int, end: int) -> bool:
    """Whether no word runs across either end of `text[start:end]`."""
    return not (start and _one_word(text[start - 1], text[start])) and not (end < len(text) and _one_word(text[end - 1], text[end]))


def _one_word(left: str, right: str) -> bool:
    """Whether two letters side by side belong to one word. Chinese writes no spaces, so that a name may begin and end anywhere there."""
    return left.isalnum() and right.isalnum() and not (is_chinese(left) or is_chinese(right))


def _longest_first(found: list[tuple[int, int, str]]) -> list[tuple[int, int, str]]:
    """Of (minus length, start, entity), those that survive when longer ones take their place first; sorted by start."""
    taken: list[tuple[int, int, str]] = []
    for item in sorted(found):
        start, end = item[1], item[1] - item[0]
        if all(end <= other[1] or start >= other[1] - other[0] for other in taken):
            taken.append(item)
    return sorted(taken, key=lambda item: item[1])

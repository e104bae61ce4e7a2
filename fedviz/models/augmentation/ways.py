"""The ways to write a text from another: each changes one mention. A way that finds nothing for a mention gives None."""

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import NamedTuple

import numpy as np

from fedviz.kg.graph import IS_A
from fedviz.kg.link import Mention
from fedviz.kg.surface import in_place_of, is_chinese
from fedviz.scenarios.base import ScenarioData
from fedviz.scenarios.linked import linker


class Made(NamedTuple):
    """A text, its class, the way, and what took the place of what."""

    text: str
    label: int
    kind: str
    old: str
    new: str


class Words:
    """What the graph says about the texts of a scenario: their mentions, and the classes that entities lead to."""

    def __init__(self, data: ScenarioData, least_content: float) -> None:
        self.data, self.graph, self._least = data, data.graph, least_content
        self._linker = linker(data.graph)
        self._mentions: dict[int, tuple[Mention, ...]] = {}

    def mentions(self, row: int) -> tuple[Mention, ...]:
        """The linked entities of a training text."""
        if row not in self._mentions:
            self._mentions[row] = self._linker.link(self.data.train.texts[row])
        return self._mentions[row]

    def led(self, entity: str) -> frozenset[int]:
        """The classes that an entity stands for or is a kind of; none where the graph leads to no class."""
        known = self.data.class_entities
        return frozenset(known[key] for key in (entity, *self.graph.ancestors(entity)) if key in known)

    @cached_property
    def of_one_class(self) -> tuple[str, ...]:
        """The entities that lead to exactly one class and stand for none themselves."""
        return tuple(key for key in sorted(self.graph.entities) if len(self.led(key)) == 1 and key not in self.data.class_entities)

    def specific(self, entity: str) -> bool:
        """Whether an entity says enough to stand for another."""
        return self.graph.information_content(entity) >= self._least

    def holds(self, text: str, label: int) -> bool:
        """Whether what the graph says of a text agrees with its class: some entity leads to it, or none leads to any."""
        led = frozenset().union(*(self.led(mention.entity) for mention in self._linker.link(text)))
        return not led or label in led


Way = Callable[[Words, str, int, Mention, np.random.Generator], Made | None]


def _synonym(words: Words, text: str, label: int, mention: Mention, generator: np.random.Generator) -> Made | None:
    item = words.graph.entities[mention.entity]
    return _swapped(text, label, "synonyms", mention, [name for name in (item.name, *item.synonyms) if name.lower() != mention.surface.lower()], generator)


def _hypernym(words: Words, text: str, label: int, mention: Mention, generator: np.random.Generator) -> Made | None:
    above = [key for key in words.graph.parents(mention.entity) if words.specific(key) and words.led(key) == words.led(mention.entity)]
    return _swapped(text, label, "hypernyms", mention, [words.graph.entities[key].name for key in above], generator)


def _sibling(words: Words, text: str, label: int, mention: Mention, generator: np.random.Generator) -> Made | None:
    shared = [key for key in words.graph.parents(mention.entity) if words.specific(key)]
    near = sorted({child for key in shared for child in words.graph.children(key)} - {mention.entity})
    alike = [key for key in near if words.led(key) == words.led(mention.entity)]
    return _swapped(text, label, "siblings", mention, [words.graph.entities[key].name for key in alike], generator)


def _neighbour(words: Words, text: str, label: int, mention: Mention, generator: np.random.Generator) -> Made | None:
    # a sentence that names the class would teach the model to look for that name, which texts to come do not have
    triples = [triple for triple in words.graph.outgoing(mention.entity) if triple.tail not in words.data.class_entities]
    if not triples:
        return None
    triple = triples[generator.integers(len(triples))]
    head, tail = words.graph.entities[triple.head].name, words.graph.entities[triple.tail].name
    if is_chinese(head[:1]) and triple.relation == IS_A:
        said = f"{head}是一种{tail}。"
        return Made(f"{text.rstrip('。. ')}。{said}", label, "neighbours", "", said)
    relation = "is a kind of" if triple.relation == IS_A else triple.relation.replace("_", " ")
    said = f"{head} {relation} {tail}."
    return Made(f"{text.rstrip('. ')}. {said}", label, "neighbours", "", said)


def _counterfactual(words: Words, text: str, label: int, mention: Mention, generator: np.random.Generator) -> Made | None:
    if words.led(mention.entity) != {label}:
        return None
    others = [key for key in words.of_one_class if words.led(key) != {label}]
    if not others:
        return None
    key = others[generator.integers(len(others))]
    (other,) = words.led(key)
    return _swapped(text, other, "counterfactuals", mention, [words.graph.entities[key].name], generator)


def _swapped(text: str, label: int, kind: str, mention: Mention, names: list[str], generator: np.random.Generator) -> Made | None:
    """The text with one of the names in the mention's place, its first letter as large as it was."""
    if not names:
        return None
    new = in_place_of(mention.surface, names[generator.integers(len(names))])
    return Made(text[: mention.start] + new + text[mention.end :], label, kind, mention.surface, new)


WAYS: Mapping[str, Way] = {"synonyms": _synonym, "hypernyms": _hypernym, "siblings": _sibling, "neighbours": _neighbour, "counterfactuals": _counterfactual}
"""By the option that switches a way on."""

"""Texts made harder in a known way: wrong labels, typos, other names, classes and entities that no training text shows.

Everything is chosen by the seed, exactly as many as were asked for (rounded to a whole number), and what is not chosen stays as it was. Where
a text names what, the scenario's own graph says, before anything is done to that one. Typos are of the four kinds that make up most slips of typists
(Damerau 1964, A Technique for Computer Detection and Correction of Spelling Errors): letters swapped, left out, added, replaced.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache

import numpy as np

from fedviz.core import seeds
from fedviz.core.errors import ConfigError
from fedviz.core.knowledge_use import TextsConfig
from fedviz.kg.graph import KnowledgeGraph
from fedviz.kg.link import Mention, surface_forms
from fedviz.kg.surface import fold, in_place_of
from fedviz.scenarios.base import Examples, Ints, ScenarioData
from fedviz.scenarios.linked import entities_of, linker

_WORD = re.compile(r"[^\W\d_]{3,}")
_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")


def stressed(data: ScenarioData, options: TextsConfig, seed: int) -> ScenarioData:
    """`data` with the texts that the options ask for; the very same object where they ask for nothing. `ConfigError` where nothing would be left."""
    train, test = data.train, data.test
    if options.unseen_classes:
        train = _without_classes(data, options.unseen_classes, seeds.derive(seed, "unseen"))
    if options.unseen_entities:
        test = _unseen_entities(replace(data, train=train), options.unseen_entities)
    if options.wrong_labels:
        train = replace(train, labels=wrong_labels(train.labels, options.wrong_labels, seeds.derive(seed, "labels")))
    if options.lay_words:
        test = replace(test, texts=_lay_words(data, test.texts, options.lay_words, seeds.derive(seed, "names")))
    if options.typos:
        test = replace(test, texts=with_typos(test.texts, options.typos, seeds.derive(seed, "typos", "test")))
        if options.typos_in == "both":
            train = replace(train, texts=with_typos(train.texts, options.typos, seeds.derive(seed, "typos", "train")))
    return data if train is data.train and test is data.test else replace(data, train=train, test=test)


def unseen_classes(data: ScenarioData) -> tuple[int, ...]:
    """The classes of the test that no training text shows."""
    return tuple(int(label) for label in np.setdiff1d(data.test.labels, data.train.labels))


def wrong_labels(labels: Ints, share: float, seed: int) -> Ints:
    """Labels of which a `share` is another class that occurs among them. `ConfigError` where only one does."""
    known = np.unique(labels)
    if len(known) < 2:
        raise ConfigError(f"`texts.wrong_labels` must have two or more classes among the training texts, but there are {len(known)}.")
    generator = seeds.generator(seed, "wrong")
    rows = generator.permutation(len(labels))[: round(share * len(labels))]
    planted = np.array(labels)
    place = np.searchsorted(known, planted[rows])
    planted[rows] = known[(place + generator.integers(1, len(known), len(rows))) % len(known)]
    return planted


def with_typos(texts: tuple[str, ...], share: float, seed: int) -> tuple[str, ...]:
    """Texts in which a `share` of all words of three letters or more has one typo."""
    generator = seeds.generator(seed, "typos")
    words = [(row, found.start(), found.end()) for row, text in enumerate(texts) for found in _WORD.finditer(text)]
    written = list(texts)
    for place in sorted(generator.permutation(len(words))[: round(share * len(words))], reverse=True):  # from behind, so that earlier places stay
        row, start, end = words[place]
        written[row] = written[row][:start] + typo(written[row][start:end], generator) + written[row][end:]
    return tuple(written)


def typo(word: str, generator: np.random.Generator) -> str:
    """`word` with one typo; never the same word."""
    kinds = generator.permutation(4)
    places = generator.permutation(len(word))
    for kind in kinds:
        for place in map(int, places):
            slip = _slip(word, int(kind), place, generator)
            if slip and slip != word:
                return slip
    return word[1:]


def _slip(word: str, kind: int, place: int, generator: np.random.Generator) -> str:
    """A typo of one kind at one place; empty where that kind is impossible there."""
    letter = word[place]
    if kind == 0:
        return word[:place] + word[place + 1] + letter + word[place + 2 :] if place + 1 < len(word) else ""
    if kind == 1:
        return word[:place] + word[place + 1 :]
    if kind == 2:
        return word[:place] + 2 * letter + word[place + 1 :]
    near = [row[spot] for row in _ROWS if (at := row.find(letter.lower())) >= 0 for spot in (at - 1, at + 1) if 0 <= spot < len(row)]
    if not near:  # no letter of this keyboard
        return ""
    hit = near[int(generator.integers(len(near)))]
    return word[:place] + (hit.upper() if letter.isupper() else hit) + word[place + 1 :]


def other_names(data: ScenarioData, mention: Mention) -> tuple[str, ...]:
    """What a mention's entity is also called: its lay names where it has any and is not called by one of them, else its other names.

    Only names that stand for this entity alone or before all others, so that a text goes on to name the same.
    """
    entity, said = data.graph.entities[mention.entity], fold(mention.surface)
    lay = data.lay_names.get(mention.entity, ())
    if any(fold(name) == said for name in lay):
        return ()
    forms = _forms(data.graph)
    return tuple(name for name in (lay or (entity.name, *entity.synonyms)) if fold(name) != said and forms.get(" ".join(fold(name).split())) == mention.entity)


@lru_cache(maxsize=2)
def _forms(graph: KnowledgeGraph) -> Mapping[str, str]:
    return surface_forms(graph)


def _lay_words(data: ScenarioData, texts: tuple[str, ...], share: float, seed: int) -> tuple[str, ...]:
    generator = seeds.generator(seed, "lay")
    found = [(row, mention, names) for row, mentions in enumerate(linker(data.graph).link_many(texts)) for mention in mentions if (names := other_names(data, mention))]
    written = list(texts)
    for place in sorted(generator.permutation(len(found))[: round(share * len(found))], reverse=True):
        row, mention, names = found[place]
        name = in_place_of(mention.surface, names[int(generator.integers(len(names)))])
        written[row] = written[row][: mention.start] + name + written[row][mention.end :]
    return tuple(written)


def _without_classes(data: ScenarioData, count: int, seed: int) -> Examples:
    """The training texts but for those of `count` classes."""
    known = np.unique(data.train.labels)
    if count > len(known) - 2:
        raise ConfigError(f"`texts.unseen_classes` must leave two classes with training texts, but got unseen_classes={count} of {len(known)}.")
    gone = seeds.generator(seed, "classes").permutation(known)[:count]
    return data.train.take(np.flatnonzero(~np.isin(data.train.labels, gone)))


def _unseen_entities(data: ScenarioData, share: float) -> Examples:
    """The test texts of whose entities at least a `share` is named by no training text."""
    train, test = entities_of(data)
    known = frozenset().union(*train)
    rows = [row for row, named in enumerate(test) if named and len(named - known) >= share * len(named) - 1e-9]
    if not rows:
        raise ConfigError(f"`texts.unseen_entities` must leave a test text, but of the entities of every one less than {share:g} are unseen; allow fewer training texts.")
    return data.test.take(np.array(rows, dtype=np.int64))

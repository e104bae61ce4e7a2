"""How a note says what was found: in the ontology's own terms, in plain words, or in both; in English, or in another language's `Language`."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from fedviz.kg.graph import KnowledgeGraph

Style = Literal["formal", "mixed", "lay"]
_LAY_SHARE: Mapping[str, float] = {"formal": 0.0, "mixed": 0.5, "lay": 1.0}
_ADULT_YEARS = 18


@dataclass(frozen=True)
class Language:
    """What notes of a language are made of: templates by who tells (`clinic`, and in plain words `home` of a child, `own` of oneself), and words.

    Templates may name {age}, {a} ("a", "an"), {sex}, {Sex}, {child}, {first} and {rest}. `adults`, `minors` and `children` are words for (male, female);
    `told(name)`: a finding's name as it stands in the middle of a sentence; `listed(names)`: several of them.
    """

    clinic: tuple[str, ...]
    home: tuple[str, ...]
    own: tuple[str, ...]
    adults: tuple[str, str]
    minors: tuple[str, str]
    children: tuple[str, str]
    told: Callable[[str], str]
    listed: Callable[[Sequence[str]], str]


def note(
    graph: KnowledgeGraph, found: Sequence[str], style: Style, lay: Mapping[str, tuple[str, ...]], generator: np.random.Generator, language: Language | None = None
) -> str:
    """A short note that names the findings `found` (two or more HPO ids), in English where no language is given. Age and sex are drawn by chance and say nothing about the disease.

    `formal`: preferred names; `lay`: a plain-language synonym where there is one (`lay`), told by a parent or patient; `mixed`: either, by chance.
    """
    language = language or ENGLISH
    names = [language.told(_name(graph, key, style, lay, generator)) for key in found]
    age, female = int(generator.integers(1, 71)), bool(generator.integers(2))
    adult = age >= _ADULT_YEARS
    templates = language.clinic if style != "lay" else language.own if adult else language.home
    cut = (len(names) + 1) // 2
    sex = (language.adults if adult else language.minors)[female]
    return templates[generator.integers(len(templates))].format(
        age=age,
        a="an" if age in (8, 11, 18) else "a",
        sex=sex,
        Sex=sex.capitalize(),
        child=language.children[female],
        first=language.listed(names[:cut]),
        rest=language.listed(names[cut:]),
    )


def _name(graph: KnowledgeGraph, key: str, style: Style, lay: Mapping[str, tuple[str, ...]], generator: np.random.Generator) -> str:
    """One name of a finding in that style."""
    plain = lay.get(key, ())
    return plain[generator.integers(len(plain))] if plain and generator.random() < _LAY_SHARE[style] else graph.entities[key].name


def _told(name: str) -> str:
    """An English name ready for the middle of a sentence; an abbreviation or a proper name in capitals stays as it is."""
    return name[0].lower() + name[1:] if name[1:2].islower() or name[1:2] in (" ", "-") else name


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else ", ".join(names[:-1]) + " and " + names[-1]


ENGLISH = Language(
    clinic=(
        "{age}-year-old {sex} with {first}. Examination shows {rest}.",
        "{Sex}, {age} years. Findings: {first}; {rest}.",
        "The patient, {a} {age}-year-old {sex}, presented with {first}. Also noted: {rest}.",
        "Referred for {first}. On examination of this {age}-year-old {sex}: {rest}.",
    ),
    home=(
        "My {child} is {age} years old and has {first}. We also noticed {rest}.",
        "Our {age}-year-old {child} has {first}. The doctor also found {rest}.",
    ),
    own=(
        "I am {age} years old and have {first}. The doctor also found {rest}.",
        "At {age}, I have {first}. There is also {rest}.",
    ),
    adults=("man", "woman"),
    minors=("boy", "girl"),
    children=("son", "daughter"),
    told=_told,
    listed=_listed,
)

"""How a note says what was found: in the ontology's own terms, in plain words, or in both."""

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np

from fedviz.kg.graph import KnowledgeGraph

Style = Literal["formal", "mixed", "lay"]
_LAY_SHARE: Mapping[str, float] = {"formal": 0.0, "mixed": 0.5, "lay": 1.0}
_CLINIC = (
    "{age}-year-old {sex} with {first}. Examination shows {rest}.",
    "{Sex}, {age} years. Findings: {first}; {rest}.",
    "The patient, {a} {age}-year-old {sex}, presented with {first}. Also noted: {rest}.",
    "Referred for {first}. On examination of this {age}-year-old {sex}: {rest}.",
)
_HOME = (
    "My {child} is {age} years old and has {first}. We also noticed {rest}.",
    "Our {age}-year-old {child} has {first}. The doctor also found {rest}.",
)
_SELF = (
    "I am {age} years old and have {first}. The doctor also found {rest}.",
    "At {age}, I have {first}. There is also {rest}.",
)
_ADULT_YEARS = 18


def note(graph: KnowledgeGraph, found: Sequence[str], style: Style, lay: Mapping[str, tuple[str, ...]], generator: np.random.Generator) -> str:
    """A short note in English that names the findings `found` (two or more HPO ids). Age and sex are drawn by chance and say nothing about the disease.

    `formal`: preferred names; `lay`: a plain-language synonym where the ontology has one (`lay`), told by a parent or patient; `mixed`: either, by chance.
    """
    names = [_name(graph, key, style, lay, generator) for key in found]
    age, female = int(generator.integers(1, 71)), bool(generator.integers(2))
    adult = age >= _ADULT_YEARS
    told = _CLINIC if style != "lay" else _SELF if adult else _HOME
    cut = (len(names) + 1) // 2
    sex = ("woman" if female else "man") if adult else ("girl" if female else "boy")
    return told[generator.integers(len(told))].format(
        age=age,
        a="an" if age in (8, 11, 18) else "a",
        sex=sex,
        Sex=sex.capitalize(),
        child="daughter" if female else "son",
        first=_listed(names[:cut]),
        rest=_listed(names[cut:]),
    )


def _name(graph: KnowledgeGraph, key: str, style: Style, lay: Mapping[str, tuple[str, ...]], generator: np.random.Generator) -> str:
    """One name of a finding in that style, ready for the middle of a sentence."""
    plain = lay.get(key, ())
    name = plain[generator.integers(len(plain))] if plain and generator.random() < _LAY_SHARE[style] else graph.entities[key].name
    # an abbreviation or a proper name in capitals stays as it is
    return name[0].lower() + name[1:] if name[1:2].islower() or name[1:2] in (" ", "-") else name


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else ", ".join(names[:-1]) + " and " + names[-1]

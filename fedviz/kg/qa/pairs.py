"""Question-answer pairs from a graph: one entity, templates by relation, and for each pair the triples that it says."""

from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple, TypeVar

import numpy as np

from fedviz.core import seeds
from fedviz.core.types import Triple
from fedviz.kg.graph import IS_A, KnowledgeGraph
from fedviz.kg.qa.wording import CALLED, said, sentence, wording

T = TypeVar("T")
Kind = Literal["kind", "name", "relation", "yes", "no"]
"""What a question asks: what something is a kind of, its other name, another relation, or whether a sentence holds."""


class Pair(NamedTuple):
    """A question, its answer and where it comes from.

    `accepted`: every answer that the graph bears out, the reference first. `triples`: what the reference says (that of `CALLED` has a name as tail). `entity`: whom it
    asks about; `source`: the graph's name; `text`: row of the client's text that names the entity, -1 where none does.
    """

    question: str
    accepted: tuple[str, ...]
    entity: str
    kind: Kind
    triples: tuple[Triple, ...]
    source: str
    text: int = -1

    @property
    def answer(self) -> str:
        """The reference answer."""
        return self.accepted[0]

    @property
    def entities(self) -> frozenset[str]:
        """All entities that the pair speaks of."""
        return frozenset({self.entity, *(end for triple in self.triples for end in (triple.head, triple.tail) if triple.relation != CALLED or end == triple.head)})


def about(graph: KnowledgeGraph, entity: str, noun: str, seed: int, text: int = -1) -> tuple[Pair, ...]:
    """The pairs about one entity: at most one a relation, one for other names, and one whose answer is yes or no. The seed chooses wordings and values."""
    draw = seeds.generator(seed, "pairs", entity)
    name = graph.entity(entity).name

    def pair(kind: Kind, question: str, accepted: Iterable[str], triples: tuple[Triple, ...]) -> Pair:
        return Pair(question, tuple(accepted), entity, kind, triples, graph.name, text)

    found: list[Pair] = []
    by_relation: dict[str, list[Triple]] = {}
    for triple in graph.outgoing(entity):
        if triple.tail != entity:
            by_relation.setdefault(triple.relation, []).append(triple)
    for relation, triples in sorted(by_relation.items()):
        chosen = _first(triples, draw)
        question = _one(wording(relation).questions, draw).replace("{head}", name).replace("{noun}", noun)
        found.append(pair("kind" if relation == IS_A else "relation", question, [sentence(graph, triple) for triple in chosen], (chosen[0],)))
    others = [other for other in graph.entities[entity].synonyms if other.lower() != name.lower()]
    if others:
        chosen_names = _first(others, draw)
        question = _one(wording(CALLED).questions, draw).replace("{head}", name)
        found.append(pair("name", question, [said(CALLED, name, other) for other in chosen_names], (Triple(entity, CALLED, chosen_names[0]),)))
    upward = by_relation.get(IS_A)
    if upward:
        above = _one(upward, draw)
        higher, says = graph.entities[above.tail].name, sentence(graph, above)
        if draw.random() < 0.5 or entity in graph.ancestors(above.tail):  # a circle in the data says yes both ways
            found.append(pair("yes", f"Is {name} a kind of {higher}?", ["Yes, " + says], (above,)))
        else:
            found.append(pair("no", f"Is {higher} a kind of {name}?", ["No, " + says], (above,)))
    return tuple(found)


def _one(some: Sequence[T], draw: np.random.Generator) -> T:
    return some[int(draw.integers(len(some)))]


def _first(some: list[T], draw: np.random.Generator) -> list[T]:
    """All of them, one drawn to be the first."""
    chosen = int(draw.integers(len(some)))
    return [some[chosen], *some[:chosen], *some[chosen + 1 :]]

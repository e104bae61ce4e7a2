"""Retrieval: the triples of the entities that a question names, as sentences for the prompt, each with its source."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from fedviz.core.types import Triple
from fedviz.kg.graph import IS_A, KnowledgeGraph
from fedviz.kg.link import Mention
from fedviz.kg.qa.claims import DISJOINT
from fedviz.kg.qa.wording import CALLED, said, sentence

MOST = 6
_NAMES = 2


class Recalled(NamedTuple):
    """A triple that goes into a prompt: what it says, and the name of the graph that says it."""

    triple: Triple
    sentence: str
    source: str


def recall(graph: KnowledgeGraph, link: Callable[[str], Sequence[Mention]], question: str, most: int = MOST) -> tuple[Recalled, ...]:
    """What the graph says of the entities that `link` finds in a question, which take turns: is_a first, then other relations, then other names; at most `most`."""
    rows = [_said_of(graph, entity) for entity in dict.fromkeys(mention.entity for mention in link(question))]
    turns = [row[turn] for turn in range(max(map(len, rows), default=0)) for row in rows if turn < len(row)]
    return tuple(dict.fromkeys(turns))[:most]


def _said_of(graph: KnowledgeGraph, entity: str) -> list[Recalled]:
    item = graph.entities[entity]
    triples = sorted((triple for triple in graph.outgoing(entity) if triple.tail != entity and triple.relation != DISJOINT), key=lambda triple: (triple.relation != IS_A, triple))
    names = [name for name in item.synonyms if name.lower() != item.name.lower()][:_NAMES]
    return [
        *(Recalled(triple, sentence(graph, triple), graph.name) for triple in triples),
        *(Recalled(Triple(entity, CALLED, name), said(CALLED, item.name, name), graph.name) for name in names),
    ]

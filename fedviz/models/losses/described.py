"""What the terms on the encoder share: the entity of a text that says most, and entities as the encoder reads them."""

from collections.abc import Iterable, Sequence
from typing import Any

from fedviz.kg.graph import KnowledgeGraph
from fedviz.models.losses.base import Reading
from fedviz.scenarios.linked import linker


def rarest(graph: KnowledgeGraph, texts: Sequence[str], among: Iterable[str] | None = None) -> list[str | None]:
    """For every text, its linked entity with the greatest information content (the first of equals), of those `among` where given; None where there is none."""
    known = None if among is None else frozenset(among)
    found: list[str | None] = []
    for mentions in linker(graph).link_many(texts):
        entities = [mention.entity for mention in mentions if known is None or mention.entity in known]
        found.append(max(entities, key=graph.information_content, default=None))
    return found


def description(graph: KnowledgeGraph, entity: str) -> str:
    """An entity in words: its name, and what it is a kind of."""
    above = ", ".join(graph.entities[parent].name for parent in graph.parents(entity))
    return f"{graph.entities[entity].name}: {above}" if above else graph.entities[entity].name


class Described:
    """Entities ready to be read by the encoder, each prepared once."""

    def __init__(self, graph: KnowledgeGraph, entities: Iterable[str], reading: Reading) -> None:
        keys = sorted(set(entities))
        self._inputs: dict[str, Any] = dict(zip(keys, reading.inputs([description(graph, key) for key in keys]), strict=True)) if keys else {}

    def __getitem__(self, entities: Sequence[str]) -> list[Any]:
        """Encoder inputs of these entities, in their order."""
        return [self._inputs[entity] for entity in entities]

"""A knowledge graph held in memory: entities by id, triples, and what is asked of them all day (neighbours, ancestors, search)."""

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from fedviz.core.errors import UnknownNameError
from fedviz.core.types import Triple
from fedviz.kg.features import EntityFeatures
from fedviz.kg.surface import fold

IS_A = "is_a"
"""The relation of a narrower entity (head) to a broader one (tail)."""

CARRIES = "features"
"""Not a relation of the graph: what stands between an entity and itself where its features speak in a prediction."""


@dataclass(frozen=True, slots=True)
class Entity:
    """A thing that the graph speaks of: its id in the source, preferred name, other names, definition, and kind (decides its colour)."""

    id: str
    name: str
    synonyms: tuple[str, ...] = ()
    definition: str = ""
    kind: str = "entity"


@dataclass(frozen=True, eq=False)
class KnowledgeGraph:
    """Entities and triples of one source and version. Read-only; everything derived is computed once, when first asked for.

    Two graphs hold the same knowledge exactly when their `digest` is equal. `UnknownNameError` where a triple or a question
    names an entity that the graph lacks. `features`: what entities carry beside words, if any does.
    """

    name: str
    source: str
    entities: Mapping[str, Entity]
    triples: tuple[Triple, ...]
    features: EntityFeatures | None = None

    def __post_init__(self) -> None:
        for key in self.features.ids if self.features is not None else ():
            if key not in self.entities:
                raise UnknownNameError(f"entity of graph {self.name}", key, ())
        for triple in self.triples:
            for end in (triple.head, triple.tail):
                if end not in self.entities:
                    raise UnknownNameError(f"entity of graph {self.name}", end, ())

    def entity(self, entity: str) -> Entity:
        """The entity of that id; `UnknownNameError` where there is none."""
        if entity not in self.entities:
            raise UnknownNameError(f"entity of graph {self.name}", entity, ())
        return self.entities[entity]

    @cached_property
    def digest(self) -> str:
        """Sixteen hex digits over entities and triples, whatever their order, and over the features where entities carry any."""
        state = hashlib.blake2b(digest_size=8)
        for key in sorted(self.entities):
            item = self.entities[key]
            state.update("\x1f".join((item.id, item.name, item.definition, item.kind, *item.synonyms, "\x1e")).encode())
        for triple in sorted(self.triples):
            state.update("\x1f".join((*triple, "\x1e")).encode())
        if self.features is not None:
            state.update(self.features.digest.encode())
        return state.hexdigest()

    @cached_property
    def relations(self) -> tuple[str, ...]:
        """Names of the relations that occur, sorted."""
        return tuple(sorted({triple.relation for triple in self.triples}))

    def outgoing(self, entity: str) -> tuple[Triple, ...]:
        """Triples whose head is `entity`, in the order of the source."""
        return self._ends[0].get(entity, ())

    def incoming(self, entity: str) -> tuple[Triple, ...]:
        """Triples whose tail is `entity`, in the order of the source."""
        return self._ends[1].get(entity, ())

    def parents(self, entity: str) -> tuple[str, ...]:
        """The entities that `entity` is directly a kind of, sorted by id."""
        return self._parents.get(entity, ())

    def children(self, entity: str) -> tuple[str, ...]:
        """The entities that are directly a kind of `entity`, sorted by id."""
        return tuple(sorted({triple.head for triple in self.incoming(entity) if triple.relation == IS_A}))

    def ancestors(self, entity: str) -> tuple[str, ...]:
        """All entities above `entity` over is_a, without itself: nearest first, then by id. A cycle in the data does no harm."""
        known = self._ancestors.get(entity)
        if known is None:
            seen = {entity}
            order: list[str] = []
            level = [entity]
            while level:
                level = sorted({parent for below in level for parent in self.parents(below)} - seen)
                seen.update(level)
                order.extend(level)
            known = self._ancestors[entity] = tuple(order)
        return known

    def information_content(self, entity: str) -> float:
        """How specific an entity is, in [0, 1]: `1 - log(descendants + 1) / log(entities)`; a leaf has 1, the root of everything 0.

        Seco, Veale, Hayes: An intrinsic information content metric for semantic similarity in WordNet, ECAI 2004.
        """
        below = self.descendants(entity)
        return 1.0 if not below else max(0.0, 1.0 - math.log(below + 1) / math.log(len(self.entities)))

    def descendants(self, entity: str) -> int:
        """How many entities lie below `entity` over is_a."""
        return self._descendants.get(entity, 0)

    def find(self, words: str, limit: int = 20) -> tuple[Entity, ...]:
        """Entities for a search box: an id, the beginning of a name, or beginnings of words in any order; best first, at most `limit`.

        Names come before synonyms and short names before long ones.
        """
        query = " ".join(fold(words).split())
        starts = [" " + part for part in query.split()]
        if not starts:
            return ()
        found: list[tuple[int, int, str, str]] = []
        for key, name, every in self._search:
            if all(start in every for start in starts):
                if query in (name, key.lower()):
                    rank = 0
                elif name.startswith(query):
                    rank = 1
                elif all(start in " " + name for start in starts):
                    rank = 2
                else:
                    rank = 3
                found.append((rank, len(name), name, key))
        return tuple(self.entities[key] for *_, key in sorted(found)[:limit])

    @cached_property
    def _ends(self) -> tuple[dict[str, tuple[Triple, ...]], dict[str, tuple[Triple, ...]]]:
        outgoing: dict[str, list[Triple]] = {}
        incoming: dict[str, list[Triple]] = {}
        for triple in self.triples:
            outgoing.setdefault(triple.head, []).append(triple)
            incoming.setdefault(triple.tail, []).append(triple)
        return {key: tuple(some) for key, some in outgoing.items()}, {key: tuple(some) for key, some in incoming.items()}

    @cached_property
    def _parents(self) -> dict[str, tuple[str, ...]]:
        parents: dict[str, set[str]] = {}
        for triple in self.triples:
            if triple.relation == IS_A:
                parents.setdefault(triple.head, set()).add(triple.tail)
        return {key: tuple(sorted(some)) for key, some in parents.items()}

    @cached_property
    def _ancestors(self) -> dict[str, tuple[str, ...]]:
        return {}

    @cached_property
    def _descendants(self) -> dict[str, int]:
        counts: dict[str, int] = {}
        for entity in self.entities:
            for above in self.ancestors(entity):
                counts[above] = counts.get(above, 0) + 1
        return counts

    @cached_property
    def _search(self) -> list[tuple[str, str, str]]:
        return [(key, fold(item.name), " " + fold(" ".join((key, item.name, *item.synonyms)))) for key, item in self.entities.items()]

"""What lies above some entities over is_a, and what is left of it when triples go: the part of a graph that their evidence depends on.

A summand of a prediction belongs to an entity and to one that is above it, perhaps several steps up. The triples of the graph between the two are
its path. Where several paths lead there, the summand is there as long as one of them is whole.
"""

from collections.abc import Collection, Iterable, Iterator
from functools import cached_property

from fedviz.core.types import Triple
from fedviz.kg.graph import CARRIES, IS_A, KnowledgeGraph
from fedviz.models.knowledge.evidence import IS_A_FAR

Path = tuple[Triple, ...]
MAX_PATHS = 64
"""More paths between two entities than these are not counted one by one."""


class Above:
    """The is_a triples above `entities`, with those that an edit `added`."""

    def __init__(self, graph: KnowledgeGraph, entities: Iterable[str], added: Iterable[Triple] = ()) -> None:
        self.entities = tuple(dict.fromkeys(entities))
        extra: dict[str, list[str]] = {}
        for triple in added:
            if triple.relation == IS_A:
                extra.setdefault(triple.head, []).append(triple.tail)
        self.parents: dict[str, tuple[str, ...]] = {}
        waiting = list(self.entities)
        while waiting:
            here = waiting.pop()
            if here not in self.parents:
                self.parents[here] = tuple(dict.fromkeys((*graph.parents(here), *extra.get(here, ()))))
                waiting += self.parents[here]

    @cached_property
    def triples(self) -> tuple[Triple, ...]:
        """All is_a triples above the entities, sorted."""
        return tuple(sorted(Triple(head, IS_A, tail) for head, tails in self.parents.items() for tail in tails))

    def reach(self, entity: str, removed: Collection[Triple] = ()) -> frozenset[str]:
        """What is above an entity, without itself, when these triples are gone."""
        seen, waiting = {entity}, [entity]
        while waiting:
            here = waiting.pop()
            for tail in self.parents.get(here, ()):
                if tail not in seen and Triple(here, IS_A, tail) not in removed:
                    seen.add(tail)
                    waiting.append(tail)
        return frozenset(seen - {entity})

    def shortest(self, entity: str, above: str) -> Path:
        """The shortest path from an entity to one above it, of equal ones the first by id; empty where there is none."""
        before: dict[str, str] = {entity: ""}
        level = [entity]
        while level and above not in before:
            following: list[str] = []
            for here in sorted(level):
                for tail in sorted(self.parents.get(here, ())):
                    if tail not in before:
                        before[tail] = here
                        following.append(tail)
            level = following
        steps: list[Triple] = []
        while above in before and above != entity:
            steps.append(Triple(before[above], IS_A, above))
            above = before[above]
        return tuple(reversed(steps))

    def paths(self, entity: str, above: str) -> tuple[Path, ...]:
        """Every path from an entity to one above it that visits nothing twice; at most `MAX_PATHS` of them."""
        found: list[Path] = []
        for path in self._walk(entity, above, {entity}):
            found.append(path)
            if len(found) == MAX_PATHS:
                break
        return tuple(found)

    def _walk(self, here: str, above: str, seen: set[str]) -> Iterator[Path]:
        if here == above:
            yield ()
            return
        for tail in sorted(self.parents.get(here, ())):
            if tail not in seen and (tail == above or above in self.whole(tail)):
                for rest in self._walk(tail, above, seen | {tail}):
                    yield (Triple(here, IS_A, tail), *rest)

    def whole(self, entity: str) -> frozenset[str]:
        """What is above an entity with nothing removed; remembered."""
        known = self._reached.get(entity)
        if known is None:
            known = self._reached[entity] = self.reach(entity)
        return known

    @cached_property
    def _reached(self) -> dict[str, frozenset[str]]:
        return {}


def is_path(triple: Triple) -> bool:
    """Whether a summand's triple stands for is_a triples of the graph, one or several."""
    return triple.relation in (IS_A, IS_A_FAR)


def path_of(above: Above, triple: Triple) -> Path:
    """The triples of the graph that a summand's triple stands for: the shortest path, the triple itself, or none where an entity's features speak."""
    if triple.relation == CARRIES:
        return ()
    return above.shortest(triple.head, triple.tail) if is_path(triple) else (triple,)


def survives(above: Above, triple: Triple, removed: Collection[Triple]) -> bool:
    """Whether a summand is still there when these triples of the graph are gone."""
    return triple.tail in above.reach(triple.head, removed) if is_path(triple) else triple not in removed

"""Which clients' texts speak of which entities: the sizes of nodes, and the texts on an entity's card."""

from collections import Counter
from dataclasses import dataclass
from functools import cached_property, lru_cache

from fedviz.scenarios.base import Ints, ScenarioData
from fedviz.scenarios.linked import entities_of
from fedviz.scenarios.partitions.base import Shards


@dataclass(frozen=True, eq=False)
class MentionIndex:
    """Training texts by the entities that are linked in them. `by_client[i]`: entity -> number of texts of client i; `clients`: their names."""

    clients: tuple[str, ...]
    by_client: tuple[Counter[str], ...]
    rows: tuple[Ints, ...]
    linked: tuple[frozenset[str], ...]
    texts: tuple[str, ...]

    @cached_property
    def total(self) -> Counter[str]:
        """Entity -> number of training texts of all clients."""
        return sum(self.by_client, Counter())

    def counts(self, client: int | None) -> Counter[str]:
        """Entity -> number of texts of one client, or of all (None)."""
        return self.total if client is None else self.by_client[client]

    def of(self, entity: str) -> tuple[int, ...]:
        """Number of texts that mention `entity`, by client."""
        return tuple(counts[entity] for counts in self.by_client)

    def examples(self, entity: str, client: int | None, limit: int) -> tuple[tuple[int, str], ...]:
        """Up to `limit` (client, text) that mention `entity`, clients taking turns."""
        found: list[list[tuple[int, str]]] = []
        for number, rows in enumerate(self.rows):
            if client in (None, number) and self.by_client[number][entity]:
                own = (row for row in rows if entity in self.linked[row])
                found.append([(number, self.texts[row]) for row, _ in zip(own, range(limit), strict=False)])
        turns = [(turn, position, item) for position, own in enumerate(found) for turn, item in enumerate(own)]
        return tuple(item for _, _, item in sorted(turns, key=lambda entry: entry[:2])[:limit])


@lru_cache(maxsize=8)
def mention_index(data: ScenarioData, shards: Shards) -> MentionIndex:
    """Count once for a scenario and who holds what; linking is by exact names."""
    linked = entities_of(data)[0]
    by_client = tuple(Counter(entity for row in rows for entity in linked[row]) for rows in shards.train)
    return MentionIndex(shards.names, by_client, shards.train, linked, data.train.texts)

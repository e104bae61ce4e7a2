"""Who says a triple of a run's graph: its sources and their evidence, where the graph is one of the data folder; else the scenario's own source as a whole."""

from functools import cached_property, lru_cache

from fedviz.core.types import Triple
from fedviz.kg.graph import IS_A, KnowledgeGraph
from fedviz.kg.store import links, memory
from fedviz.kg.store.records import ACTIVE, Evidence
from fedviz.kg.store.store import GraphStore
from fedviz.kg.store.terms import Statement, expand


class Sources:
    """Sources of the triples of `graph`. `wanted`: the `graph` option of the run's scenario, a name with or without a digest; empty for the scenario's own."""

    def __init__(self, wanted: str, graph: KnowledgeGraph) -> None:
        self.graph = graph
        self.store = GraphStore(wanted.partition("@")[0]) if wanted else None
        self._said: dict[Triple, tuple[str, ...]] = {}

    @cached_property
    def titles(self) -> dict[str, str]:
        """Titles of the sources by key."""
        if self.store is None:
            return {self.graph.source: self.graph.source}
        return {source.key: source.title for source in self.store.info.sources}

    @cached_property
    def parties(self) -> dict[str, str]:
        """The party of each source that has one."""
        return {} if self.store is None else {source.key: source.party for source in self.store.info.sources if source.party}

    def of(self, triple: Triple) -> tuple[str, ...]:
        """Keys of the sources that say a triple; none for one that the graph does not hold."""
        if triple not in self._said:
            self._said[triple] = self._find(triple)
        return self._said[triple]

    def party_of(self, triple: Triple) -> tuple[str, ...]:
        """The parties behind a triple: those of its sources, or the titles of sources without one."""
        return tuple(dict.fromkeys(self.parties.get(key) or self.titles.get(key, key) for key in self.of(triple)))

    def evidence(self, triple: Triple) -> tuple[Evidence, ...]:
        """All that speaks for a triple, line and sentence where they are known; empty for a scenario's own graph, which comes as a whole."""
        if self.store is None:
            return ()
        return tuple(entry for statement in self._statements(triple) for entry in self.store.evidence(statement) if entry.status in ACTIVE)

    def said(self, source: str, by: str = "source") -> tuple[Triple, ...]:
        """The triples that only this source (or party, `by="party"`) says: what goes when it goes."""
        of = self.of if by == "source" else self.party_of
        return tuple(triple for triple in self.graph.triples if set(of(triple)) == {source})

    def _find(self, triple: Triple) -> tuple[str, ...]:
        if self.store is None:
            return (self.graph.source,) if triple in self.graph.outgoing(triple.head) else ()
        wanted = set(self._statements(triple))
        found = (key for statement in wanted for _same, key, _status in self.store.said(*statement, statuses=ACTIVE))
        return tuple(sorted(set(found)))

    def _statements(self, triple: Triple) -> tuple[Statement, ...]:
        """The store's statements behind a triple: those of merged things stand for it, too."""
        store = self.store
        if store is None:
            return ()
        tails = set(self._names(triple.tail))
        rows = (row for head in self._names(triple.head) for row in store.match(subject=head) if row.object in tails)
        return tuple(row for row in rows if triple.relation == (IS_A if row.predicate in memory.BROADER else "instance_of" if row.predicate == memory.TYPE else memory.relation_name(row.predicate)))

    def _names(self, entity: str) -> tuple[str, ...]:
        term = expand(entity)
        return (term, *self._merged.get(term, ()))

    @cached_property
    def _merged(self) -> dict[str, tuple[str, ...]]:
        found: dict[str, list[str]] = {}
        for duplicate, chosen in links.canonical(self.store).items() if self.store is not None else ():
            found.setdefault(chosen, []).append(duplicate)
        return {chosen: tuple(some) for chosen, some in found.items()}


@lru_cache(maxsize=8)
def sources_of(wanted: str, graph: KnowledgeGraph) -> Sources:
    """The sources of a run's graph, remembered. `UnknownNameError` where the graph is not in the data folder any more."""
    return Sources(wanted, graph)

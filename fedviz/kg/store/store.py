"""A knowledge graph on disk: statements by source and status, evidence, versions; read by many, written by one.

In RDF terms (all of it leaves with an export): each source is a named graph `urn:fedviz:source:KEY`, described with PROV-O; what is disputed or rejected lies in
a twin graph of the same source (`...:disputed`, `...:rejected`), so a status costs nothing to ask for and nothing is ever destroyed. What is known of a
single statement (sentence, confidence, premises) hangs on an rdf:reifies of RDF 1.2 in the graph `urn:fedviz:evidence`.

The description `graph.json` is the truth about what belongs to the graph: named graphs that it does not know are left-overs of a write that was
killed, invisible to every question, and removed by the next write.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from filelock import FileLock, Timeout

from fedviz.core.errors import InputError
from fedviz.kg.store import evidence, folder, handles, lines, oxi
from fedviz.kg.store.evidence import EVIDENCE
from fedviz.kg.store.records import ACTIVE, Evidence, GraphInfo, Statistics, Status
from fedviz.kg.store.terms import FEDVIZ, PROV, RDF, Statement, compact, iri, value

_WAIT_S = 10.0


def graph_iri(key: str, status: Status) -> str:
    """The IRI of the named graph that holds a source's statements of a status."""
    return f"{FEDVIZ}source:{key}" + ("" if status in ("asserted", "derived") else f":{status}")


class GraphStore:
    """The graph of that name, to be read. `writing` (module `change`) gives what may be written.

    Reading sees the graph as it was when the newest version was made, also while another process writes. `UnknownNameError` where there is none.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.path = folder.graph_folder(name)
        folder.read(name)

    @property
    def info(self) -> GraphInfo:
        """The graph's description as it is now."""
        return folder.read(self.name)

    @property
    def digest(self) -> str:
        """The newest version's digest."""
        return self.info.digest

    def named(self, statuses: Iterable[Status] = ACTIVE, sources: Iterable[str] | None = None, info: GraphInfo | None = None) -> tuple[str, ...]:
        """IRIs of the named graphs of these statuses and sources (None: all) that hold anything; `info`: the description, where it has been read already."""
        return _named(info or self.info, statuses, sources)

    def ask(self, sparql: str, statuses: Iterable[Status] = ACTIVE, sources: Iterable[str] | None = None) -> oxi.Answer:
        """Put a SPARQL query to the union of these sources' statements; `GRAPH` sees each source by itself, and the evidence."""
        info, store = self._now()
        chosen = _named(info, statuses, sources)
        return oxi.ask(store, sparql, chosen, named=(*chosen, EVIDENCE))

    def match(
        self,
        subject: str | None = None,
        predicate: str | None = None,
        object: str | None = None,
        statuses: Iterable[Status] = ACTIVE,
        sources: Iterable[str] | None = None,
    ) -> Iterator[Statement]:
        """Each statement that fits (None fits everything) once, whoever says it."""
        seen: set[Statement] = set()
        info, store = self._now()
        chosen = _named(info, statuses, sources)
        for graph in chosen:
            for statement, _graph in oxi.match(store, subject, predicate, object, graph):
                if len(chosen) == 1:
                    yield statement
                elif statement not in seen:
                    seen.add(statement)
                    yield statement

    def said(
        self, subject: str | None = None, predicate: str | None = None, object: str | None = None, statuses: Iterable[Status] = ACTIVE, sources: Iterable[str] | None = None
    ) -> Iterator[tuple[Statement, str, Status]]:
        """(statement, source, status) for everything that fits: a statement comes once for every source (None: all) that says it."""
        wanted, keys = tuple(statuses), None if sources is None else set(sources)
        info, store = self._now()
        for source in info.sources:
            if keys is not None and source.key not in keys:
                continue
            for status in source.counts:
                if status in wanted and source.counts[status]:
                    for statement, _graph in oxi.match(store, subject, predicate, object, graph_iri(source.key, status)):
                        yield statement, source.key, status

    def evidence(self, statement: Statement) -> tuple[Evidence, ...]:
        """Everything that speaks for a statement, rejected or not: one entry for each source and sentence, in the order of the sources."""
        found: list[Evidence] = []
        statement = oxi.settled(statement)
        info, store = self._now()
        own = evidence.read(store, statement)
        sources = {source.key: source for source in info.sources}
        for _same, key, status in self.said(*statement, statuses=(*ACTIVE, "rejected")):
            source = sources[key]
            single = [entry for entry in own if entry.source == key]
            line = self.lines(key).line(statement.line) if source.lines and not single else 0
            found += [entry.model_copy(update={"status": status}) for entry in single] or [
                Evidence(
                    source=key, status=status, method=source.method, confidence=source.confidence, party=source.party, date=source.date, line=line,
                    document=source.origin,
                )
            ]  # fmt: skip
        return tuple(found)

    def evidence_lines(self, sources: Iterable[str] | None = None) -> Iterator[bytes]:
        """The evidence of single statements as lines of N-Quads, of these sources (None: all)."""
        info, store = self._now()
        wanted = {source.key for source in info.sources} if sources is None else set(sources)
        reifiers: set[str] = set()
        for key in sorted(wanted):
            reifiers |= {row.subject for row, _graph in oxi.match(store, None, f"<{PROV}wasDerivedFrom>", iri(f"{FEDVIZ}source:{key}"), EVIDENCE)}
        return oxi.lines_of(store, EVIDENCE, reifiers.__contains__)

    def status(self, statement: Statement) -> Status | None:
        """The best status that any source gives a statement: asserted before derived before disputed before rejected; None where nobody says it."""
        held = {status for _s, _key, status in self.said(*statement, statuses=(*ACTIVE, "rejected"))}
        return next((status for status in (*ACTIVE, "rejected") if status in held), None)

    def statistics(self) -> Statistics:
        """Counts over the active statements, by SPARQL; a second for each million statements."""
        by_status: dict[Status, int] = {}
        for source in self.info.sources:
            for status, count in source.counts.items():
                by_status[status] = by_status.get(status, 0) + count
        relations = self._tally("SELECT ?p (COUNT(*) AS ?n) { ?s ?p ?o } GROUP BY ?p ORDER BY DESC(?n) ?p")
        types = self._tally(f"SELECT ?t (COUNT(*) AS ?n) {{ ?s <{RDF}type> ?t }} GROUP BY ?t ORDER BY DESC(?n) ?t LIMIT 200")
        return Statistics(
            triples=sum(count for _name, count in relations),
            by_status=by_status,
            entities=self._number("SELECT (COUNT(DISTINCT ?e) AS ?n) { { ?e ?p ?o } UNION { ?s ?p ?e FILTER(isIRI(?e)) } }"),
            literals=self._number("SELECT (COUNT(*) AS ?n) { ?s ?p ?o FILTER(isLiteral(?o)) }"),
            relations=relations,
            types=types,
        )

    def _tally(self, sparql: str) -> tuple[tuple[str, int], ...]:
        return tuple((compact(term), int(value(count))) for term, count in self.ask(sparql).rows if term and count)

    def _number(self, sparql: str) -> int:
        return next((int(value(count)) for (count,) in self.ask(sparql).rows if count), 0)

    def lines(self, key: str) -> lines.LineIndex:
        """Which line of its file each statement of a source came from; empty where that is not known."""
        return lines.load(self.path / "lines" / f"{key}.npz")

    def _now(self) -> tuple[GraphInfo, oxi.Store]:
        """The description, read once for a whole question, and the store in its state."""
        info = self.info
        return info, handles.opened(self.path / "store", info.state)


def _named(info: GraphInfo, statuses: Iterable[Status], sources: Iterable[str] | None) -> tuple[str, ...]:
    wanted, keys = tuple(statuses), None if sources is None else set(sources)
    return tuple(
        graph_iri(source.key, status)
        for source in info.sources
        if keys is None or source.key in keys
        for status in source.counts
        if status in wanted and source.counts[status]
    )


@contextmanager
def locked(name: str) -> Iterator[None]:
    """Nobody else writes the graph meanwhile. `InputError` where somebody does, and goes on for ten seconds."""
    place = folder.graph_folder(name)
    place.mkdir(parents=True, exist_ok=True)
    lock = FileLock(place / ".lock")
    try:
        lock.acquire(timeout=_WAIT_S)
    except Timeout:
        raise InputError(f"The graph {name!r} is being written by another import; wait for it or cancel it.") from None
    try:
        yield
    finally:
        lock.release()

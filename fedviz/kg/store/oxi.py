"""The one place that imports pyoxigraph: files to statements, statements into a store on disk, questions, exports.

Oxigraph (Pellissier Tanon, https://doi.org/10.5281/zenodo.7408022) keeps quads in RocksDB; this module gives terms as N-Triples text (`terms`).
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import IO, Any, NamedTuple

import pyoxigraph as ox

from fedviz.core.errors import InputError
from fedviz.kg.store.terms import FEDVIZ, PREFIXES, Statement

FORMATS: dict[str, ox.RdfFormat] = {
    "n-triples": ox.RdfFormat.N_TRIPLES,
    "n-quads": ox.RdfFormat.N_QUADS,
    "turtle": ox.RdfFormat.TURTLE,
    "trig": ox.RdfFormat.TRIG,
    "rdf-xml": ox.RdfFormat.RDF_XML,
    "json-ld": ox.RdfFormat.JSON_LD,
}
Store = ox.Store
"""A store of quads. Only this package and what it gives out as `GraphStore` hold one."""
_PLACE = re.compile(r"(?:line|at) (\d+)(?:[: ]+(?:column |between columns )?(\d+))?")
_UPPER = re.compile(rb'"@[a-z0-9-]*[A-Z]')
_ABOUT = re.compile(rb"\s*(?:<[^>]*>|_:\S+)\s*<[^>]*>\s*<<")
"""A line whose object is a triple. Oxigraph 0.5 overflows its stack where these are nested some ten thousand times."""
_ESCAPED = re.compile(r"\\u([0-9A-Fa-f]{4})|\\U([0-9A-Fa-f]{8})")
_SERVICE = re.compile("service", re.IGNORECASE)
_NEVER = "\n~"
"""Behind a query this is always an error, so that parsing never goes on to asking."""


class Fault(NamedTuple):
    """A syntax error in a file or a query: line and column from 1 (0 where nothing is known), and what is wrong."""

    line: int
    column: int
    reason: str


class QuerySyntaxError(InputError):
    """A SPARQL query that cannot be parsed; `fault` says where."""

    def __init__(self, fault: Fault) -> None:
        self.fault = fault
        super().__init__(f"The query has an error in line {fault.line}, column {fault.column}: {fault.reason}.")


class Answer(NamedTuple):
    """An answer as text: `variables` and `rows` (None for an unbound variable) of a SELECT; `statements` of a CONSTRUCT or DESCRIBE; `holds` of an ASK."""

    variables: tuple[str, ...] = ()
    rows: Iterator[tuple[str | None, ...]] = iter(())
    statements: Iterator[Statement] | None = None
    holds: bool | None = None


def open_writable(path: Path) -> ox.Store:
    """The store of that folder, made where it is missing. `OSError` while another process has it open for writing."""
    return ox.Store(str(path))


def open_readable(path: Path) -> ox.Store:
    """The store of that folder as it is now; later changes are not seen."""
    return ox.Store.read_only(str(path))


def in_memory() -> ox.Store:
    """An empty store that nothing keeps."""
    return ox.Store()


def fault(error: SyntaxError) -> Fault:
    """Where and what a syntax error of Oxigraph is."""
    words = str(error.msg or error)
    found = _PLACE.search(words)
    line = error.lineno or (int(found[1]) if found else 0)
    column = error.offset or (int(found[2]) if found and found[2] else 0)
    reason = words.partition(": ")[2] or words
    return Fault(line, column, " ".join(reason.split())[:300].rstrip("."))


def statements(
    data: bytes | IO[bytes], format: str, skip: Callable[[Fault], None], base: str = "urn:fedviz:base:", scope: str = "", wanted: Callable[[str], bool] = lambda graph: True
) -> Iterator[Statement]:  # fmt: skip
    """The statements of a file of a format of `FORMATS`, as they stream in, of the graphs (IRIs without brackets, "" for the default graph) that are `wanted`.

    Blank nodes become IRIs of `scope`. Faults go to `skip`; the parser goes on behind a fault where its format allows that.
    """
    for row, graph in quads(data, format, skip, base, scope):
        if wanted(graph):
            if row.object.startswith("<<"):
                skip(Fault(0, 0, "a statement about a statement is left out"))
            else:
                yield row


def quads(data: bytes | IO[bytes], format: str, skip: Callable[[Fault], None], base: str = "urn:fedviz:base:", scope: str = "") -> Iterator[tuple[Statement, str]]:
    """(statement, graph) of a file, as `statements`; the object of a statement about a statement is `<<( s p o )>>`."""
    try:
        parsed = ox.parse(data, format=FORMATS[format], base_iri=base)
        faults = 0
        while True:
            try:
                quad = next(parsed)
            except StopIteration:
                return
            except SyntaxError as error:
                skip(fault(error))
                faults += 1
                if faults >= 10_000:
                    skip(Fault(0, 0, "more than 10,000 faults: the rest of the file is left out"))
                    return
                continue
            object = f"<<( {quad.object} )>>" if isinstance(quad.object, ox.Triple) else _named(quad.object, scope)
            yield Statement(_named(quad.subject, scope), str(quad.predicate), object), getattr(quad.graph_name, "value", "")
    except SyntaxError as error:
        skip(fault(error))
    except (OSError, EOFError, ValueError) as error:
        skip(Fault(0, 0, f"the file cannot be read further: {error}"))
    except MemoryError:
        skip(Fault(0, 0, "a term has at most 16 MB; the file cannot be read further"))


def load_lines(store: ox.Store, feed: Any, graph: str) -> None:
    """Load N-Triples from an object with `read(bytes)` into the graph of that IRI. `SyntaxError` (see `fault`) leaves nothing of it."""
    store.bulk_load(feed, format=ox.RdfFormat.N_TRIPLES, to_graph=ox.NamedNode(graph))


def check_line(line: bytes, scope: str = "") -> tuple[bytes | None, str]:
    """(a line of N-Triples in canonical form, "") where it is one statement; (None, why not) where it is not; (None, "") for a comment or an empty line."""
    if _ABOUT.match(line):
        reason = "a statement about a statement is left out"
        return None, reason
    reasons: list[str] = []
    found = list(statements(line, "n-triples", lambda fault: reasons.append(fault.reason), scope=scope))
    if reasons:
        return None, reasons[0]
    return (found[0].line, "") if found else (None, "")


def settled(row: Statement) -> Statement:
    """The statement as a store gives it back: Oxigraph keeps numbers, dates and truth values as such, so that `"01"^^xsd:int` becomes `"1"^^xsd:integer`."""
    term = _settled(row.object)
    return row if term == row.object else row._replace(object=term)


def settled_lines(lines: list[bytes], whole: bytes) -> list[bytes]:
    """Lines of N-Triples, which are `whole` together, as a store gives them back (see `settled`); what is no statement stays as it is."""
    if b'"^^<' not in whole and not _UPPER.search(whole):
        return lines
    return [_settled_line(line) if b'"^^<' in line or _UPPER.search(line) else line for line in lines]


def insert(store: ox.Store, rows: Iterable[Statement], graph: str) -> None:
    """Add statements to a graph, all or none."""
    store.load(b"".join(row.line for row in rows), format=ox.RdfFormat.N_TRIPLES, to_graph=ox.NamedNode(graph))


def insert_lines(store: ox.Store, lines: bytes, graph: str) -> None:
    """Add lines of N-Triples 1.2 (they may speak of statements) to a graph, all or none."""
    store.load(lines, format=ox.RdfFormat.N_TRIPLES, to_graph=ox.NamedNode(graph))


def move(store: ox.Store, rows: Iterable[Statement], old: str, new: str) -> None:
    """Move statements from one graph to another; those that the first lacks are added to the second all the same."""
    moved = [ox.Quad(*_terms(row), ox.NamedNode(old)) for row in rows]
    store.extend(ox.Quad(quad.subject, quad.predicate, quad.object, ox.NamedNode(new)) for quad in moved)
    for quad in moved:
        store.remove(quad)


def remove(store: ox.Store, rows: Iterable[Statement], graph: str) -> None:
    """Remove statements from a graph; what it lacks is no error."""
    node = ox.NamedNode(graph)
    for row in rows:
        store.remove(ox.Quad(*_terms(row), node))


def remove_subjects(store: ox.Store, graph: str, predicate: str, object: str) -> None:
    """Remove from a graph everything about each subject that has this predicate and object (IRIs without brackets)."""
    pattern = f"GRAPH <{graph}> {{ ?s ?p ?o }}"
    store.update(f"DELETE {{ {pattern} }} WHERE {{ GRAPH <{graph}> {{ ?s <{predicate}> <{object}> }} {pattern} }}")


def drop(store: ox.Store, graph: str) -> None:
    """Remove a graph with all its statements."""
    store.remove_graph(ox.NamedNode(graph))


def graphs(store: ox.Store) -> tuple[str, ...]:
    """IRIs (without brackets) of the graphs that a store holds."""
    return tuple(node.value for node in store.named_graphs() if isinstance(node, ox.NamedNode))


def match(store: ox.Store, subject: str | None, predicate: str | None, object: str | None, graph: str | None) -> Iterator[tuple[Statement, str]]:
    """(statement, IRI of its graph) of what fits; None fits everything. What speaks of statements is left out."""
    pattern = [None if term is None else _term(term) for term in (subject, predicate, object)]
    for quad in store.quads_for_pattern(*pattern, None if graph is None else ox.NamedNode(graph)):
        if not isinstance(quad.object, ox.Triple):
            yield Statement(str(quad.subject), str(quad.predicate), str(quad.object)), getattr(quad.graph_name, "value", "")


def ask(store: ox.Store, sparql: str, graphs: Iterable[str], prefixes: Mapping[str, str] = PREFIXES, base: str | None = None, named: Iterable[str] | None = None) -> Answer:
    """Put a query to the union of some graphs; `named` are those that `GRAPH` may speak of (None: the same). `QuerySyntaxError` where it cannot be parsed.

    Updates cannot be parsed as queries, and a `SERVICE` is refused, so nothing is changed and nobody outside is asked.
    """
    _refuse_service(sparql, prefixes, base)
    nodes = [ox.NamedNode(graph) for graph in graphs]
    allowed = nodes if named is None else [ox.NamedNode(graph) for graph in named]
    try:
        found = store.query(sparql, prefixes=dict(prefixes), base_iri=base, default_graph=nodes, named_graphs=allowed)
    except SyntaxError as error:
        raise QuerySyntaxError(fault(error)) from None
    if isinstance(found, ox.QueryBoolean):
        return Answer(holds=bool(found))
    if isinstance(found, ox.QueryTriples):
        return Answer(statements=(Statement(str(row.subject), str(row.predicate), str(row.object)) for row in found))
    names = tuple(variable.value for variable in found.variables)
    return Answer(names, (tuple([None if term is None else str(term) for term in row]) for row in found))


def syntax(sparql: str, prefixes: Mapping[str, str] = PREFIXES, base: str | None = None) -> Fault | None:
    """The syntax error of a query, or None; nothing is asked. An error at the very end of a query may be overlooked."""
    try:
        in_memory().query(sparql + _NEVER, prefixes=dict(prefixes), base_iri=base)
    except SyntaxError as error:
        found = fault(error)
        return None if found.line > len(re.split("\r\n|\n|\r", sparql)) else found
    return None


def _refuse_service(sparql: str, prefixes: Mapping[str, str], base: str | None) -> None:
    """`InputError` where `SERVICE` is a keyword of a query, also where it is spelt with escapes.

    Oxigraph's own parser is the judge, since no pattern of ours reads strings, comments and escapes exactly as it does: with the word changed into one that means
    nothing, a query that only speaks of a service stays correct, and one that asks a service does not.
    """
    plain = _ESCAPED.sub(lambda found: chr(min(int(found[1] or found[2], 16), 0x10FFFF)), sparql)
    for spelling in {sparql, plain}:
        if _SERVICE.search(spelling) and syntax(_SERVICE.sub("servicx", spelling), prefixes, base) is not None:
            wrong = syntax(sparql, prefixes, base)
            if wrong is not None:
                raise QuerySyntaxError(wrong)
            raise InputError("A query here asks nobody outside: `SERVICE` is not allowed.")


def lines_of(store: ox.Store, graph: str, subjects: Callable[[str], bool] = lambda subject: True) -> Iterator[bytes]:
    """A whole graph as lines of N-Quads, statements about statements included, of the subjects (as N-Triples) that are wanted."""
    for quad in store.quads_for_pattern(None, None, None, ox.NamedNode(graph)):
        if subjects(str(quad.subject)):
            object = f"<<( {quad.object} )>>" if isinstance(quad.object, ox.Triple) else str(quad.object)
            yield f"{quad.subject} {quad.predicate} {object} {quad.graph_name} .\n".encode()


def convert(source: IO[bytes], plain: str, target: IO[bytes], format: str) -> None:
    """Read one format of `FORMATS` and write another, statement by statement."""
    ox.serialize(
        ox.parse(source, format=FORMATS[plain]) if format in ("trig", "json-ld", "n-quads") else (quad.triple for quad in ox.parse(source, format=FORMATS[plain])),
        target, format=FORMATS[format], prefixes=PREFIXES if format in ("turtle", "trig") else None,
    )  # fmt: skip


def _settled_line(line: bytes) -> bytes:
    try:
        subject, predicate, object = line.decode().removesuffix(" .\n").split(" ", 2)
        return Statement(subject, predicate, _settled(object)).line
    except (ValueError, SyntaxError):
        return line


@lru_cache(maxsize=1 << 16)
def _settled(term: str) -> str:
    if term.startswith("<") or term.endswith('"'):
        return term
    try:
        store, node = ox.Store(), ox.NamedNode(FEDVIZ)
        store.add(ox.Quad(node, node, _term(term)))
        return str(next(iter(store)).object)
    except (ValueError, SyntaxError, StopIteration):
        return term


def _named(node: Any, scope: str) -> str:
    return f"<urn:fedviz:genid:{scope}:{node.value}>" if isinstance(node, ox.BlankNode) else str(node)


def _term(text: str) -> Any:
    if text.startswith("<"):
        return ox.NamedNode(text[1:-1])
    return next(iter(ox.parse(f"<urn:a> <urn:b> {text} .".encode(), format=ox.RdfFormat.N_TRIPLES))).object


def _terms(row: Statement) -> tuple[Any, Any, Any]:
    return _term(row.subject), _term(row.predicate), _term(row.object)

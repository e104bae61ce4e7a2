"""Exports: a graph as one file in the field's formats, written beside and then renamed, so that a reader sees a whole file or none.

N-Quads and TriG hold everything: each source as a named graph, its disputed and rejected statements as twins, a graph `urn:fedviz:provenance` that describes the
sources with PROV-O (https://www.w3.org/TR/prov-o/), and the evidence of single statements (RDF 1.2 reifiers); `sources.whole` makes the same graph of it again. The other
formats hold the statements alone.
"""

import csv
import gzip
import io
import os
import secrets
from array import array
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, cast

import numpy as np

from fedviz.core.errors import InputError
from fedviz.core.i18n import N_
from fedviz.core.types import Record
from fedviz.kg.export_graphml import write_graphml
from fedviz.kg.reason.derive import rule_set
from fedviz.kg.store import oxi
from fedviz.kg.store.change import Cancelled
from fedviz.kg.store.evidence import PROVENANCE
from fedviz.kg.store.lines import digest, packed
from fedviz.kg.store.records import ACTIVE, GraphInfo, Status
from fedviz.kg.store.store import GraphStore, graph_iri
from fedviz.kg.store.terms import DCT, FEDVIZ, PROV, RDF, XSD, Statement, entity, iri, literal

FORMATS: dict[str, tuple[str, str]] = {
    "n-quads": (".nq", N_("N-Quads: everything, with sources, statuses and evidence")),
    "trig": (".trig", N_("TriG: everything, for people to read")),
    "n-triples": (".nt", N_("N-Triples: the statements")),
    "turtle": (".ttl", N_("Turtle: the statements, for people to read")),
    "json-ld": (".jsonld", N_("JSON-LD: the statements")),
    "csv": (".csv", N_("CSV: a row for each statement and source")),
    "graphml": (".graphml", N_("GraphML: for yEd, Gephi, Cytoscape")),
}
"""Format -> ending of its files, and what it is called."""
_GRAPHS = ("n-quads", "trig")
RULES, LINE_NUMBERS = f"<{FEDVIZ}rules>", f"<{FEDVIZ}lineNumbers>"
"""What an export says of a source of conclusions (the rules, as JSON) and of one that was a file (where its statements stood, in the order of their digests)."""
LINES = 250_000
"""So many line numbers in one literal: a megabyte or two, which any parser takes."""
_EVERY: tuple[Status, ...] = (*ACTIVE, "rejected")
Progress = Callable[[int, int], None]


class Exported(Record):
    """What was written: statements (each source's own, where the format names sources) and bytes."""

    format: str
    statements: int
    bytes: int


def format_of(path: Path) -> str:
    """The format that the ending of a file's name means, also before .gz; `InputError` where it means none."""
    name = path.with_suffix("") if path.suffix.lower() == ".gz" else path
    found = next((format for format, (ending, _title) in FORMATS.items() if name.suffix.lower() == ending), None)
    if found is None:
        raise InputError(f"The ending of {path.name[:80]!r} names no format of exports ({', '.join(ending for ending, _title in FORMATS.values())}); choose the format.")
    return found


def export(
    name: str, path: Path, format: str = "", statuses: tuple[Status, ...] = (), sources: tuple[str, ...] | None = None, evidence: bool = True,
    progress: Progress = lambda done, total: None, cancelled: Callable[[], bool] = lambda: False,
) -> Exported:  # fmt: skip
    """Write the graph of that name to a file (gzip where it ends in .gz). `statuses`: empty for all where the format tells them apart, else for the active ones;
    `sources`: None for all; `evidence`: whether N-Quads and TriG hold that of single statements.

    Raises `InputError` for an unknown graph, format or source and `Cancelled`; what was there before is then untouched.
    """
    format = format or format_of(path)
    if format not in FORMATS:
        raise InputError(f"There is no export named {format[:40]!r}; known: {', '.join(FORMATS)}.")
    store = GraphStore(name)
    info = store.info
    known = [source.key for source in info.sources]
    for key in sources or ():
        if key not in known:
            raise InputError(f"The graph {name!r} has no source {key[:60]!r}; it has: {', '.join(known) or 'none'}.")
    chosen = statuses or (_EVERY if format in _GRAPHS else ACTIVE)
    total = sum(count for source in info.sources if sources is None or source.key in sources for status, count in source.counts.items() if status in chosen)
    told = _Told(total, progress, cancelled)
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with beside.open("wb") as raw:
            file = cast(IO[bytes], gzip.GzipFile(fileobj=raw, mode="wb", mtime=0)) if path.suffix.lower() == ".gz" else raw
            _write(store, file, format, chosen, sources, evidence, told)
            if file is not raw:
                file.close()
            raw.flush()
            os.fsync(raw.fileno())
        size = beside.stat().st_size
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
    return Exported(format=format, statements=told.done, bytes=size)


class _Told:
    """Counts statements, tells how far it is and looks whether somebody cancels."""

    def __init__(self, total: int, progress: Progress, cancelled: Callable[[], bool]) -> None:
        self._total, self._progress, self._cancelled = total, progress, cancelled
        self.done = 0

    def one(self) -> None:
        if self.done % 5000 == 0:
            self._progress(self.done, self._total)
            if self._cancelled():
                raise Cancelled("The export was cancelled; no file was written.")
        self.done += 1


def _write(store: GraphStore, file: IO[bytes], format: str, statuses: tuple[Status, ...], sources: tuple[str, ...] | None, evidence: bool, told: _Told) -> None:
    if format == "csv":
        _csv(store, file, statuses, sources, told)
    elif format == "graphml":
        write_graphml(_distinct(store, statuses, sources, told), store, file)
    elif format in _GRAPHS:
        lines = _quads(store, statuses, sources, evidence, told)
        _plain_or(lines, file, "n-quads", format)
    else:
        rows = (row.line for row in _distinct(store, statuses, sources, told))
        _plain_or(rows, file, "n-triples", format)


def _distinct(store: GraphStore, statuses: tuple[Status, ...], sources: tuple[str, ...] | None, told: _Told) -> Iterator[Statement]:
    for row in store.match(statuses=statuses, sources=sources):
        told.one()
        yield row


def _quads(store: GraphStore, statuses: tuple[Status, ...], sources: tuple[str, ...] | None, evidence: bool, told: _Told) -> Iterator[bytes]:
    """Lines of N-Quads: the provenance first, then the sources, then the evidence."""
    info, rules = store.info, rule_set(store)
    for row in provenance(info, sources):
        yield _quad(row, PROVENANCE)
    if rules is not None and (sources is None or rules.key in sources):
        yield _quad(Statement(iri(graph_iri(rules.key, "derived")), RULES, literal(rules.model_dump_json())), PROVENANCE)
    for source in info.sources:
        digests = array("Q")
        for row, key, status in store.said(statuses=statuses, sources=(source.key,) if sources is None or source.key in sources else ()):
            told.one()
            digests.append(digest(row.line))
            yield _quad(row, graph_iri(key, status))
        if source.lines and len(digests):
            lines = store.lines(source.key).of(np.unique(np.frombuffer(digests, np.uint64)))
            for start in range(0, len(lines), LINES):
                said = literal(f"{start} {packed(lines[start : start + LINES])}")
                yield _quad(Statement(iri(graph_iri(source.key, "asserted")), LINE_NUMBERS, said), PROVENANCE)
    if evidence:
        yield from store.evidence_lines(sources)


def _quad(row: Statement, graph: str) -> bytes:
    return row.line[:-2] + f"<{graph}> .\n".encode()


def provenance(info: GraphInfo, sources: tuple[str, ...] | None = None) -> Iterator[Statement]:
    """What a description knows about the graph, its sources and their twins, in PROV-O and Dublin Core."""
    whole = iri(f"{FEDVIZ}graph:{info.name}")
    yield Statement(whole, f"<{RDF}type>", f"<{PROV}Collection>")
    yield Statement(whole, f"<{DCT}title>", literal(info.title))
    yield Statement(whole, f"<{DCT}language>", literal(info.language))
    yield Statement(whole, f"<{FEDVIZ}digest>", literal(info.digest))
    for source in info.sources:
        if sources is not None and source.key not in sources:
            continue
        graph, activity = iri(graph_iri(source.key, "asserted")), iri(f"{FEDVIZ}activity:{source.key}")
        yield Statement(whole, f"<{PROV}hadMember>", graph)
        yield Statement(graph, f"<{RDF}type>", f"<{PROV}Bundle>")
        yield Statement(graph, f"<{PROV}wasGeneratedBy>", activity)
        yield Statement(activity, f"<{RDF}type>", f"<{PROV}Activity>")
        if source.date:
            yield Statement(activity, f"<{PROV}endedAtTime>", literal(source.date, datatype=f"{XSD}dateTime"))
        if source.party:
            yield Statement(graph, f"<{PROV}wasAttributedTo>", entity(source.party))
        yield Statement(graph, f"<{FEDVIZ}confidence>", literal(repr(source.confidence), datatype=f"{XSD}double"))
        said = {f"{DCT}title": source.title, f"{DCT}source": source.origin, f"{DCT}license": source.licence, **{f"{FEDVIZ}{part}": getattr(source, part) for part in ("reader", "method", "party", "sha256")}}
        yield from (Statement(graph, f"<{predicate}>", literal(words)) for predicate, words in said.items() if words)
        for status in source.counts:
            place = iri(graph_iri(source.key, status))
            yield Statement(place, f"<{FEDVIZ}status>", literal(status))
            if place != graph:
                yield Statement(place, f"<{PROV}specializationOf>", graph)


def _csv(store: GraphStore, file: IO[bytes], statuses: tuple[Status, ...], sources: tuple[str, ...] | None, told: _Told) -> None:
    """Terms as N-Triples, as SPARQL's own tables have them: no cell begins with a sign that a spreadsheet would take for a formula."""
    words = io.TextIOWrapper(file, "utf-8", newline="", write_through=True)
    rows = csv.writer(words)
    rows.writerow(("subject", "predicate", "object", "status", "source"))
    for row, key, status in store.said(statuses=statuses):
        if sources is None or key in sources:
            told.one()
            rows.writerow((*row, status, key))
    words.flush()
    words.detach()


def _plain_or(lines: Iterator[bytes], file: IO[bytes], plain: str, format: str) -> None:
    """The lines as they are, or in another format by Oxigraph."""
    if format == plain:
        for line in lines:
            file.write(line)
        return
    feed = _Lines(lines)
    try:
        oxi.convert(cast(IO[bytes], feed), plain, file, format)
    except (OSError, SyntaxError):
        if feed.failure is not None:
            raise feed.failure from None
        raise


class _Lines:
    """Lines as a file to be read. What fails in them is kept in `failure`, since Oxigraph gives it on as another error."""

    def __init__(self, lines: Iterator[bytes]) -> None:
        self._lines, self._rest = lines, b""
        self.failure: BaseException | None = None

    def read(self, size: int = -1) -> bytes:
        while len(self._rest) < max(size, 1):
            try:
                line = next(self._lines, b"")
            except BaseException as error:
                self.failure = error
                raise OSError("reading was stopped") from error
            if not line:
                break
            self._rest += line
        out, self._rest = self._rest[:size] if size >= 0 else self._rest, self._rest[size:] if size >= 0 else b""
        return out

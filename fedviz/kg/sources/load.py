"""Importing: a file, or a graph that is in memory, becomes a source of a graph on disk."""

import secrets
from collections.abc import Iterator
from pathlib import Path

from fedviz.core.errors import InputError
from fedviz.core.options import Options
from fedviz.core.registry import SOURCES
from fedviz.kg.graph import KnowledgeGraph
from fedviz.kg.sources.base import SourceEntry, opened
from fedviz.kg.store.change import Intake, change
from fedviz.kg.store.lines import Block
from fedviz.kg.store.memory import blocks_of, statements_of
from fedviz.kg.store.records import SourceInfo

_RDF_FORMATS = {".ttl": "turtle", ".nq": "n-quads", ".trig": "trig", ".rdf": "rdf-xml", ".owl": "rdf-xml", ".xml": "rdf-xml", ".jsonld": "json-ld"}


def suggested(file_name: str) -> Options:
    """The reader's options that the ending of a file's name suggests; `InputError` where it suggests none."""
    name = Path(file_name.lower())
    name = name.with_suffix("") if name.suffix in (".gz", ".bz2") else name
    for entry in SOURCES:
        if name.suffix and name.suffix in entry.extensions:
            if entry.name == "rdf":
                return entry.options(format=_RDF_FORMATS[name.suffix])
            return entry.options()
    known = sorted({ending for entry in SOURCES for ending in entry.extensions})
    raise InputError(f"The ending of {file_name[:80]!r} names no format that is known ({', '.join(known)}); choose the reader.")


def import_file(graph: str, path: Path, options: Options | None = None, intake: Intake | None = None, about: SourceInfo | None = None) -> SourceInfo:
    """Add a file to the graph of that name (made before) as a source; one version more. `options`: of the reader (None: by the file's name).

    `about`: title, origin, party, licence, confidence to be kept with it. Raises `InputError` with one sentence; then the graph is as it was. A file of which nothing can be
    used is refused.
    """
    chosen = options if options is not None else suggested(path.name)
    entry: SourceEntry = SOURCES.get(chosen.name)
    told = intake or Intake()
    scope = secrets.token_hex(4)
    digest: list[str] = []

    def read(intake: Intake) -> Iterator[Block]:
        with opened(path, intake) as (file, sha256):
            yield from entry.read(file, chosen, intake, scope)
            digest[:] = [sha256()]

    described = about or SourceInfo(key="", title=path.name, reader=entry.name)
    described = described.model_copy(update={"reader": entry.name, "origin": described.origin or path.name})
    with change(graph, f"Imported {described.title}") as write:
        added = write.source(described, read, told)
        if not sum(added.counts.values()):
            first = f": line {added.examples[0].line}: {added.examples[0].reason}" if added.examples else ""
            raise InputError(f"The file {path.name} holds no statement that {entry.title} can read{first}.")
        return write.amend(added.key, sha256=digest[0])


def import_graph(name: str, graph: KnowledgeGraph, about: SourceInfo) -> SourceInfo:
    """Add a graph in memory, such as a scenario's, as a source; one version more."""
    with change(name, f"Imported {about.title}") as write:
        return write.source(about, lambda intake: blocks_of(statements_of(graph)))

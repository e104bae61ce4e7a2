"""Importing: a file, or a graph that is in memory, becomes a source of a graph on disk."""

import hashlib
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fedviz.core.errors import InputError
from fedviz.core.options import Options
from fedviz.core.registry import SOURCES
from fedviz.kg.graph import KnowledgeGraph
from fedviz.kg.sources.base import SourceEntry, opened
from fedviz.kg.store import folder
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


@contextmanager
def into(graph: str, title: str = "", language: str = "en") -> Iterator[bool]:
    """A graph to be added to, made where it is missing (True then); one that was made here and is still empty is removed again where what follows fails."""
    new = not (folder.graph_folder(graph) / folder.MANIFEST).exists()
    if new:
        folder.create(graph, title, language)
    try:
        yield new
    except BaseException:
        if new and folder.read(graph).version is None:  # somebody else may have added to it meanwhile
            folder.delete(graph)
        raise


def import_file(graph: str, path: Path, options: Options | None = None, intake: Intake | None = None, about: SourceInfo | None = None) -> SourceInfo:
    """Add a file to the graph of that name (made before, or by `into`) as a source; one version more. `options`: of the reader (None: by the file's name).

    `about`: title, origin, party, licence, confidence to be kept with it. Raises `InputError` with one sentence; then the graph is as it was. A file of which nothing can be
    used is refused.
    """
    chosen = options if options is not None else suggested(path.name)
    entry: SourceEntry = SOURCES.get(chosen.name)
    if entry.fetch is not None:
        raise InputError(f"{entry.title} reads no file; its options name what it asks.")
    return _import(graph, [path], path.name, chosen, intake or Intake(), about or SourceInfo(key="", title=path.name, reader="", origin=path.name))


def import_slice(graph: str, options: Options, intake: Intake | None = None, about: SourceInfo | None = None) -> SourceInfo:
    """Add what an endpoint says to the graph of that name as a source; as `import_file`, with the pages that `fetch` keeps."""
    entry: SourceEntry = SOURCES.get(options.name)
    told = intake or Intake()
    if entry.fetch is None:
        raise InputError(f"{entry.title} reads a file; it asks no endpoint.")
    url = str(getattr(options, "url", ""))
    files = entry.fetch(options, told)
    described = about or SourceInfo(key="", title=url, reader="")
    return _import(graph, files, url, options, told, described.model_copy(update={"origin": described.origin or url, "method": "query"}))


def _import(graph: str, paths: list[Path], name: str, chosen: Options, told: Intake, about: SourceInfo) -> SourceInfo:
    entry: SourceEntry = SOURCES.get(chosen.name)
    scope = secrets.token_hex(4)
    digests: list[str] = []
    before, examples, left = told.skipped, list(told.examples), dict(told.left)

    def read(intake: Intake) -> Iterator[Block]:
        intake.skipped, intake.examples, intake.left = before, list(examples), dict(left)
        digests.clear()
        for path in paths:
            with opened(path, intake) as (file, sha256):
                for block in entry.read(file, chosen, intake, scope):
                    yield block if len(paths) == 1 else block._replace(numbers=None)
                digests.append(sha256())

    described = about.model_copy(update={"reader": entry.name, "origin": about.origin or name})
    with change(graph, f"Imported {described.title}") as write:
        added = write.source(described, read, told)
        if not sum(added.counts.values()):
            first = f": line {added.examples[0].line}: {added.examples[0].reason}" if added.examples else ""
            raise InputError(f"{described.origin[:80]} holds no statement that the reader {entry.name!r} can use{first}.")
        whole = digests[0] if len(digests) == 1 else hashlib.sha256("".join(digests).encode()).hexdigest()
        return write.amend(added.key, sha256=whole)


def import_graph(name: str, graph: KnowledgeGraph, about: SourceInfo) -> SourceInfo:
    """Add a graph in memory, such as a scenario's, as a source; one version more."""
    with change(name, f"Imported {about.title}") as write:
        return write.source(about, lambda intake: blocks_of(statements_of(graph)))

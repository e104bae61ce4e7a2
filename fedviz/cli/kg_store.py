"""`kg import`, `kg list`, `kg stats`, `kg export`, `kg remove`: what lies in the data folder."""

import argparse
from pathlib import Path
from typing import Any

from fedviz.cli.common import add_json, plain, print_json, table
from fedviz.cli.progress import ProgressLine
from fedviz.core.errors import InputError
from fedviz.core.options import Options, parse
from fedviz.core.registry import SCENARIOS, SOURCES
from fedviz.kg.export import FORMATS, export
from fedviz.kg.sources.load import import_file, import_graph, import_slice, into, suggested
from fedviz.kg.sources.whole import Restored, import_whole, is_whole
from fedviz.kg.store import folder
from fedviz.kg.store.change import Intake, change
from fedviz.kg.store.records import ACTIVE, SourceInfo
from fedviz.kg.store.store import GraphStore


def add(commands: Any) -> None:
    """The commands of this part."""
    _add_import(commands)
    listing = commands.add_parser("list", help="the graphs that are there")
    add_json(listing)
    listing.set_defaults(run=_list)
    stats = commands.add_parser("stats", help="what a graph holds, its sources and its versions")
    stats.add_argument("graph")
    add_json(stats)
    stats.set_defaults(run=_stats)
    exporting = commands.add_parser("export", help="write a graph to a file", description=f"Write a graph to a file. Formats: {', '.join(FORMATS)}; by the file's ending, also before .gz.")
    exporting.add_argument("graph")
    exporting.add_argument("file", type=Path)
    exporting.add_argument("--format", choices=tuple(FORMATS), default="", help="instead of what the ending says")
    exporting.add_argument("--status", action="append", default=[], choices=(*ACTIVE, "rejected"), help="only statements of this status (more than once: any of them)")
    exporting.add_argument("--source", action="append", default=[], metavar="KEY", help="only statements of this source (more than once: any of them)")
    exporting.add_argument("--no-evidence", action="store_true", help="leave out the evidence of single statements (N-Quads and TriG; it needs RDF 1.2)")
    add_json(exporting)
    exporting.set_defaults(run=_export)
    removing = commands.add_parser("remove", help="remove a graph with everything in it, or one of its sources")
    removing.add_argument("graph")
    removing.add_argument("--source", metavar="KEY", help="only this source")
    add_json(removing)
    removing.set_defaults(run=_remove)


def _add_import(commands: Any) -> None:
    importing = commands.add_parser(
        "import", help="add a file, a slice of a SPARQL endpoint or a scenario's graph to a graph, which is made where it is missing",
        description="Add a source to a graph. Readers: " + ", ".join(SOURCES.names()) + ". Their options are listed by `python -m fedviz options`.",
    )  # fmt: skip
    importing.add_argument("graph", help="name of the graph: lower-case letters, digits and hyphens")
    importing.add_argument("file", type=Path, nargs="?", help="the file, also .gz or .bz2")
    importing.add_argument("--reader", choices=SOURCES.names(), help="what reads it (default: by the file's ending)")
    importing.add_argument("--set", action="append", default=[], metavar="OPTION=VALUE", help="an option of the reader")
    importing.add_argument("--one-source", action="store_true", help="of a file that `kg export` wrote with its sources: their statements as one source, instead of the graph as it was")
    importing.add_argument("--endpoint", metavar="URL", help="a SPARQL endpoint instead of a file; pages that came are kept, and the same command goes on from there")
    importing.add_argument("--seed", action="append", default=[], metavar="ENTITY", help="of an endpoint: where to begin, as dbr:Aspirin or wd:Q18216")
    importing.add_argument("--relation", action="append", default=[], metavar="RELATION", help="of an endpoint: what to follow (default: everything)")
    importing.add_argument("--hops", metavar="N", help="of an endpoint: how far (default: 1)")
    importing.add_argument("--limit", metavar="N", help="of an endpoint: at most so many statements (default: 20000)")
    importing.add_argument("--contact", metavar="ADDRESS", help="of an endpoint: an e-mail or web address that it is told")
    importing.add_argument("--scenario", choices=SCENARIOS.names(), help="the graph of a scenario instead of a file")
    importing.add_argument("--title", default="", help="what the source is called")
    importing.add_argument("--party", default="", help="whose it is")
    importing.add_argument("--licence", default="", help="under which licence it is published")
    importing.add_argument("--confidence", type=float, default=1.0, metavar="SHARE", help="how sure its statements are, from 0 to 1")
    importing.add_argument("--language", default="en", metavar="CODE", help="of a new graph: the language whose names come first")
    add_json(importing)
    importing.set_defaults(run=_import)


def _import(arguments: argparse.Namespace) -> int:
    if sum(given is not None for given in (arguments.file, arguments.endpoint, arguments.scenario)) != 1:
        raise InputError("An import takes a file, or --endpoint with a URL, or --scenario with a name; exactly one of them.")
    if not 0 <= arguments.confidence <= 1:
        raise InputError(f"`0 <= confidence <= 1` must hold, but got confidence={arguments.confidence:g}.")
    options = None if arguments.scenario else _options(arguments)
    if arguments.file is not None and not arguments.file.is_file():
        raise InputError(f"There is no file {plain(str(arguments.file))}.")
    if arguments.file is not None and not arguments.one_source and is_whole(arguments.file, getattr(options, "format", "")):
        return _bring_back(arguments, options.format)
    name = arguments.endpoint or arguments.scenario or arguments.file.name
    about = SourceInfo(
        key="", title=arguments.title or name, reader="scenario" if arguments.scenario else "", origin="" if arguments.scenario else name, party=arguments.party,
        licence=arguments.licence, confidence=arguments.confidence,
    )  # fmt: skip
    with into(arguments.graph, language=arguments.language), ProgressLine(name) as line:
        if arguments.scenario:
            added = _import_scenario(arguments.graph, arguments.scenario, about)
        elif arguments.endpoint:
            added = import_slice(arguments.graph, options, Intake(line.tell), about)
        else:
            added = import_file(arguments.graph, arguments.file, options, Intake(line.tell), about)
    if arguments.json:
        print_json(added.model_dump(mode="json"))
        return 0
    print(f"{sum(added.counts.values()):,} statements from {plain(added.title)}; {added.skipped:,} things skipped")
    return _unused(added)


def _bring_back(arguments: argparse.Namespace, format: str) -> int:
    with into(arguments.graph), ProgressLine(arguments.file.name) as line:
        restored = import_whole(arguments.graph, arguments.file, format, Intake(line.tell))
    if arguments.json:
        print_json(restored.model_dump(mode="json"))
        return 0
    print(f"{restored.statements:,} statements of {len(restored.sources):,} sources, with statuses, evidence and merges; {restored.skipped:,} things skipped")
    print("the same graph as was exported" if restored.same else "not all of the graph that was exported: the digest differs from the one that the file names")
    return _unused(restored)


def _unused(added: SourceInfo | Restored) -> int:
    for reason, count in added.left_out.items():
        print(f"  left out: {count:,} {plain(reason)}")
    for entry in added.examples:
        print(f"  {f'line {entry.line}: ' if entry.line else ''}{plain(entry.reason)}")
    return 0


def _options(arguments: argparse.Namespace) -> Options:
    named = {"seeds": " ".join(arguments.seed), "relations": " ".join(arguments.relation), "hops": arguments.hops, "limit": arguments.limit, "contact": arguments.contact}
    chosen = {key: value for key, value in named.items() if value}
    if chosen and not arguments.endpoint:
        raise InputError("--seed, --relation, --hops, --limit and --contact belong to an --endpoint.")
    if arguments.endpoint:
        if arguments.reader not in (None, "endpoint"):
            raise InputError(f"An endpoint is read by the reader 'endpoint', but got --reader {arguments.reader}.")
        options, chosen = SOURCES.get("endpoint").options(), chosen | {"url": arguments.endpoint}
    else:
        options = SOURCES.get(arguments.reader).options() if arguments.reader else suggested(arguments.file.name)
    for entry in arguments.set:
        key, equals, value = entry.partition("=")
        if not equals:
            raise InputError(f"A setting has the form key=value, but got {entry[:60]!r}.")
        chosen[key] = value
    return parse(type(options), options.model_dump() | chosen)


def _import_scenario(graph: str, scenario: str, about: SourceInfo) -> SourceInfo:
    from fedviz.scenarios.load import graph_of

    found, licence = graph_of(scenario)
    title = found.name if about.title == scenario else about.title
    return import_graph(graph, found, about.model_copy(update={"origin": found.source, "title": title, "licence": about.licence or licence}))


def _list(arguments: argparse.Namespace) -> int:
    graphs = folder.list_graphs()
    if arguments.json:
        for info in graphs:
            print_json(info.model_dump(mode="json"))
    else:
        rows = [(info.name, f"{info.triples:,}", str(len(info.sources)), info.digest, plain(info.title)) for info in graphs]
        print(table(rows, ("graph", "statements", "sources", "digest", "title")))
    return 0


def _stats(arguments: argparse.Namespace) -> int:
    store = GraphStore(arguments.graph)
    found, info = store.statistics(), store.info
    if arguments.json:
        print_json(found.model_dump(mode="json") | {"name": store.name, "digest": store.digest, "versions": len(info.versions), "sources": [source.model_dump(mode="json") for source in info.sources]})
        return 0
    print(f"{plain(info.title)}: {found.triples:,} statements, {found.entities:,} entities, {found.literals:,} values; version {len(info.versions)}, digest {store.digest}")
    rows = [(source.key, plain(source.title), ", ".join(f"{count:,} {status}" for status, count in source.counts.items() if count), f"{source.skipped:,}", source.date) for source in info.sources]
    print(table(rows, ("source", "title", "statements", "skipped", "date")))
    print(table([(plain(name), f"{count:,}") for name, count in found.relations], ("relation", "statements")))
    return 0


def _export(arguments: argparse.Namespace) -> int:
    with ProgressLine(arguments.file.name) as line:
        done = export(
            arguments.graph, arguments.file, arguments.format, tuple(arguments.status), tuple(arguments.source) or None, not arguments.no_evidence, line.tell
        )  # fmt: skip
    if arguments.json:
        print_json(done.model_dump(mode="json") | {"file": str(arguments.file)})
    else:
        print(f"{done.statements:,} statements as {done.format} in {plain(str(arguments.file))} ({done.bytes:,} bytes)")
    return 0


def _remove(arguments: argparse.Namespace) -> int:
    if arguments.source:
        with change(arguments.graph, f"Removed {arguments.source}") as write:
            write.remove_source(arguments.source)
    else:
        folder.delete(arguments.graph)
    if arguments.json:
        print_json({"removed": arguments.graph, "source": arguments.source})
    else:
        print(f"removed {plain(arguments.source or '')} of {arguments.graph}" if arguments.source else f"removed {arguments.graph}")
    return 0

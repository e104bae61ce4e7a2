"""`kg import`, `kg list`, `kg stats`, `kg remove`: what lies in the data folder."""

import argparse
import sys
from pathlib import Path
from typing import Any

from fedviz.cli.common import add_json, plain, print_json, table
from fedviz.core.options import parse
from fedviz.core.registry import SOURCES
from fedviz.kg.sources.load import import_file, suggested
from fedviz.kg.store import folder
from fedviz.kg.store.change import Intake
from fedviz.kg.store.records import SourceInfo
from fedviz.kg.store.store import GraphStore


def add(commands: Any) -> None:
    """The commands of this part."""
    importing = commands.add_parser("import", help="add a file to a graph, which is made where it is missing")
    importing.add_argument("graph", help="name of the graph: lower-case letters, digits and hyphens")
    importing.add_argument("file", type=Path, help="the file, also .gz or .bz2")
    importing.add_argument("--reader", choices=SOURCES.names(), help="what reads it (default: by the file's ending)")
    importing.add_argument("--set", action="append", default=[], metavar="OPTION=VALUE", help="an option of the reader")
    importing.add_argument("--title", default="", help="what the source is called")
    importing.add_argument("--party", default="", help="whose it is")
    add_json(importing)
    importing.set_defaults(run=_import)
    listing = commands.add_parser("list", help="the graphs that are there")
    add_json(listing)
    listing.set_defaults(run=_list)
    stats = commands.add_parser("stats", help="what a graph holds")
    stats.add_argument("graph")
    add_json(stats)
    stats.set_defaults(run=_stats)
    removing = commands.add_parser("remove", help="remove a graph with everything in it")
    removing.add_argument("graph")
    removing.set_defaults(run=_remove)


def _import(arguments: argparse.Namespace) -> int:
    options = SOURCES.get(arguments.reader).options() if arguments.reader else suggested(arguments.file.name)
    if arguments.set:
        given = dict(entry.partition("=")[::2] for entry in arguments.set)
        options = parse(type(options), options.model_dump() | given)
    if not arguments.file.is_file():
        print(f"fedviz: There is no file {plain(str(arguments.file))}.", file=sys.stderr)
        return 2
    new = not (folder.graph_folder(arguments.graph) / folder.MANIFEST).exists()
    if new:
        folder.create(arguments.graph)
    try:
        added = import_file(arguments.graph, arguments.file, options, Intake(), SourceInfo(key="", title=arguments.title or arguments.file.name, reader="", party=arguments.party))
    except BaseException:
        if new:
            folder.delete(arguments.graph)
        raise
    if arguments.json:
        print_json(added.model_dump(mode="json"))
    else:
        print(f"{sum(added.counts.values()):,} statements from {plain(added.title)}; {added.skipped:,} things skipped")
        for entry in added.examples:
            print(f"  line {entry.line}: {plain(entry.reason)}")
    return 0


def _list(arguments: argparse.Namespace) -> int:
    graphs = folder.list_graphs()
    if arguments.json:
        for info in graphs:
            print_json(info.model_dump(mode="json"))
    else:
        rows = [(info.name, f"{info.version.triples if info.version else 0:,}", str(len(info.sources)), info.digest, plain(info.title)) for info in graphs]
        print(table(rows, ("graph", "statements", "sources", "digest", "title")))
    return 0


def _stats(arguments: argparse.Namespace) -> int:
    store = GraphStore(arguments.graph)
    found = store.statistics()
    if arguments.json:
        print_json(found.model_dump(mode="json") | {"name": store.name, "digest": store.digest})
        return 0
    print(f"{store.info.title}: {found.triples:,} statements, {found.entities:,} entities, {found.literals:,} values; digest {store.digest}")
    print(table([(plain(name), f"{count:,}") for name, count in found.relations], ("relation", "statements")))
    return 0


def _remove(arguments: argparse.Namespace) -> int:
    folder.delete(arguments.graph)
    print(f"removed {arguments.graph}")
    return 0

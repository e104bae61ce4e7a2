"""`kg query` and `kg paths`: questions to a graph on disk."""

import argparse
import sys
from pathlib import Path
from typing import Any

from fedviz.cli.common import add_json, plain, print_json, table
from fedviz.core.options import parse
from fedviz.kg.ask import paths, query
from fedviz.kg.ask.examples import examples
from fedviz.kg.ask.names import names, relation_word, resolve
from fedviz.kg.store.store import GraphStore
from fedviz.kg.store.terms import shown


def add(commands: Any) -> None:
    """The commands of this part."""
    asking = commands.add_parser("query", help="put a SPARQL query to a graph; nothing is changed and nobody outside is asked")
    asking.add_argument("graph")
    asking.add_argument("sparql", nargs="?", default="", help="the query (default: --file, or standard input)")
    asking.add_argument("--file", type=Path, help="a file with the query")
    asking.add_argument("--examples", action="store_true", help="print queries made for this graph instead")
    asking.add_argument("--timeout", default=10.0, metavar="SECONDS", help="end the query after that time (default 10)")
    asking.add_argument("--rows", default=1000, metavar="N", help="most rows (default 1000)")
    add_json(asking)
    asking.set_defaults(run=_query)
    finding = commands.add_parser("paths", help="the shortest paths between two entities")
    finding.add_argument("graph")
    finding.add_argument("start", help="name, compact name or IRI of an entity")
    finding.add_argument("end", help="the other entity")
    finding.add_argument("--count", default=5, metavar="N", help="most paths (default 5)")
    finding.add_argument("--relation", action="append", default=[], metavar="NAME", help="a relation that may be used (default: all)")
    finding.add_argument("--directed", action="store_true", help="go along the arrows alone")
    add_json(finding)
    finding.set_defaults(run=_paths)


def _query(arguments: argparse.Namespace) -> int:
    store = GraphStore(arguments.graph)
    if arguments.examples:
        for example in examples(store):
            if arguments.json:
                print_json(example._asdict())
            else:
                print(f"# {example.title}\n{example.sparql}\n")
        return 0
    text = arguments.sparql or (arguments.file.read_text("utf-8") if arguments.file else sys.stdin.read())
    found = query.run(store, text, parse(query.Limits, {"timeout_s": arguments.timeout, "rows": arguments.rows}))
    if arguments.json:
        print_json(found.model_dump(mode="json"))
    elif found.holds is not None:
        print("yes" if found.holds else "no")
    elif found.statements is not None:
        for row in found.statements:
            print(row.line.decode().strip())
    else:
        print(table([tuple("" if term is None else plain(shown(term)[:100]) for term in row) for row in found.rows], found.variables))
    if found.truncated and not arguments.json:
        print(f"There are more than {len(found.rows) or len(found.statements or ()):,} rows; say --rows.", file=sys.stderr)
    return 0


def _paths(arguments: argparse.Namespace) -> int:
    store = GraphStore(arguments.graph)
    start, end = resolve(store, arguments.start), resolve(store, arguments.end)
    relations = tuple(resolve(store, word, "relation") for word in arguments.relation) or None
    options = parse(paths.PathOptions, {"count": arguments.count, "directed": arguments.directed})
    found = paths.find(store, start, end, options, relations)
    named = names(store, (term for path in found for step in path for term in (step.subject, step.object)))
    named |= {step.predicate: relation_word(step.predicate) for path in found for step in path}
    for path in found:
        if arguments.json:
            print_json({"steps": [list(step) for step in path], "words": paths.words(path, named, start)})
        else:
            print(plain(paths.words(path, named, start)))
    if not found and not arguments.json:
        print("no path")
    return 0

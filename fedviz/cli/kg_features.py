"""`kg features`: what a graph's entities carry beside words; import it, describe it, take it away."""

import argparse
from pathlib import Path
from typing import Any

from fedviz.cli.common import add_json, print_json
from fedviz.kg.feature_files import read_features
from fedviz.kg.features import KINDS
from fedviz.kg.store import features, memory
from fedviz.kg.store.store import GraphStore


def add(commands: Any) -> None:
    """The command of this part."""
    parser = commands.add_parser("features", help="pictures, series or vectors of numbers for a graph's entities")
    parser.add_argument("graph")
    parser.add_argument("file", type=Path, nargs="?", help="CSV or TSV (entity, numbers), npz (ids, values), or a folder of pictures named after entities; without it the graph's features are described")
    parser.add_argument("--kind", choices=[kind for kind in KINDS if kind != "picture"], help="what the numbers of a table are (default: vector)")
    parser.add_argument("--remove", action="store_true", help="take the graph's features away")
    add_json(parser)
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    store = GraphStore(arguments.graph)
    named = None
    if arguments.remove:
        features.write(memory.in_memory(store), arguments.graph, None)
    elif arguments.file is not None:
        named = read_features(arguments.file, arguments.kind)
        features.write(memory.in_memory(store), arguments.graph, named)
    held = features.read(store.info)
    if arguments.json:
        about = None if held is None else {"kind": held.kind, "entities": len(held), "numbers": held.values.shape[1], "shape": held.shape, "columns": held.columns, "digest": held.digest}
        print_json({"name": store.name, "digest": store.digest, "features": about, "unknown": len(named) - len(held) if named is not None and held is not None else 0})
    elif held is None:
        print("the entities of this graph carry no features")
    else:
        unknown = f"; {len(named) - len(held):,} rows name no entity of the graph" if named is not None else ""
        print(f"{len(held):,} entities carry a {held.kind} of {held.values.shape[1]:,} numbers{unknown}; digest of the graph {store.digest}")
    return 0

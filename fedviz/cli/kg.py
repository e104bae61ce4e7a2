"""`kg`: graphs on disk, from the command line. Each part adds its own commands below `kg`."""

import argparse
from typing import Any

from fedviz.cli import kg_features, kg_store

PARTS = (kg_store, kg_features)


def add(commands: Any) -> None:
    """The command `kg` with those of its parts."""
    parser: argparse.ArgumentParser = commands.add_parser("kg", help="graphs on disk: import, list, describe, remove")
    below = parser.add_subparsers(dest="part", metavar="WHAT", required=True, parser_class=type(parser))
    for part in PARTS:
        part.add(below)

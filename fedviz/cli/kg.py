"""`kg`: graphs on disk, from the command line. Each part adds its own commands below `kg`."""

import argparse
from typing import Any

from fedviz.cli import kg_ask, kg_build, kg_features, kg_fuse, kg_links, kg_reason, kg_store, kg_together

PARTS = (kg_store, kg_build, kg_fuse, kg_ask, kg_reason, kg_together, kg_links, kg_features)


def add(commands: Any) -> None:
    """The command `kg` with those of its parts."""
    parser: argparse.ArgumentParser = commands.add_parser("kg", help="graphs on disk: import, build, fuse, ask, derive, check, export")
    below = parser.add_subparsers(dest="part", metavar="WHAT", required=True, parser_class=type(parser))
    for part in PARTS:
        part.add(below)

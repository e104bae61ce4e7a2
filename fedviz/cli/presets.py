"""`presets`: the ready-made configurations."""

import argparse
from typing import Any

from fedviz.cli.common import add_json, print_json, table


def add(commands: Any) -> None:
    """Declare the command."""
    parser = commands.add_parser("presets", help="list the ready-made configurations", description="List the ready-made configurations; `run NAME` starts one.")
    add_json(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print names, titles and summaries; with `--json` the configurations too."""
    from fedviz.runs.presets import presets

    if arguments.json:
        for preset in presets():
            print_json({"name": preset.name, "title": preset.title, "summary": preset.summary, "config": preset.data})
    else:
        print(table([(preset.name, preset.title) for preset in presets()], ("NAME", "TITLE")))
    return 0

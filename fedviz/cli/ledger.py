"""`ledger`: what left each client of a run, what never did, and who could see what."""

import argparse
from typing import Any

from fedviz.cli.common import add_json, add_runs, plain, print_json, table


def add(commands: Any) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "ledger",
        help="what left each client of a run",
        description="What left each client of a run, by name, shape and bytes, what never did, and who could see what.",
    )
    parser.add_argument("run_id", metavar="RUN", help="id of the run")
    add_runs(parser)
    add_json(parser)
    parser.add_argument("--csv", action="store_true", help="print the entries as CSV and nothing else")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print the ledger."""
    from fedviz.core.errors import InputError
    from fedviz.runs.folder import open_run, runs_root, view_of
    from fedviz.runs.ledger import COLUMNS, ledger

    if arguments.csv and arguments.json:
        raise InputError("A ledger is printed as JSON or as CSV, but both were asked for.")
    folder = open_run(runs_root(arguments.runs), arguments.run_id)
    book = ledger(view_of(folder), folder.config())
    if arguments.json:
        print_json(book.model_dump(mode="json"))
        return 0
    if arguments.csv:
        print(book.to_csv(), end="")
        return 0
    print(f"{plain(book.title)} ({book.run_id}), {book.rounds_done} rounds")
    if not book.recorded:
        print("This run is older than the ledger: what its messages held was not written down, only their bytes were.")
    print(table([tuple(map(plain, row)) for row in book.rows()], tuple(column.upper() for column in COLUMNS)))
    lines = [(plain(c.name), str(c.sent_messages), f"{c.sent_bytes:,}", str(c.received_messages), f"{c.received_bytes:,}", f"{c.unlisted_bytes:,}") for c in book.clients]
    print("\n" + table(lines, ("CLIENT", "SENT", "BYTES", "RECEIVED", "BYTES", "UNLISTED BYTES")))
    for title, sentences in (("Never sent", book.stayed), *((seen.who, seen.what) for seen in book.seen)):
        print(f"\n{title}:")
        for sentence in sentences:
            print(f"- {plain(sentence)}")
    return 0

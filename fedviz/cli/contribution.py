"""`contribution`: what each client of a run contributed, from the models that its folder keeps."""

import argparse
import sys
from typing import Any

from fedviz.cli.common import add_json, add_runs, plain, print_json, table


def add(commands: Any) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "contribution",
        help="what each client of a run contributed",
        description="Shapley and leave-one-out values of the clients of a run, by the models that it keeps: nothing is trained again.",
    )
    parser.add_argument("run_id", metavar="RUN", help="id of the run")
    parser.add_argument("--measure", choices=("accuracy", "loss"), default="accuracy", help="what a model is worth: its accuracy, or the loss that it saves (default: accuracy)")
    parser.add_argument("--rounds", type=_count, metavar="N", help="look at the last N rounds that are kept (default: as many as take about 250 evaluations)")
    add_runs(parser)
    add_json(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print the contributions, largest first."""
    from fedviz.runs.contribution import contribution
    from fedviz.runs.folder import open_run, runs_root

    def progress(done: int, total: int) -> None:
        if sys.stderr.isatty():
            print(f"\r{done} of at most {total} models evaluated", end="\n" if done == total else "", file=sys.stderr, flush=True)

    found = contribution(open_run(runs_root(arguments.runs), arguments.run_id), arguments.measure, arguments.rounds, progress)
    if arguments.json:
        print_json(found.model_dump(mode="json"))
        return 0
    best = sorted(found.clients, key=lambda client: -client.shapley)
    lines = [
        (plain(one.name), f"{one.shapley:+.4f}", "exact" if found.exact else f"{one.error:.4f}", f"{one.leave_one_out:+.4f}", f"{one.rounds}/{len(found.rounds)}")
        for one in best
    ]
    print(table(lines, ("CLIENT", "SHAPLEY", "ERROR", "LEAVE ONE OUT", "ROUNDS")))
    unit = "accuracy" if found.measure == "accuracy" else "nats of loss"
    print(f"Rounds {', '.join(map(str, found.rounds))}: {found.gain:+.4f} {unit} together, {found.evaluations} models evaluated.")
    if found.left_out:
        print(f"Not looked at: rounds {', '.join(map(str, found.left_out))}.")
    return 0


def _count(text: str) -> int:
    try:
        value = int(text)
    except ValueError:
        value = 0
    if value < 1:
        raise argparse.ArgumentTypeError(f"must be a whole number of at least 1, but got {text!r}")
    return value

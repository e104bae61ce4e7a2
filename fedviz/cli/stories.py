"""`stories`: texts that tell something about a run's model, found among its test texts; with --write they become the prepared texts of *Explain*."""

import argparse
from pathlib import Path
from typing import Any

from fedviz.cli.common import add_json, add_runs, plain, print_json, table


def add(commands: Any) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "stories",
        help="find texts that tell something about a model",
        description="Look through a run's test texts for one that the graph rescues (in other words than its own), one that it misleads, and one of a class "
        "that training never saw; the clearest of each kind, and none where there is none.",
    )
    parser.add_argument("run_id", metavar="RUN", help="id of the run")
    parser.add_argument("--round", type=int, dest="number", metavar="N", help="the model after round N (default: the newest)")
    parser.add_argument("--client", type=int, metavar="K", help="the model that client K sent in that round, instead of the global one")
    parser.add_argument("--write", type=Path, metavar="FILE", help="add them to a file of prepared texts; those of the same scenario and kind are replaced")
    add_runs(parser)
    add_json(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Find and print them."""
    from fedviz.core.files import write_atomic
    from fedviz.explain.prepared import find, read, seen, to_json
    from fedviz.runs.folder import open_run, runs_root
    from fedviz.runs.many import corpus
    from fedviz.runs.models import predictor
    from fedviz.scenarios.load import load

    folder = open_run(runs_root(arguments.runs), arguments.run_id)
    model = predictor(folder, arguments.number, arguments.client)
    config = folder.config()
    data = load(config)
    number = folder.checkpoints()[-1] if arguments.number is None else arguments.number
    texts, _clients = corpus(folder, model)
    found = find(model, texts, model.text_logits(texts.texts), seen(config, data, number, arguments.client), data.name)
    if arguments.write is not None:
        kept = read(arguments.write) if arguments.write.exists() else ()
        new = {(one.scenario, one.kind) for one in found}
        write_atomic(arguments.write, to_json([one for one in kept if (one.scenario, one.kind) not in new] + list(found)))
    if arguments.json:
        for one in found:
            print_json(one.model_dump(mode="json"))
    elif found:
        print(table([(one.kind, plain(one.label), plain(one.text)) for one in found], ("KIND", "CLASS", "TEXT")))
    else:
        print("None of the test texts tells such a story under this model.")
    return 0

"""`export`: a run's model as a folder for other programs."""

import argparse
from pathlib import Path
from typing import Any

from fedviz.cli.common import add_json, add_runs, print_json


def add(commands: Any) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "export",
        help="write a trained model as a folder for other programs",
        description="Write the model of a run as a folder that the transformers library loads: weights, tokenizer, classifier and a model card that says how. "
        "A run starts from such a folder with `--set model.start_from=FOLDER`.",
    )
    parser.add_argument("run_id", metavar="RUN", help="id of the run")
    parser.add_argument("--round", type=int, dest="number", metavar="N", help="the model after round N (default: the newest)")
    parser.add_argument("--client", type=int, metavar="K", help="the personalised model of client K, or what it sent in that round where it has none")
    parser.add_argument("--adapter", action="store_true", help="the adapters alone, for peft")
    parser.add_argument("--onnx", action="store_true", help="also the text's part as model.onnx, checked with ONNX Runtime")
    parser.add_argument("--to", type=Path, required=True, metavar="FOLDER", help="a new or empty folder")
    add_runs(parser)
    add_json(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Export one model."""
    from fedviz.runs.export import export
    from fedviz.runs.folder import open_run, runs_root

    folder = open_run(runs_root(arguments.runs), arguments.run_id)
    chosen = export(folder, arguments.to.absolute(), arguments.number, arguments.client, adapter=arguments.adapter, onnx=arguments.onnx)
    if arguments.json:
        print_json({"folder": str(arguments.to), "run": folder.id, "round": chosen.round, "client": chosen.client, "kind": chosen.kind})
    else:
        print(f"Wrote {arguments.to}; its README.md says how to load it.")
    return 0

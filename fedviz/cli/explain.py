"""`explain`: which triples moved a prediction of a run's model."""

import argparse
import sys
from typing import Any

from fedviz.cli.common import add_json, add_runs, plain, print_json, table


def add(commands: Any) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "explain",
        help="ask a trained model about a text",
        description="Ask the model of a run about a text: classes, logits of the text alone, "
        "logits with the graph, and the contribution of every triple, which add up.",
    )
    parser.add_argument("run_id", metavar="RUN", help="id of the run")
    parser.add_argument("--text", required=True, help="the text; `-` reads it from standard input")
    parser.add_argument("--round", type=int, dest="number", metavar="N", help="the model after round N (default: the newest)")
    parser.add_argument("--client", type=int, metavar="K", help="the model that client K sent in that round, instead of the global one")
    parser.add_argument("--off", action="append", default=[], metavar="HEAD|RELATION|TAIL", help="switch a triple off; may be repeated")
    add_runs(parser)
    add_json(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Explain one text."""
    from fedviz.explain.influence import explain
    from fedviz.explain.records import Edits
    from fedviz.runs.folder import open_run, runs_root
    from fedviz.runs.models import predictor

    text = _standard_input() if arguments.text == "-" else arguments.text
    model = predictor(open_run(runs_root(arguments.runs), arguments.run_id), arguments.number, arguments.client)
    explanation = explain(model, text, Edits(scale=dict.fromkeys(arguments.off, 0.0)))
    if arguments.json:
        print_json(explanation.model_dump(mode="json"))
        return 0
    order = sorted(range(len(explanation.classes)), key=lambda k: -explanation.probabilities[k])[:5]
    rows = [
        (plain(explanation.classes[k]), f"{explanation.probabilities[k]:.1%}", f"{explanation.text_probabilities[k]:.1%}", f"{explanation.logits[k]:+.3f}")
        for k in order
    ]
    print(table(rows, ("CLASS", "WITH GRAPH", "TEXT ALONE", "LOGIT")))
    best = explanation.predicted
    print(f"\nLogit of {plain(explanation.classes[best])}: text {explanation.text_logits[best]:+.3f}")
    for one in explanation.contributions[:20]:
        print(f"  {one.values[best]:+.3f}  {plain(one.head_name)} {one.relation} {plain(one.tail_name)}")
    rest = explanation.contributions[20:]
    if rest:
        print(f"  {sum(one.values[best] for one in rest):+.3f}  {len(rest)} more triples")
    print(f"  {explanation.logits[best]:+.3f}  sum")
    return 0


def _standard_input() -> str:
    from fedviz.core.errors import InputError

    try:
        return sys.stdin.read()
    except UnicodeDecodeError:
        raise InputError("The text on standard input must be UTF-8, but it is not.") from None

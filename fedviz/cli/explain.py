"""`explain`: which triples moved a prediction of a run's model, what edits change, and what another model says."""

import argparse
import sys
from typing import TYPE_CHECKING, Any

from fedviz.cli.common import add_json, add_runs, plain, print_json, table

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fedviz.explain.records import Comparison, Explanation

_SHOWN = 20


def add(commands: Any) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "explain",
        help="ask a trained model about a text",
        description="Ask the model of a run about a text: classes, logits of the text alone, "
        "logits with the graph, and the contribution of every triple, which add up. "
        "Edits name triples by ids, as `triple` in the output of --json.",
    )
    parser.add_argument("run_id", metavar="RUN", help="id of the run")
    parser.add_argument("--text", required=True, help="the text; `-` reads it from standard input")
    parser.add_argument("--round", type=int, dest="number", metavar="N", help="the model after round N (default: the newest)")
    parser.add_argument("--client", type=int, metavar="K", help="the model that client K sent in that round, instead of the global one")
    parser.add_argument("--off", action="append", default=[], metavar="HEAD|RELATION|TAIL", help="switch a triple off; may be repeated")
    parser.add_argument(
        "--scale", action="append", default=[], metavar="HEAD|RELATION|TAIL=FACTOR", help="multiply a triple's contribution, 0 switches it off; may be repeated"
    )
    parser.add_argument("--add", action="append", default=[], metavar="HEAD|is_a|TAIL", help="a triple as if the graph held it; may be repeated")
    parser.add_argument(
        "--against", metavar="ROUND[:CLIENT]", help="compare with the model after that round, or with what that client sent in it, under the same edits"
    )
    add_runs(parser)
    add_json(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Explain one text."""
    from fedviz.cli.edits import check_edits, read_edits, read_model
    from fedviz.core.errors import InputError
    from fedviz.explain.influence import compare, explain
    from fedviz.runs.folder import open_run, runs_root
    from fedviz.runs.models import predictor

    edits = read_edits(arguments.off, arguments.scale, arguments.add)
    against = None if arguments.against is None else read_model(arguments.against)
    text = _standard_input() if arguments.text == "-" else arguments.text
    folder = open_run(runs_root(arguments.runs), arguments.run_id)
    model = predictor(folder, arguments.number, arguments.client)
    here = explain(model, text, edits)
    check_edits(edits, model.graph, here)
    if against is None:
        if arguments.json:
            print_json(here.model_dump(mode="json"))
        else:
            _print(here)
        return 0
    mine = (folder.checkpoints()[-1] if arguments.number is None else arguments.number, arguments.client)
    if against == mine:
        raise InputError(f"The model to compare with must be another one, but both are that of {_name(*mine)}.")
    there = explain(predictor(folder, *against), text, edits)
    difference = compare(there, here)
    if arguments.json:
        print_json({**here.model_dump(mode="json"), "against": _against(against, there, difference)})
    else:
        _print(here)
        _print_against(_name(*against), there, here, difference)
    return 0


def _against(model: tuple[int, int | None], there: "Explanation", difference: "Comparison") -> dict[str, Any]:
    """The other model as plain data, all per class of the explanation beside it; differences are that explanation minus this one."""
    answer = there.model_dump(mode="json", include={"predicted", "text_logits", "logits", "probabilities"})
    differences = difference.model_dump(mode="json", include={"text_difference", "logits_difference", "triples"})
    return {"round": model[0], "client": model[1], **answer, **differences}


def _name(number: int, client: int | None) -> str:
    return f"round {number}" if client is None else f"round {number}, client {client}"


def _print(here: "Explanation") -> None:
    order = sorted(range(len(here.classes)), key=lambda k: -here.probabilities[k])[:5]
    rows = [(plain(here.classes[k]), f"{here.probabilities[k]:.1%}", f"{here.text_probabilities[k]:.1%}", f"{here.logits[k]:+.3f}") for k in order]
    print(table(rows, ("CLASS", "WITH GRAPH", "TEXT ALONE", "LOGIT")))
    best = here.predicted
    print(f"\nLogit of {plain(here.classes[best])}: text {here.text_logits[best]:+.3f}")
    _print_triples((one.values[best], one.head_name, one.relation, one.tail_name) for one in here.contributions)
    print(f"  {here.logits[best]:+.3f}  sum")


def _print_against(name: str, there: "Explanation", here: "Explanation", difference: "Comparison") -> None:
    """Both models' classes, and how the logit of this model's answer gets from the other's to this one's."""
    order = sorted(range(len(here.classes)), key=lambda k: -max(here.probabilities[k], there.probabilities[k]))[:5]
    rows = [
        (plain(here.classes[k]), *(f"{one.probabilities[k]:.1%}" for one in (here, there)), *(f"{one.logits[k]:+.3f}" for one in (here, there)))
        for k in order
    ]
    print(f"\nAgainst {name}, which answers {plain(there.classes[there.predicted])}:")
    print(table(rows, ("CLASS", "HERE", "THERE", "LOGIT HERE", "LOGIT THERE")))
    best = here.predicted
    print(f"\nLogit of {plain(here.classes[best])}: there {there.logits[best]:+.3f}")
    print(f"  {difference.text_difference[best]:+.3f}  text")
    _print_triples((one.second[best] - one.first[best], one.head_name, one.triple.relation, one.tail_name) for one in difference.triples)
    print(f"  {here.logits[best]:+.3f}  here")


def _print_triples(summands: "Iterable[tuple[float, str, str, str]]") -> None:
    """The first triples with their summands (value, head, relation, tail), and the rest as one."""
    found = list(summands)
    for value, head, relation, tail in found[:_SHOWN]:
        print(f"  {value:+.3f}  {plain(head)} {relation} {plain(tail)}")
    rest = found[_SHOWN:]
    if rest:
        print(f"  {sum(value for value, *_ in rest):+.3f}  {len(rest)} more triples")


def _standard_input() -> str:
    from fedviz.core.errors import InputError

    try:
        return sys.stdin.read()
    except UnicodeDecodeError:
        raise InputError("The text on standard input must be UTF-8, but it is not.") from None

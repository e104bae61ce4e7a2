"""`kg fuse ...`: find the same things, decide, take back; find contradictions, settle them, whom to trust."""

import argparse
from typing import Any

from fedviz.cli.common import add_json, plain, print_json, table
from fedviz.core.options import parse
from fedviz.kg.fuse import contradictions, merge, queue, settle, truth
from fedviz.kg.fuse.records import ResolveOptions
from fedviz.kg.store.store import GraphStore
from fedviz.kg.store.terms import compact, expand
from fedviz.models.names import of_minilm


def add(commands: Any) -> None:
    """The commands of this part."""
    fusing = commands.add_parser("fuse", help="same things of several sources, and contradictions")
    below = fusing.add_subparsers(dest="fuse", metavar="STEP", required=True, parser_class=type(fusing))
    finding = _step(below, "find", "look for the same things; merge what is sure, queue the rest", _find)
    finding.add_argument("--set", action="append", default=[], metavar="OPTION=VALUE", help="an option: " + ", ".join(ResolveOptions.model_fields))
    waiting = _step(below, "queue", "pairs that wait for a decision", _queue)
    waiting.add_argument("--limit", type=int, default=20, metavar="N", help="at most so many (default: 20)")
    deciding = _step(below, "decide", "say whether two things are the same", _decide)
    _pair(deciding)
    deciding.add_argument("verdict", choices=("same", "different"))
    _pair(_step(below, "undo", "take a decision about two things back", _undo))
    _step(below, "decisions", "what was decided", _decisions)
    showing = _step(below, "contradictions", "what cannot all be right, and who says it", _contradictions)
    showing.add_argument("--settled", action="store_true", help="those that were settled")
    settling = _step(below, "settle", "settle contradictions", _settle)
    settling.add_argument("--by", choices=tuple(settle.METHODS), default="trust", help="how (default: trust)")
    settling.add_argument("--about", default="", metavar="THING", help="only those about this thing")
    settling.add_argument("--dry-run", action="store_true", help="say what would change, and change nothing")
    restoring = _step(below, "restore", "open settled contradictions again", _restore)
    restoring.add_argument("--about", default="", metavar="THING", help="only those about this thing")
    _step(below, "trust", "estimated accuracy of every source, and who seems to copy", _trust)


def _step(below: Any, name: str, words: str, run: Any) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = below.add_parser(name, help=words)
    parser.add_argument("graph", help="name of the graph")
    add_json(parser)
    parser.set_defaults(run=run)
    return parser


def _pair(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("left", help="the thing that stands for both (IRI or short name)")
    parser.add_argument("right", help="the other thing")


def _find(arguments: argparse.Namespace) -> int:
    options = parse(ResolveOptions, dict(entry.partition("=")[::2] for entry in arguments.set))
    found = queue.search(arguments.graph, options, of_minilm)
    if arguments.json:
        print_json(found.model_dump())
    else:
        print(f"{found.merged:,} pairs merged by score, {found.remembered:,} as decided before, {found.waiting:,} wait for a decision")
    return 0


def _queue(arguments: argparse.Namespace) -> int:
    pairs = queue.waiting(GraphStore(arguments.graph))
    if arguments.json:
        for pair in pairs[: arguments.limit]:
            print_json(pair.model_dump())
        return 0
    rows = [(f"{pair.score:.2f}", plain(pair.names[0]), plain(pair.names[1]), plain(compact(pair.left)), plain(compact(pair.right))) for pair in pairs[: arguments.limit]]
    print(table(rows, ("score", "name", "name", "left", "right")))
    print(f"{len(pairs):,} wait")
    return 0


def _decide(arguments: argparse.Namespace) -> int:
    changed = queue.answer(GraphStore(arguments.graph), expand(arguments.left), expand(arguments.right), arguments.verdict)
    return _said(arguments, changed, "decisions changed")


def _undo(arguments: argparse.Namespace) -> int:
    return _said(arguments, merge.undo(arguments.graph, expand(arguments.left), expand(arguments.right)), "decisions taken back")


def _decisions(arguments: argparse.Namespace) -> int:
    rows = [(compact(left), verdict, compact(right)) for (left, right), verdict in sorted(merge.decided(GraphStore(arguments.graph)).items())]
    if arguments.json:
        for left, verdict, right in rows:
            print_json({"left": left, "verdict": verdict, "right": right})
    else:
        print(table([(plain(left), verdict, plain(right)) for left, verdict, right in rows], ("left", "verdict", "right")))
    return 0


def _contradictions(arguments: argparse.Namespace) -> int:
    store = GraphStore(arguments.graph)
    found = contradictions.settled(store) if arguments.settled else contradictions.find(store)
    if arguments.json:
        for one in found:
            print_json(one.model_dump(mode="json"))
        return 0
    for one in found:
        print(f"{one.kind}: {plain(compact(one.subject))} {plain(compact(one.predicate))}: {plain(one.rule)}")
        for claim in one.claims:
            print(f"  {plain(compact(claim.value))} ({', '.join(plain(f'{source} {status}') for source, _row, status in claim.said)})")
    print(f"{len(found):,} contradictions")
    return 0


def _settle(arguments: argparse.Namespace) -> int:
    store = GraphStore(arguments.graph)
    plans = settle.plan(store, _about(contradictions.find(store), arguments.about), arguments.by)
    if arguments.dry_run:
        if arguments.json:
            for one in plans:
                print_json(one.model_dump(mode="json"))
        else:
            for one in plans:
                for move in one.moves:
                    print(f"{move.old} -> {move.new}: {plain(' '.join(map(compact, move.statement)))} ({plain(move.source)})")
        return 0
    return _said(arguments, settle.apply(arguments.graph, plans), "statements changed their status")


def _restore(arguments: argparse.Namespace) -> int:
    chosen = _about(contradictions.settled(GraphStore(arguments.graph)), arguments.about)
    return _said(arguments, settle.restore(arguments.graph, chosen), "statements changed their status")


def _about(found: Any, thing: str) -> list[Any]:
    return [one for one in found if not thing or one.subject == expand(thing)]


def _trust(arguments: argparse.Namespace) -> int:
    known = settle.trust(GraphStore(arguments.graph))
    if arguments.json:
        print_json({"trust": dict(known.trust), "copying": [pair.model_dump() for pair in known.copying]})
        return 0
    print(table([(plain(source), f"{value:.2f}") for source, value in sorted(known.trust.items(), key=lambda entry: -entry[1])], ("source", "accuracy")))
    for pair in known.copying:
        if pair.probability >= truth.WARNED:
            print(f"{plain(pair.left)} and {plain(pair.right)} agree more than honest sources would: {pair.shared_false} values believed false in common, of {pair.shared}")
    return 0


def _said(arguments: argparse.Namespace, count: int, words: str) -> int:
    print_json({"changed": count}) if arguments.json else print(f"{count:,} {words}")
    return 0

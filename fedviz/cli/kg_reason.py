"""`kg reason` and `kg validate`: rules that derive more, why a conclusion holds, and the schema of a graph."""

import argparse
from pathlib import Path
from typing import Any

from fedviz.cli.common import add_json, plain, print_json, table
from fedviz.core.errors import InputError
from fedviz.core.options import parse
from fedviz.kg.ask.names import names, relation_word, resolve
from fedviz.kg.reason import derive, owl, proof, rules, support
from fedviz.kg.reason.engine import Limits, Watch
from fedviz.kg.shape.check import CheckOptions, check
from fedviz.kg.shape.starter import starter
from fedviz.kg.store.store import GraphStore
from fedviz.kg.store.terms import Statement, compact


def add(commands: Any) -> None:
    """The commands of this part."""
    reasoning = commands.add_parser("reason", help="derive statements by rules, say why one holds, or reject one with all that hung on it")
    reasoning.add_argument("graph")
    reasoning.add_argument("--rule", action="append", default=[], choices=[*rules.BUILT_IN], help="a built-in rule (default: those that the graph begins to fulfil)")
    reasoning.add_argument("--own", action="append", default=[], type=Path, metavar="FILE", help="a rule of one's own: CONSTRUCT { ... } WHERE { ... }")
    reasoning.add_argument("--owl", action="store_true", help="OWL 2 RL by the library `reasonable`, instead of rules")
    reasoning.add_argument("--why", nargs=3, metavar=("HEAD", "RELATION", "TAIL"), help="the proof of one statement, instead")
    reasoning.add_argument("--reject", nargs=3, metavar=("HEAD", "RELATION", "TAIL"), help="reject one statement and take back what hung on it, instead")
    reasoning.add_argument("--forget", action="store_true", help="take all conclusions out again, instead")
    reasoning.add_argument("--list", action="store_true", help="list the built-in rules, instead")
    reasoning.add_argument("--most", default=250_000, metavar="N", help="most conclusions (default 250000)")
    reasoning.add_argument("--timeout", default=600, metavar="SECONDS", help="time limit (default 600)")
    add_json(reasoning)
    reasoning.set_defaults(run=_reason)
    validating = commands.add_parser("validate", help="check a graph against SHACL shapes; 1 where it does not conform")
    validating.add_argument("graph")
    validating.add_argument("shapes", nargs="?", type=Path, help="a Turtle file with shapes (default: a starter set made from the graph)")
    validating.add_argument("--starter", action="store_true", help="print the starter set instead")
    validating.add_argument("--most", default=200_000, metavar="N", help="most statements that are checked (default 200000)")
    validating.add_argument("--timeout", default=600, metavar="SECONDS", help="time limit (default 600)")
    add_json(validating)
    validating.set_defaults(run=_validate)


def _reason(arguments: argparse.Namespace) -> int:
    store = GraphStore(arguments.graph)
    if arguments.list:
        return _list(store, arguments.json)
    if arguments.why:
        return _why(store, _statement(store, arguments.why), arguments.json)
    if arguments.reject:
        settled = support.reject(store.name, [_statement(store, arguments.reject)])
        return _say(arguments.json, settled.model_dump(mode="json"), f"{len(settled.retracted):,} conclusions taken back, {len(settled.proved_anew):,} hold by another proof")
    if arguments.forget:
        derive.forget(store.name)
        return _say(arguments.json, {"forgotten": store.name}, "The conclusions are gone.")
    watch = Watch(parse(Limits, {"derived": arguments.most, "time_s": arguments.timeout}))
    if arguments.owl:
        added = owl.derive(store.name, watch)
        return _say(arguments.json, added.model_dump(mode="json"), f"{sum(added.counts.values()):,} conclusions of OWL 2 RL, without proofs")
    chosen = [rules.BUILT_IN[name] for name in (arguments.rule or ([] if arguments.own else derive.usual(store)))]
    for path in arguments.own:
        chosen += rules.read(path.read_text("utf-8"), path.stem[:40])
    found = derive.derive(store.name, chosen, watch)
    words = "\n".join(f"  {count:,} by {plain(name)}" for name, count in found.by_rule)
    return _say(arguments.json, found.model_dump(mode="json"), f"{found.count:,} conclusions in {found.rounds} rounds\n{words}".rstrip())


def _list(store: GraphStore, as_json: bool) -> int:
    usual = derive.usual(store)
    if as_json:
        for rule in rules.BUILT_IN.values():
            print_json({"name": rule.name, "title": rule.title, "sparql": rule.sparql, "usual": rule.name in usual})
    else:
        print(table([(rule.name, "yes" if rule.name in usual else "", rule.title) for rule in rules.BUILT_IN.values()], ("rule", "usual here", "what it says")))
    return 0


def _why(store: GraphStore, statement: Statement, as_json: bool) -> int:
    steps = proof.proof(store, statement)
    named = names(store, (term for step in steps for term in (step.statement.subject, step.statement.object)))
    for number, step in enumerate(steps, 1):
        subject, predicate, object = step.statement
        said = f"{named[subject]} {relation_word(predicate)} {named[object]}"
        why = f"by {step.rule} from {' and '.join(str(premise + 1) for premise in step.premises)}" if step.rule else f"said by {', '.join(step.sources)}"
        if as_json:
            print_json(step.model_dump(mode="json") | {"words": said})
        else:
            print(plain(f"{number}. {said} ({why})"))
    return 0


def _statement(store: GraphStore, words: list[str]) -> Statement:
    head, relation, tail = words
    subject, object = resolve(store, head), resolve(store, tail)
    held = [row for row in store.match(subject, None, object) if relation in (relation_word(row.predicate), compact(row.predicate), row.predicate.strip("<>"))]
    if not held:
        raise InputError(f"The graph does not say that {head[:60]!r} has the relation {relation[:60]!r} to {tail[:60]!r}.")
    return held[0]


def _validate(arguments: argparse.Namespace) -> int:
    store = GraphStore(arguments.graph)
    if arguments.starter:
        print(starter(store))
        return 0
    shapes = arguments.shapes.read_text("utf-8") if arguments.shapes else starter(store)
    report = check(store, shapes, parse(CheckOptions, {"statements": arguments.most, "time_s": arguments.timeout}))
    if arguments.json:
        print_json(report.model_dump(mode="json"))
    else:
        print("conforms" if report.conforms else f"does not conform: {report.count:,} findings")
        if report.findings:
            rows = [tuple(plain(text) for text in (compact(one.focus), compact(one.path) if one.path else "", one.value[:60], one.message)) for one in report.findings]
            print(table(rows, ("focus node", "path", "value", "message")))
    return 0 if report.conforms else 1


def _say(as_json: bool, document: dict[str, Any], words: str) -> int:
    if as_json:
        print_json(document)
    else:
        print(words)
    return 0

"""`kg build`: a graph from texts. Each step can be seen by itself: with `--show` nothing is written."""

import argparse
import sys
from pathlib import Path
from typing import Any

from fedviz.cli.common import add_json, plain, print_json, table
from fedviz.core.config import RunConfig
from fedviz.core.errors import InputError
from fedviz.core.options import parse
from fedviz.core.registry import SCENARIOS
from fedviz.kg.construct.gazetteer import from_list
from fedviz.kg.construct.pipeline import ConstructOptions
from fedviz.kg.construct.records import Document, Extracted, Extraction
from fedviz.kg.construct.write import write
from fedviz.kg.graph import KnowledgeGraph
from fedviz.kg.store.memory import in_memory
from fedviz.kg.store.store import GraphStore


def add(commands: Any) -> None:
    """The command of this part."""
    building = commands.add_parser("build", help="build a graph from texts: mentions, triples, what is held back")
    building.add_argument("graph", help="name of the graph that is added to; it is made where it is missing")
    texts = building.add_mutually_exclusive_group(required=True)
    texts.add_argument("--text", help="one text")
    texts.add_argument("--file", type=Path, help="a file with one text a line")
    texts.add_argument("--scenario", choices=SCENARIOS.names(), help="the training texts of a scenario, each with the client that holds it")
    building.add_argument("--client", type=int, metavar="NUMBER", help="with --scenario: the texts of this client alone, from 0")
    building.add_argument("--limit", type=int, default=0, metavar="TEXTS", help="at most this many texts (default: all)")
    building.add_argument("--names", metavar="GRAPH", help="whose names are looked for: a graph of the data folder, scenario:NAME, or a file with lines name; synonym; ... (default: the scenario's)")
    building.add_argument("--learn", metavar="GRAPH", help="distant supervision: a graph of the data folder whose triples teach a classifier on these texts (needs MiniLM)")
    building.add_argument("--set", action="append", default=[], metavar="OPTION=VALUE", help="an option: " + ", ".join(ConstructOptions.model_fields))
    building.add_argument("--title", default="", help="what the source is called")
    building.add_argument("--party", default="", help="whose texts they are, where no scenario says it")
    building.add_argument("--show", action="store_true", help="show what is found and write nothing")
    add_json(building)
    building.set_defaults(run=_build)


def _build(arguments: argparse.Namespace) -> int:
    from fedviz.models import constructor

    options = parse(ConstructOptions, dict(entry.partition("=")[::2] for entry in arguments.set))
    graph = _names(arguments.names or (f"scenario:{arguments.scenario}" if arguments.scenario else ""))
    found = _documents(arguments)
    steps = constructor.make(graph, options, lambda done, total: _tell(arguments, "names", done, total))
    if arguments.learn:
        steps = constructor.taught(in_memory(GraphStore(arguments.learn)), steps, found, lambda done, total: _tell(arguments, "examples", done, total))
    built = list(steps.extract_many(found, lambda done, total: _tell(arguments, "texts", done, total)))
    added = () if arguments.show else write(arguments.graph, built, arguments.title or arguments.scenario or (arguments.file.name if arguments.file else "text"), graph)
    facts, held = [fact for one in built for fact in one.triples], [fact for one in built for fact in one.held]
    if arguments.json:
        summary = {"graph": arguments.graph, "texts": len(built), "mentions": sum(len(one.mentions) for one in built), "triples": len(facts), "held": len(held)}
        print_json(summary | {"sources": [source.model_dump(mode="json") for source in added]} | ({"found": [_plain(one) for one in built]} if arguments.show else {}))
        return 0
    if arguments.show:
        print(table([_line(fact) for fact in (*facts, *held)], ("head", "relation", "tail", "method", "confidence", "held back")))
    print(f"{len(built):,} texts, {sum(len(one.mentions) for one in built):,} mentions, {len(facts):,} triples, {len(held):,} held back")
    for source in added:
        print(f"  {plain(source.title)}: {sum(source.counts.values()):,} statements")
    return 0


def _names(said: str) -> KnowledgeGraph | None:
    """The graph whose names are looked for, or None where nobody named one."""
    if not said:
        return None
    if said.startswith("scenario:"):
        from fedviz.scenarios.load import load

        return load(RunConfig.parse({"scenario": {"name": said.removeprefix("scenario:")}})).graph
    if Path(said).is_file():
        return from_list(_read(Path(said)), Path(said).name)
    return in_memory(GraphStore(said))


def _documents(arguments: argparse.Namespace) -> tuple[Document, ...]:
    if arguments.scenario:
        from fedviz.scenarios.documents import documents

        return documents(RunConfig.parse({"scenario": {"name": arguments.scenario}}), arguments.client, arguments.limit)
    if arguments.text is not None:
        return (Document(arguments.text, "text", arguments.party),)
    lines = [line for line in _read(arguments.file) if line.strip()]
    return tuple(Document(line, f"{arguments.file.name}, text {number}", arguments.party) for number, line in enumerate(lines[: arguments.limit or None], 1))


def _read(path: Path) -> list[str]:
    try:
        return path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        raise InputError(f"The file {path.name} cannot be read as text in UTF-8.") from None


def _tell(arguments: argparse.Namespace, what: str, done: int, total: int) -> None:
    if not arguments.json and total > 500 and done % 500 == 0:
        print(f"{done:,} of {total:,} {what}", file=sys.stderr)


def _line(fact: Extracted) -> tuple[str, ...]:
    return tuple(plain(part) for part in (fact.head.surface, fact.relation, fact.tail.value or fact.tail.surface, fact.method, f"{fact.confidence:.2f}", fact.held))


def _plain(one: Extraction) -> dict[str, Any]:
    return {
        "text": one.document.text, "party": one.document.party, "mentions": [mention._asdict() for mention in one.mentions],
        "triples": [fact._asdict() | {"head": fact.head._asdict(), "tail": fact.tail._asdict()} for fact in one.triples],
        "held": [fact._asdict() | {"head": fact.head._asdict(), "tail": fact.tail._asdict()} for fact in one.held],
    }  # fmt: skip

"""`kg together`: several parties build one graph, each from its own texts."""

import argparse
from typing import Any

from fedviz.cli.common import add_json, plain, print_json, table

_FATES = ("released", "refused", "bounded", "few", "noise")


def add(commands: Any) -> None:
    """The command."""
    parser = commands.add_parser(
        "together",
        help="build a graph with the parties of a scenario",
        description="The parties of a scenario each extract triples from their own texts, and build one graph of what the release rule lets out.",
    )
    parser.add_argument("preset", nargs="?", default="", help="a preset or a config.toml: scenario, partition, clients and seed are taken from it")
    parser.add_argument("--show", metavar="ID", help="tell a construction that is there, and build nothing")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="an option of the configuration, such as federation.clients=4")
    parser.add_argument("--option", action="append", default=[], metavar="OPTION=VALUE", help="an option of the construction: rule, least, epsilon, delta, unit, most, alignment, support")
    parser.add_argument("--refuse", action="append", default=[], metavar="RELATION[@PARTY]", help="a relation that does not leave any party, or party number PARTY")
    parser.add_argument("--graph", default="", help="name of the graph that is made (default: from the title)")
    parser.add_argument("--title", default="", help="what the graph is called")
    parser.add_argument("--accuracy", type=int, default=0, metavar="SEEDS", help="also train every party's model with each graph, over so many seeds: minutes for each")
    add_json(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Build and tell."""
    from fedviz.cli.run import read
    from fedviz.core.assignments import parse_assignments
    from fedviz.core.errors import ConfigError
    from fedviz.core.options import parse
    from fedviz.federation.together.options import TogetherOptions
    from fedviz.runs import together, together_accuracy

    if arguments.show:
        told = together.story(arguments.show)
    else:
        if not arguments.preset:
            raise ConfigError("`kg together` needs a preset or a config.toml, or --show with the id of a construction.")
        given: dict[str, Any] = dict(entry.partition("=")[::2] for entry in arguments.option)
        options = parse(TogetherOptions, given | ({"refused": tuple(arguments.refuse)} if arguments.refuse else {}), "together")
        config = together.whole(read(arguments.preset)[0])
        config = config.updated(parse_assignments(arguments.set)) if arguments.set else config
        told = together.build(config, options, arguments.title, arguments.graph)
    measured = together_accuracy.measure(told.id, arguments.accuracy) if arguments.accuracy > 0 else together_accuracy.accuracy(told.id)
    if arguments.json:
        contents, passed = together.book(told.id)
        print_json(told.model_dump(mode="json") | {"contents": [content.model_dump(mode="json") for content in contents], "passed": [row._asdict() for row in passed], "accuracy": measured.model_dump(mode="json") if measured else None})
        return 0
    _tell(told)
    if measured:
        rows = [(way, f"{100 * every:.1f}", f"{100 * spread:.1f}", f"{100 * home:.1f}", f"{100 * apart:.1f}") for way, (every, spread, home, apart) in measured.ways().items()]
        print(table(rows, ("GRAPH", "ALL TEST TEXTS, %", "SD", "OWN TEST TEXTS, %", "SD")))
    return 0


def _tell(told: Any) -> None:
    from fedviz.runs.together import book

    contents, passed = book(told.id)
    ways = {content.id: content.direction for content in contents}
    print(f"{plain(told.title)} ({told.id}): {len(told.fused):,} triples in the graph {told.graph}, {sum(row.disputed for row in told.fused):,} disputed; digest {told.digest}")
    rows = []
    for party in told.parties:
        out, back = (sum(row.bytes for row in passed if row.client == party.client and ways.get(row.content) == way) for way in ("sent", "received"))
        fates = party.fates
        counts = (len(party.rows), *(fates.get(fate, 0) for fate in _FATES), party.new_triples, party.new_entities, out, back)
        rows.append((plain(party.name), *(f"{count:,}" for count in counts)))
    print(table(rows, ("PARTY", "TRIPLES", *(fate.upper() for fate in _FATES), "NEW", "NEW ENTITIES", "BYTES SENT", "RECEIVED")))
    if told.threshold:
        print(f"Private: epsilon {told.options['epsilon']}, delta {told.options['delta']} for one {told.options['unit']}; a noisy count of {told.threshold} and more is released.")
    names = {party.client: plain(party.name) for party in told.parties}
    for subject, relation, choices in told.contradictions()[:20]:
        said = "; ".join(f"{plain(row.tail_name)} ({', '.join(names[k] for k in row.parties) or f'noisy count {row.count}'})" for row in choices)
        print(f"disputed: {plain(subject)} {plain(relation)} {said}")

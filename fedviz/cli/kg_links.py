"""`kg propose` and `kg asking`: links that a graph lacks, and questions over several parties' graphs."""

import argparse
from typing import Any

from fedviz.cli.common import add_json, plain, print_json, table
from fedviz.core.options import parse
from fedviz.kg.store.store import GraphStore
from fedviz.kg.store.terms import compact, expand


def add(commands: Any) -> None:
    """The commands of this part."""
    proposing = commands.add_parser("propose", help="missing links by link prediction, with how far they can be trusted; nothing is added")
    proposing.add_argument("graph", help="name of the graph")
    proposing.add_argument("--relation", default="", help="of this relation alone, as `rel:part_of` or an IRI in angle brackets")
    proposing.add_argument("--count", type=int, default=20, help="at most so many (default: 20)")
    proposing.add_argument("--attributes", action="store_true", help="missing attributes instead: what a thing lacks and most of its siblings have")
    proposing.add_argument("--set", action="append", default=[], metavar="OPTION=VALUE", help="an option of the training, as model=distmult")
    add_json(proposing)
    proposing.set_defaults(run=_propose)
    asking = commands.add_parser("asking", help="a question over several parties' graphs, each of which stays where it is")
    asking.add_argument("graph", help="name of the graph that is split among the parties")
    asking.add_argument("patterns", nargs="+", help="three terms each, as '?x rel:part_of HP:0000118'")
    asking.add_argument("--by", choices=("party", "source", "random"), default="party", help="whose statements are whose (default: by the party of each source)")
    asking.add_argument("--parties", type=int, default=4, help="how many parties, at random (default: 4)")
    asking.add_argument("--no-names", action="store_true", help="the asker may see ids only")
    add_json(asking)
    asking.set_defaults(run=_ask)


def _propose(arguments: argparse.Namespace) -> int:
    if arguments.attributes:
        return _attributes(arguments)
    from fedviz.kg.embed.propose import propose
    from fedviz.kg.embed.training import EmbedOptions

    options = parse(EmbedOptions, dict(entry.partition("=")[::2] for entry in arguments.set))
    found = propose(GraphStore(arguments.graph), options, max(1, arguments.count), expand(arguments.relation) if arguments.relation else "")
    if arguments.json:
        print_json({"test": found.test.model_dump(), "epochs": found.epochs, "triples": found.triples, "proposals": [entry.model_dump() for entry in found.proposals]})
        return 0
    rows = [
        (plain(compact(entry.subject)), plain(compact(entry.predicate)), plain(compact(entry.object)), f"{entry.score:.3f}", str(entry.tail_rank), str(entry.head_rank))
        for entry in found.proposals
    ]
    print(table(rows, ("head", "relation", "tail", "score", "rank as tail", "rank as head")))
    print(f"held out: MRR {found.test.mrr:.3f} (chance {found.test.chance:.3f}), Hits@1 {found.test.hits_1:.3f}, Hits@10 {found.test.hits_10:.3f}, {found.test.count:,} ranks")
    return 0


def _attributes(arguments: argparse.Namespace) -> int:
    from fedviz.kg.embed.siblings import gaps

    found = gaps(GraphStore(arguments.graph), max(1, arguments.count))
    if arguments.json:
        print_json({"tested": [one._asdict() | {"accuracy": one.accuracy, "control_accuracy": one.control_accuracy} for one in found.tested], "proposals": [gap.model_dump() for gap in found.gaps]})
        return 0
    rows = [(plain(compact(gap.subject)), plain(compact(gap.predicate)), plain(compact(gap.object)), plain(compact(gap.group)), f"{gap.agree}/{gap.siblings}") for gap in found.gaps]
    print(table(rows, ("thing", "attribute", "value", "siblings of", "agree")))
    print(table([(plain(compact(one.predicate)), str(one.asked), f"{one.accuracy:.3f}", f"{one.control_accuracy:.3f}") for one in found.tested], ("attribute", "asked", "right, held out", "right, control")))
    return 0


def _ask(arguments: argparse.Namespace) -> int:
    from fedviz.federation.asking.ask import Cell, ask
    from fedviz.federation.asking.question import read_question
    from fedviz.federation.asking.split import parties_of

    parties = parties_of(GraphStore(arguments.graph), arguments.by, max(2, arguments.parties), not arguments.no_names)
    found = ask(read_question("\n".join(arguments.patterns)), parties)

    def shown(cell: Cell) -> str:
        return f"#{cell.id:016x}" if cell.name is None else cell.name

    moved = [
        {"party": party.name, "statements": party.triples, "sent": sent, "got": got} for party, (sent, got) in zip(parties, found.by_party(len(parties)), strict=True)
    ]
    if arguments.json:
        rows = [
            {
                "values": dict(zip(found.variables, map(shown, row), strict=True)),
                "proof": [{"triple": [shown(cell) for cell in support.triple], "parties": [parties[k].name for k in support.parties]} for support in proof],
            }
            for row, proof in zip(found.rows, found.proofs, strict=True)
        ]
        print_json({"rows": rows, "moved": found.moved, "shipped": found.shipped, "parties": moved})
        return 0
    print(table([tuple(plain(shown(cell)) for cell in row) for row in found.rows], found.variables))
    print(f"{len(found.rows):,} rows; {found.moved:,} values moved, {100 * found.share:.2f} % of shipping the graphs")
    print(table([(plain(str(row["party"])), f"{row['statements']:,}", f"{row['sent']:,}", f"{row['got']:,}") for row in moved], ("party", "statements", "sent to it", "got from it")))
    return 0

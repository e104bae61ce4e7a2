"""The fused graph goes to the store: one source for each party, with its evidence, and what contradicts is disputed there."""

from collections import defaultdict
from collections.abc import Sequence

from fedviz.federation.together.fusion import Fused
from fedviz.federation.together.options import TogetherOptions
from fedviz.federation.together.wire import Told
from fedviz.kg.reason import support
from fedviz.kg.store import folder
from fedviz.kg.store.change import change
from fedviz.kg.store.memory import LABELS
from fedviz.kg.store.records import Evidence, SourceInfo
from fedviz.kg.store.terms import Statement, is_iri, literal

READER, METHOD = "together", "federated"


def keep(graph: str, title: str, fused: Fused, parties: Sequence[str], options: TogetherOptions) -> str:
    """Write a fused graph as sources of the graph of that name, made where it is missing; gives the digest. One change, so all of it or nothing; where the graph has rules, their conclusions follow.

    Under the private rule there is one source, of all parties together, since who holds a triple is not given out.
    """
    if graph not in {info.name for info in folder.list_graphs()}:
        folder.create(graph, title)
    before = support.current(graph)
    groups: defaultdict[int, list[Told]] = defaultdict(list)
    for client, entry in fused.said if options.rule != "private" else ((-1, entry) for entry in fused.told):
        groups[client].append(entry)
    with change(graph, f"Built together: {title}") as write:
        called = {term: name for entry in fused.told for term, name in ((entry.triple.head, entry.triple.head_name), (entry.triple.tail, entry.triple.tail_name)) if is_iri(term)}
        named = write.new_source(SourceInfo(key="", title="names", reader=READER, method=METHOD, origin=title))
        write.add(named.key, [(Statement(term, LABELS[0], literal(name)), None) for term, name in sorted(called.items())])
        for client in sorted(groups):
            party = parties[client] if client >= 0 else ""
            source = write.new_source(SourceInfo(key="", title=party or "all parties", reader=READER, method=METHOD, origin=title, party=party))
            write.add(source.key, [(_statement(entry), _evidence(entry, party, options)) for entry in groups[client]])
            write.set_status(source.key, [_statement(entry) for entry in groups[client] if entry.disputed], "disputed")
    support.follow(graph, before, map(_statement, fused.told))
    return folder.read(graph).digest


def _statement(entry: Told) -> Statement:
    return Statement(entry.triple.head, entry.triple.relation, entry.triple.tail)


def _evidence(entry: Told, party: str, options: TogetherOptions) -> Evidence:
    """No sentence: texts stay at home."""
    if options.rule == "private":
        return Evidence(source="", status="asserted", method=f"noisy count {entry.count}", confidence=0.0)
    return Evidence(source="", status="asserted", method=entry.triple.method, confidence=entry.triple.confidence, party=party)

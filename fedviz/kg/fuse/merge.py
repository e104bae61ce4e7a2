"""Deciding about pairs, and taking a decision back. Decisions lie in a source of their own (`store.links`) and remember the names they were made on."""

from collections.abc import Callable, Iterable, Mapping

from fedviz.core.errors import InputError
from fedviz.kg.fuse.block import normal
from fedviz.kg.fuse.records import Proposal, Verdict
from fedviz.kg.graph import Entity
from fedviz.kg.reason import support
from fedviz.kg.store.change import Change, change
from fedviz.kg.store.evidence import EVIDENCE
from fedviz.kg.store.links import DIFFERENT, READER, SAME, decisions_source
from fedviz.kg.store.records import Evidence, SourceInfo
from fedviz.kg.store.store import GraphStore
from fedviz.kg.store.terms import FEDVIZ, PROV, RDF, Statement, value

BY_HAND, BY_SCORE, REMEMBERED = "by hand", "by score", "remembered"
"""`Evidence.method` of a decision: a person's, one that its score was enough for, one taken over from a person's about things of the same names."""
_APART = " \u2194 "


def content(item: Entity) -> str:
    """What a thing is called, whatever its key: its normal names in order. Two imports of one file give the same, also where keys are made anew."""
    return " | ".join(sorted({normal(name) for name in (item.name, *item.synonyms)} - {""}))


def link(left: str, right: str, verdict: Verdict) -> Statement:
    """The statement of a decision: `right` is a duplicate of `left`, or another thing than it."""
    if left == right:
        raise InputError(f"A pair has two things, but got {value(left)[:80]!r} twice.")
    return Statement(right, SAME if verdict == "same" else DIFFERENT, left)


def decide(graph: str, pairs: Iterable[tuple[str, str, Verdict]], entities: Mapping[str, Entity], method: str = BY_HAND, scores: Mapping[tuple[str, str], float] | None = None) -> int:
    """Write decisions (left, right, verdict) as one version; gives how many are new. A pair's earlier decision to the contrary is rejected; of `left` and `right` the left one stands for both.

    `entities`: what the two were called, by IRI, to be remembered.
    """
    chosen = list(pairs)
    if not chosen:
        return 0
    before, links = support.current(graph), list[Statement]()
    with change(graph, f"Decided on {len(chosen):,} pairs {method}") as write:
        key = source_key(write)
        fresh = 0
        for left, right, verdict in chosen:
            said = link(left, right, verdict)
            others = [Statement(a, predicate, b) for a, b in ((left, right), (right, left)) for predicate in (SAME, DIFFERENT)]
            write.set_status(key, [other for other in others if other != said], "rejected")
            names = _APART.join(content(entities[end]) if end in entities else value(end) for end in (left, right))
            entry = Evidence(source=key, status="asserted", method=method, confidence=(scores or {}).get((left, right), 1.0), sentence=names)
            moved = write.set_status(key, [said], "asserted")
            fresh += max(moved, write.add(key, [(said, entry)]))
            links += [said, *others]
    support.follow(graph, before, links)
    return fresh


def undo(graph: str, left: str, right: str) -> int:
    """Take the decision about a pair back: its link is rejected and stays with its evidence. Gives how many links that was; `InputError` where there was no decision."""
    source = decisions_source(GraphStore(graph).info)
    links = [Statement(a, predicate, b) for a, b in ((left, right), (right, left)) for predicate in (SAME, DIFFERENT)]
    reason = f"Nothing was decided about {value(left)[:80]!r} and {value(right)[:80]!r}."
    if source is None:
        raise InputError(reason)
    before = support.current(graph)
    with change(graph, f"Took back a decision about {value(left)[:80]} and {value(right)[:80]}") as write:
        moved = write.set_status(source.key, links, "rejected")
        if not moved:
            raise InputError(reason)
    support.follow(graph, before, links)
    return moved


def decided(store: GraphStore) -> dict[tuple[str, str], Verdict]:
    """Every decision that holds: (left, right) -> verdict, as it was written."""
    source = decisions_source(store.info)
    if source is None:
        return {}
    rows = store.match(sources=(source.key,))
    return {(row.object, row.subject): "same" if row.predicate == SAME else "different" for row in rows if row.predicate in (SAME, DIFFERENT)}


def remembered(store: GraphStore) -> dict[frozenset[str], Verdict]:
    """What a person decided, by what the two things were called (`content`), so that it holds for new keys too. Decisions taken back are not in it."""
    source = decisions_source(store.info)
    if source is None:
        return {}
    sparql = (
        f"SELECT ?s ?p ?o ?names {{ GRAPH <{EVIDENCE}> {{ ?r <{RDF}reifies> <<( ?s ?p ?o )>> ; <{PROV}wasDerivedFrom> <{FEDVIZ}source:{source.key}> ; "
        f'<{FEDVIZ}method> "{BY_HAND}" ; <{PROV}value> ?names }} ?s ?p ?o }}'
    )
    out: dict[frozenset[str], Verdict] = {}
    for _subject, predicate, _object, names in store.ask(sparql, sources=(source.key,)).rows:
        ends = value(names or "").split(_APART)
        if predicate in (SAME, DIFFERENT) and len(ends) == 2:
            out[frozenset(ends)] = "same" if predicate == SAME else "different"
    return out


def sort(
    proposals: Iterable[Proposal], entities: Mapping[str, Entity], known: Mapping[frozenset[str], Verdict], before: Mapping[tuple[str, str], Verdict], automatic: float,
    clash: Callable[[str, str], bool],
) -> tuple[list[Proposal], list[tuple[str, str, Verdict]], list[Proposal]]:  # fmt: skip
    """(merged by score, decided as remembered, left to a person). Pairs that were decided are left out; `clash(left, right)`: never merge these two without a person."""
    merged, taken, asked = [], [], []
    done = {frozenset(pair) for pair in before}
    for proposal in proposals:
        if frozenset((proposal.left, proposal.right)) in done:
            continue
        verdict = known.get(frozenset((content(entities[proposal.left]), content(entities[proposal.right]))))
        if verdict is not None:
            taken.append((proposal.left, proposal.right, verdict))
        elif proposal.mutual and proposal.score >= automatic and not clash(proposal.left, proposal.right):
            merged.append(proposal)
        else:
            asked.append(proposal)
    return merged, taken, asked


def source_key(write: Change) -> str:
    """The key of the source of decisions, which is made where the graph has none yet."""
    source = decisions_source(write.info)
    return (source or write.new_source(SourceInfo(key="", title="Decisions", reader=READER, method=BY_HAND))).key

"""What cannot all be right in a graph: too many values, classes that exclude each other, impossible values, units of different things, cycles in is_a. Each with who says it."""

from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache

from fedviz.kg.fuse import facts, values
from fedviz.kg.fuse.records import Claim, Contradiction
from fedviz.kg.store.links import canonical
from fedviz.kg.store.memory import BROADER, DEFINITIONS, LABELS, SYNONYMS, TYPE
from fedviz.kg.store.records import ACTIVE, Status
from fedviz.kg.store.store import GraphStore
from fedviz.kg.store.terms import OWL, Statement, compact, is_iri

_LITERALS_LEFT_OUT = frozenset({*LABELS, *SYNONYMS, *DEFINITIONS})
_USUAL_UNIT = 0.8
_LEAST_WITH_UNIT = 5
_LONGEST_CYCLE = 30

Said = tuple[str, Statement, Status]


def find(store: GraphStore, settled: bool = False) -> tuple[Contradiction, ...]:
    """All contradictions of the newest version, worst kinds first. `settled`: with those that somebody settled, whose losers are rejected."""
    return _find(store.name, store.digest, facts.EVERY if settled else ACTIVE)


def open_(store: GraphStore) -> tuple[Contradiction, ...]:
    """Contradictions that are not settled: more claims stand than may."""
    return find(store)


def settled(store: GraphStore) -> tuple[Contradiction, ...]:
    """Contradictions that were settled: with what is rejected they would be some, without they are none."""
    waiting = {found.key for found in find(store)}
    return tuple(found for found in find(store, settled=True) if found.key not in waiting and any(status == "rejected" for claim in found.claims for *_said, status in claim.said))


def disjoint_classes(store: GraphStore) -> frozenset[frozenset[str]]:
    """Pairs of classes that exclude each other by owl:disjointWith, by IRI."""
    return frozenset(frozenset((row.subject, row.object)) for row in store.match(None, f"<{OWL}disjointWith>", None) if is_iri(row.object) and row.subject != row.object)


def clashes(store: GraphStore) -> Callable[[str, str], bool]:
    """`clash(left, right)`: whether two things belong to classes that exclude each other, so that they cannot be the same."""
    apart = disjoint_classes(store)
    if not apart:
        return lambda left, right: False
    above = _above(store)

    def classes(key: str) -> set[str]:
        return {higher for row in store.match(key, TYPE, None) for higher in above(row.object)}

    return lambda left, right: any(frozenset((one, other)) in apart for one in classes(left) for other in classes(right))


@lru_cache(maxsize=8)
def _find(name: str, digest: str, statuses: tuple[Status, ...]) -> tuple[Contradiction, ...]:
    """`digest` is part of the key alone: it changes with every version."""
    store = GraphStore(name)
    return (
        *facts.too_many(store, facts.limits(store), statuses), *_disjoint(store, statuses), *_cycles(store, statuses), *_values(store, statuses), *_units(store, statuses),
    )  # fmt: skip


def _disjoint(store: GraphStore, statuses: tuple[Status, ...]) -> Iterator[Contradiction]:
    apart = disjoint_classes(store)
    if not apart:
        return
    stands, above = canonical(store), _above(store)
    named = {name for pair in apart for name in pair}
    held: dict[str, dict[str, list[Said]]] = {}
    for statement, source, status in store.said(None, TYPE, None, statuses):
        for higher in above(statement.object) & named:
            held.setdefault(stands.get(statement.subject, statement.subject), {}).setdefault(higher, []).append((source, statement, status))
    for subject, classes in sorted(held.items()):
        for one, other in sorted((one, other) for one in classes for other in classes if one < other and frozenset((one, other)) in apart):
            reason = f"Nothing can be both {compact(one)!r} and {compact(other)!r}: the graph declares that these classes have nothing in common."
            claims = tuple(_claim(store, name, classes[name]) for name in (one, other))
            yield Contradiction(kind="disjoint", subject=subject, predicate=TYPE, rule=reason, claims=claims)


def _cycles(store: GraphStore, statuses: tuple[Status, ...]) -> Iterator[Contradiction]:
    import igraph

    stands = canonical(store)
    edges: dict[tuple[str, str], list[Said]] = {}
    for predicate in BROADER:
        for statement, source, status in store.said(None, predicate, None, statuses):
            ends = stands.get(statement.subject, statement.subject), stands.get(statement.object, statement.object)
            if ends[0] != ends[1] or statement.subject == statement.object:
                edges.setdefault(ends, []).append((source, statement, status))
    if not edges:
        return
    graph = igraph.Graph.TupleList(edges, directed=True)
    names, component = graph.vs["name"], graph.connected_components(mode="strong").membership
    place = dict(zip(names, component, strict=True))
    inside: dict[int, list[tuple[str, str]]] = {}
    for one, other in edges:
        if place[one] == place[other]:
            inside.setdefault(place[one], []).append((one, other))
    for ring in inside.values():
        chosen = sorted(ring)[:_LONGEST_CYCLE]
        reason = f"is_a leads in a circle from {compact(chosen[0][0])!r} back to itself, through {len({end for edge in ring for end in edge})} things."
        claims = tuple(_claim(store, f"{compact(one)} \u2192 {compact(other)}", edges[(one, other)]) for one, other in chosen)
        yield Contradiction(kind="cycle", subject=chosen[0][0], predicate=BROADER[0], rule=reason, claims=claims, allowed=len(claims) - 1)


def _values(store: GraphStore, statuses: tuple[Status, ...]) -> Iterator[Contradiction]:
    for said in _literals(store, statuses):
        statement = said[0][1]
        reason = values.impossible(statement.predicate, statement.object)
        if reason:
            yield Contradiction(kind="value", subject=statement.subject, predicate=statement.predicate, rule=reason, claims=(_claim(store, statement.object, said),), allowed=0)


def _units(store: GraphStore, statuses: tuple[Status, ...]) -> Iterator[Contradiction]:
    kinds: dict[str, dict[str, list[list[Said]]]] = {}
    for said in _literals(store, statuses):
        measured = values.quantity(said[0][1].object)
        if measured is not None and measured.kind:
            kinds.setdefault(said[0][1].predicate, {}).setdefault(measured.kind, []).append(said)
    for predicate, by_kind in sorted(kinds.items()):
        total = sum(map(len, by_kind.values()))
        usual, most = max(((kind, len(some)) for kind, some in by_kind.items()), key=lambda entry: entry[1])
        if total < _LEAST_WITH_UNIT or most < _USUAL_UNIT * total:
            continue
        for kind, some in by_kind.items():
            for said in some if kind != usual else ():
                reason = f"Values of {compact(predicate)!r} are a {usual} nearly everywhere, but this one is a {kind}."
                claim = _claim(store, said[0][1].object, said)
                yield Contradiction(kind="unit", subject=said[0][1].subject, predicate=predicate, rule=reason, claims=(claim,), allowed=0)


def _literals(store: GraphStore, statuses: tuple[Status, ...]) -> Iterator[list[Said]]:
    """Every statement with a literal, names and definitions left out, with all who say it."""
    held: dict[Statement, list[Said]] = {}
    for statement, source, status in store.said(statuses=statuses):
        if not is_iri(statement.object) and statement.predicate not in _LITERALS_LEFT_OUT:
            held.setdefault(statement, []).append((source, statement, status))
    yield from held.values()


def _claim(store: GraphStore, value: str, said: Iterable[Said]) -> Claim:
    every = tuple(said)
    sources = {source.key: source for source in store.info.sources}
    return Claim(value=value, said=every, date=max(sources[key].date for key, *_ in every), confidence=max(sources[key].confidence for key, *_ in every))


def _above(store: GraphStore) -> Callable[[str], frozenset[str]]:
    """A class with all classes above it over is_a."""
    parents: dict[str, set[str]] = {}
    for predicate in BROADER:
        for row in store.match(None, predicate, None):
            parents.setdefault(row.subject, set()).add(row.object)
    known: dict[str, frozenset[str]] = {}

    def closed(key: str) -> frozenset[str]:
        if key not in known:
            seen, waiting = {key}, [key]
            while waiting:
                fresh = parents.get(waiting.pop(), set()) - seen
                seen |= fresh
                waiting += fresh
            known[key] = frozenset(seen)
        return known[key]

    return closed

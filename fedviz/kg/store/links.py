"""What people and programs decided about a graph: which things are the same. A source of its own, whose links a graph in memory follows.

A merge is `duplicate skos:exactMatch canonical` in the source of decisions, "these are two" is `owl:differentFrom`. No statement of another source changes, so a merge
is undone by rejecting its link. Links that other sources bring (a vocabulary's own skos:exactMatch) are statements like any other.
"""

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache

from fedviz.kg.store.records import GraphInfo, SourceInfo
from fedviz.kg.store.store import GraphStore
from fedviz.kg.store.terms import OWL, SKOS, Statement, is_iri

SAME = f"<{SKOS}exactMatch>"
DIFFERENT = f"<{OWL}differentFrom>"
READER = "decisions"
"""What `SourceInfo.reader` says of the source of decisions."""


def decisions_source(info: GraphInfo) -> SourceInfo | None:
    """The source of decisions of a graph, or None where nothing was decided yet."""
    return next((source for source in info.sources if source.reader == READER), None)


def canonical(store: GraphStore) -> Mapping[str, str]:
    """For every thing that was merged into another, the thing that stands for it; what is not in it stands for itself."""
    return _canonical(store.name, store.digest)


def followed(store: GraphStore, statements: Iterable[Statement]) -> Iterator[Statement]:
    """Statements with every merged thing replaced by the one that stands for it; the links themselves, and what a thing would say of itself alone, are left out."""
    stands = canonical(store)
    decided = decisions_source(store.info) is not None
    for subject, predicate, object in statements:
        head, tail = stands.get(subject, subject), stands.get(object, object) if is_iri(object) else object
        about_itself = head == tail and subject != object
        if not about_itself and not (decided and predicate == DIFFERENT):
            yield Statement(head, predicate, tail)


def groups(links: Iterable[tuple[str, str]]) -> tuple[tuple[str, ...], ...]:
    """Things that links (duplicate, canonical) join, each group with the thing that stands for it first.

    That is one that no link calls a duplicate, of these the one that most links lead to, of these the first by alphabet.
    """
    above: dict[str, str] = {}
    duplicates: set[str] = set()
    led: dict[str, int] = {}

    def root(key: str) -> str:
        while above.setdefault(key, key) != key:
            above[key] = above[above[key]]
            key = above[key]
        return key

    for duplicate, chosen in links:
        duplicates.add(duplicate)
        led[chosen] = led.get(chosen, 0) + 1
        above[root(duplicate)] = root(chosen)
    joined: dict[str, list[str]] = {}
    for key in above:
        joined.setdefault(root(key), []).append(key)
    ordered = (sorted(group, key=lambda key: (key in duplicates, -led.get(key, 0), key)) for group in joined.values())
    return tuple(tuple(group) for group in ordered)


@lru_cache(maxsize=16)
def _canonical(name: str, digest: str) -> Mapping[str, str]:
    """`digest` is part of the key alone: it changes with every version."""
    store = GraphStore(name)
    source = decisions_source(store.info)
    if source is None:
        return {}
    links = ((link.subject, link.object) for link in store.match(None, SAME, None, sources=(source.key,)))
    return {key: group[0] for group in groups(links) for key in group[1:]}

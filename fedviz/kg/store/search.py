"""Finding an entity of a graph on disk by its name, its short name or its IRI, and what is said with it."""

from typing import NamedTuple

from fedviz.kg.store.memory import LABELS, SYNONYMS
from fedviz.kg.store.records import ACTIVE, Status
from fedviz.kg.store.store import GraphStore
from fedviz.kg.store.terms import Statement, compact, expand, is_iri, language, literal, value

_EVERY: tuple[Status, ...] = (*ACTIVE, "rejected")


class Found(NamedTuple):
    """An entity (a term) and the name that it was found by."""

    term: str
    name: str


def search(store: GraphStore, words: str, limit: int = 50) -> tuple[Found, ...]:
    """Entities that the words name: first by IRI or short name, then by names that hold them, whatever the case; exact names first, then shorter ones.

    Names are looked through one by one: about a second for a million statements.
    """
    asked = " ".join(words.split())
    if not asked:
        return ()
    term = expand(asked)
    known = any(next(store.match(**{place: term}, statuses=_EVERY), None) for place in ("subject", "object"))
    found = {term: name_of(store, term)} if known else {}
    predicates = " ".join((*LABELS, *SYNONYMS))
    query = f"SELECT ?e ?n {{ VALUES ?p {{ {predicates} }} ?e ?p ?n FILTER(CONTAINS(LCASE(STR(?n)), LCASE({literal(asked)}))) }} LIMIT {10 * limit}"
    rows = sorted((len(value(name)), value(name), entity) for entity, name in store.ask(query, statuses=_EVERY).rows if entity and name)
    for _length, name, entity in sorted(rows, key=lambda row: row[1].lower() != asked.lower()):
        found.setdefault(entity, name)
    return tuple(Found(term, name) for term, name in list(found.items())[:limit])


def name_of(store: GraphStore, term: str) -> str:
    """What a viewer calls a term: its best name in the graph's language, its short name where it has none, the text of a literal."""
    if not is_iri(term):
        return value(term)
    preferred = store.info.language
    for label in LABELS:
        names = [row.object for row in store.match(term, label)]
        if names:
            return value(min(names, key=lambda name: (language(name) != preferred, language(name) != "", name)))
    return compact(term)


def about(store: GraphStore, term: str, limit: int = 200) -> tuple[tuple[Statement, Status], ...]:
    """Each statement that begins or ends with a term, once, with the best status that a source gives it; at most `limit` of each kind."""
    found: dict[Statement, Status] = {}
    for pattern in ({"subject": term}, {"object": term}):
        for number, (row, _source, status) in enumerate(store.said(**pattern, statuses=_EVERY)):
            if number >= limit:
                break
            if row not in found or _EVERY.index(status) < _EVERY.index(found[row]):
                found[row] = status
    return tuple(found.items())

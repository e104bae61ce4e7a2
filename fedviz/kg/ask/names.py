"""What terms are called, and which terms a name means."""

from collections.abc import Iterable

from fedviz.core.errors import InputError
from fedviz.kg.graph import IS_A
from fedviz.kg.store.memory import BROADER, LABELS, SYNONYMS, TYPE, relation_name
from fedviz.kg.store.store import GraphStore
from fedviz.kg.store.terms import FEDVIZ, compact, expand, is_iri, language, literal, relation, value


def names(store: GraphStore, terms: Iterable[str]) -> dict[str, str]:
    """The name of each IRI: its label in the graph's language, else one without a language, else any; its compact name where it has none."""
    preferred = store.info.language
    found: dict[str, str] = {}
    for term in dict.fromkeys(terms):
        labels: list[tuple[int, int, str]] = []
        for place, predicate in enumerate(LABELS if is_iri(term) else ()):
            for row in store.match(term, predicate):
                said = language(row.object)
                labels.append((0 if said == preferred or said.startswith(f"{preferred}-") else 1 if not said else 2, place, value(row.object)))
        found[term] = min(labels)[2] if labels else compact(term)
    return found


def resolve(store: GraphStore, words: str, kind: str = "entity") -> str:
    """The IRI that a person means by an IRI, a compact name or a label; `InputError` where nothing or more than one thing is called so."""
    words = words.strip()
    if kind == "relation":
        candidates = [term for term in (expand(words), relation(words)) if next(store.match(None, term), None) is not None]
        if not candidates:
            candidates = [term for term in map(expand, _relations(store)) if compact(term).rpartition(":")[2].lower() == words.lower()]
        return _one(words, candidates[:2], kind)
    term = expand(words)
    if next(store.match(term), None) is not None or next(store.match(None, None, term), None) is not None:
        return term
    spellings = dict.fromkeys((words, words.lower(), words.capitalize(), words.title()))
    literals = [literal(spelling, said) for spelling in spellings for said in dict.fromkeys(("", store.info.language, "en", "zh"))]
    for predicates in (LABELS, SYNONYMS):
        found = dict.fromkeys(row.subject for predicate in predicates for said in literals for row in store.match(None, predicate, said))
        if found:
            return _one(words, list(found), kind)
    return _one(words, [], kind)


def relation_word(term: str) -> str:
    """A relation as a reader sees it: `is_a` for whatever says that one thing is a kind of another, `instance_of` for rdf:type, else its short name."""
    return IS_A if term in BROADER else "instance_of" if term == TYPE else relation_name(term)


def _relations(store: GraphStore) -> tuple[str, ...]:
    return tuple(name if ":" in name else f"{FEDVIZ}relation:{name}" for name, _count in store.statistics().relations)


def _one(words: str, found: list[str], kind: str) -> str:
    if not found:
        raise InputError(f"The graph has no {kind} named {words[:80]!r}; give its name as it is written there, or its IRI.")
    if len(found) > 1:
        raise InputError(f"More than one {kind} is called {words[:80]!r}: {', '.join(map(compact, found[:5]))}; name one by its IRI.")
    return found[0]

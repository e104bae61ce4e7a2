"""Example queries made of the relations and the things that a graph really has."""

from functools import lru_cache
from typing import NamedTuple

from fedviz.core.i18n import N_
from fedviz.kg.store.evidence import EVIDENCE
from fedviz.kg.store.memory import BROADER, DEFINITIONS, KIND, LABELS, SYNONYMS
from fedviz.kg.store.store import GraphStore
from fedviz.kg.store.terms import PREFIXES

_TEXTS = {*LABELS, *SYNONYMS, *DEFINITIONS, KIND}
_MAX_SAMPLED = 2_000_000


class Example(NamedTuple):
    """A query and what it asks, in words (a message of the catalogue)."""

    title: str
    sparql: str


class Sample(NamedTuple):
    """What a graph's examples speak of: its relations between things, the one of the examples first, a statement of it, the relation of names, and one that goes on."""

    relations: tuple[str, ...] = ()
    subject: str = ""
    object: str = ""
    label: str = ""
    next: str = ""


def examples(store: GraphStore) -> tuple[Example, ...]:
    """Queries for this graph, simple ones first; each gives an answer unless the graph is empty."""
    sample = _sample(store.name, store.digest)
    out = [Example(N_("How often does each relation occur?"), "SELECT ?relation (COUNT(*) AS ?statements) {\n  ?s ?relation ?o\n} GROUP BY ?relation ORDER BY DESC(?statements)")]
    if not sample.relations:
        return tuple(out)
    first, subject, object = short(sample.relations[0]), short(sample.subject), short(sample.object)
    label = f"OPTIONAL {{ ?thing {short(sample.label)} ?name }}" if sample.label else ""
    out += [
        Example(N_("What does the graph say about one thing?"), f"SELECT ?relation ?value {{\n  {subject} ?relation ?value\n}}"),
        Example(N_("What leads to the same thing?"), f"SELECT ?thing ?name {{\n  ?thing {first} {object} .\n  {label}\n}}"),
        Example(N_("What lies at any number of steps?"), f"SELECT DISTINCT ?thing ?name {{\n  {subject} {first}+ ?thing .\n  {label}\n}}"),
        Example(N_("The neighbourhood of one thing, as a graph"), f"CONSTRUCT {{ ?a ?p ?b }} WHERE {{\n  {{ VALUES ?a {{ {object} }} ?a ?p ?b }}\n  UNION\n  {{ VALUES ?b {{ {object} }} ?a ?p ?b }}\n  FILTER(isIRI(?b))\n}}"),
        Example(N_("Which source says it?"), f"SELECT ?source ?thing {{\n  GRAPH ?source {{ {subject} {first} ?thing }}\n}}"),
        Example(N_("What is behind the conclusions of rules?"), f"SELECT ?s ?p ?o ?rule ?premise {{\n  GRAPH <{EVIDENCE}> {{\n    ?r rdf:reifies <<( ?s ?p ?o )>> ; fv:method ?rule ; prov:used ?premise\n  }}\n}} LIMIT 20"),
    ]  # fmt: skip
    if sample.label:
        out.append(Example(N_("Which names hold a word?"), f'SELECT ?thing ?name {{\n  ?thing {short(sample.label)} ?name\n  FILTER(CONTAINS(LCASE(?name), "a"))\n}} ORDER BY ?name LIMIT 100'))
    if sample.next:
        out.append(Example(N_("Two relations in a row"), f"SELECT ?a ?b ?c {{\n  ?a {first} ?b .\n  ?b {short(sample.next)} ?c\n}} LIMIT 100"))
    return tuple(out)


def relations(store: GraphStore) -> tuple[str, ...]:
    """The relations between things that a graph has (terms), most frequent first."""
    return _sample(store.name, store.digest).relations


def short(term: str) -> str:
    """A term as a query may write it: by a prefix where that is allowed, else in brackets."""
    text = term[1:-1]
    for prefix, base in PREFIXES.items():
        local = text.removeprefix(base)
        if local != text and local.replace("_", "a").isalnum() and local.isascii():
            return f"{prefix}:{local}"
    return term


@lru_cache(maxsize=16)
def _sample(name: str, digest: str) -> Sample:
    """`digest` is part of the key alone: it changes with every version."""
    store = GraphStore(name)
    counted = store.ask("SELECT ?p (COUNT(*) AS ?n) { ?s ?p ?o FILTER(isIRI(?o)) } GROUP BY ?p ORDER BY DESC(?n) ?p LIMIT 100").rows
    found = tuple(predicate for predicate, _count in counted if predicate and predicate not in _TEXTS)
    if not found:
        return Sample()
    first = next((predicate for predicate in found if predicate in BROADER), found[0])
    ordered = (first, *(predicate for predicate in found if predicate != first))
    total = store.info.triples
    pick = f"SELECT ?o {{ ?s {first} ?o FILTER(isIRI(?o)) }} GROUP BY ?o HAVING(COUNT(*) > 2 && COUNT(*) < 40) ORDER BY ?o LIMIT 1" if total <= _MAX_SAMPLED else ""
    target = next((row[0] for row in store.ask(pick).rows), None) if pick else None
    row = next(store.match(None, first, target), None) or next(store.match(None, first))
    label = next((predicate for predicate in LABELS if next(store.match(None, predicate), None) is not None), "")
    after = next((other for other in ordered[1:6] if store.ask(f"ASK {{ ?a {first} ?b . ?b {other} ?c }}").holds), "")
    return Sample(ordered, row.subject, row.object, label, after)

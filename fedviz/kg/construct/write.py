"""What was built, written to a graph of the store: one source for each party, each triple with its sentence, document, method and confidence."""

import re
from collections.abc import Iterable, Iterator, Sequence

from fedviz.core.errors import InputError
from fedviz.kg.construct.records import Extracted, Extraction, Found
from fedviz.kg.graph import IS_A, KnowledgeGraph
from fedviz.kg.store import folder
from fedviz.kg.store.change import change
from fedviz.kg.store.memory import BROADER, KIND, LABELS, SYNONYMS
from fedviz.kg.store.records import Evidence, SourceInfo
from fedviz.kg.store.terms import XSD, Statement, expand, literal, relation

READER = "construct"
"""The reader's name by which sources built from text are known."""
_ISO = re.compile(r"\d{4}-\d\d-\d\d\Z")


def write(name: str, built: Iterable[Extraction], title: str, graph: KnowledgeGraph | None = None, graph_title: str = "") -> tuple[SourceInfo, ...]:
    """Add all facts (never what was held back) to the graph `name`, which is made where it is missing; one version more, a source for each party.

    `title`: what the sources are called, `graph_title` what a new graph is; `graph`: the gazetteer's, whose preferred names are written with its entities. `InputError` where there is no fact; then nothing is made.
    """
    by_party: dict[str, list[tuple[Extracted, str]]] = {}
    for extraction in built:
        for fact in extraction.triples:
            by_party.setdefault(extraction.document.party, []).append((fact, extraction.document.name))
    if not by_party:
        raise InputError("There is no triple to write: nothing was found, or all of it was held back.")
    if not (folder.graph_folder(name) / folder.MANIFEST).exists():
        folder.create(name, graph_title or title)
    added = []
    with change(name, f"Built from texts: {title}") as to:
        for party, facts in by_party.items():
            source = to.new_source(SourceInfo(key="", title=f"{title}: {party}" if party else title, reader=READER, origin=title, method="text", party=party, confidence=0.8))
            to.add(source.key, [*((statement_of(fact), _evidence(fact, document, party)) for fact, document in facts), *((row, None) for row in _names([fact for fact, _document in facts], graph))])
            known = to.info.source(source.key)
            added.append(known or source)
    return tuple(added)


def statement_of(fact: Extracted) -> Statement:
    """A fact as an RDF statement: is_a as rdfs:subClassOf, another name as skos:altLabel, a value as a literal, all else as a relation of ours."""
    head = expand(fact.head.key)
    if fact.relation == "also_called":
        return Statement(head, SYNONYMS[0], literal(fact.tail.surface))
    if fact.tail.value:
        return Statement(head, relation(fact.relation), literal(fact.tail.value, datatype=f"{XSD}date" if _ISO.match(fact.tail.value) else ""))
    return Statement(head, BROADER[0] if fact.relation == IS_A else relation(fact.relation), expand(fact.tail.key))


def _evidence(fact: Extracted, document: str, party: str) -> Evidence:
    return Evidence(source="", status="asserted", method=fact.method, confidence=fact.confidence, party=party, date=folder.now(), sentence=fact.sentence[:2000], document=document)


def _names(facts: Sequence[Extracted], graph: KnowledgeGraph | None) -> Iterator[Statement]:
    """Labels of all things that the facts name, and the kinds of those that the gazetteer knows."""
    seen: set[str] = set()
    for fact in facts:
        for end in (fact.head, fact.tail):
            if end.key not in seen and not end.value and not (fact.relation == "also_called" and end is fact.tail):
                seen.add(end.key)
                yield from _name(end, graph)


def _name(end: Found, graph: KnowledgeGraph | None) -> Iterator[Statement]:
    known = graph.entities.get(end.entity) if graph and end.entity else None
    yield Statement(expand(end.key), LABELS[0], literal(known.name if known else end.surface))
    if known and known.kind != "entity":
        yield Statement(expand(end.key), KIND, literal(known.kind))

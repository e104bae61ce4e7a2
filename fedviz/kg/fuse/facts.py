"""Questions that have one answer, or at most so many: which relations are functional, and who answers what."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from fedviz.kg.fuse.records import Claim, Contradiction, Kind
from fedviz.kg.fuse.values import meaning
from fedviz.kg.store.links import DIFFERENT, READER, SAME, canonical
from fedviz.kg.store.memory import BROADER, DEFINITIONS, KIND, LABELS, SYNONYMS, TYPE
from fedviz.kg.store.records import ACTIVE, Status
from fedviz.kg.store.store import GraphStore
from fedviz.kg.store.terms import FEDVIZ, OWL, RDF, Statement, compact, is_iri, language, value

LEAST_SUBJECTS = 10
"""A relation counts as functional by itself where one source uses it for at least so many subjects ..."""
MOST_VALUES = 1.05
"""... and gives them at most so many values on average, in every source."""
_NEVER = frozenset({*LABELS, *SYNONYMS, *DEFINITIONS, *BROADER, TYPE, KIND, SAME, DIFFERENT})
_SCHEMA = (OWL, RDF, "http://www.w3.org/2000/01/rdf-schema#", "http://www.w3.org/ns/shacl#")
EVERY: tuple[Status, ...] = (*ACTIVE, "rejected")


class Limit(NamedTuple):
    """How many values a relation may have, and why, in one sentence."""

    most: int
    rule: str


def limits(store: GraphStore, detect: bool = True) -> dict[str, Limit]:
    """Relations with a limit, by IRI: declared ones (owl:FunctionalProperty, owl:maxCardinality, sh:maxCount) and, where `detect` is on, those that every source uses with one value."""
    found: dict[str, Limit] = {}
    if detect:
        for predicate in _detected(store):
            reason = f"Every source gives {compact(predicate)!r} one value for nearly everything, so it seems to have one only."
            found[predicate] = Limit(1, reason)
    sparql = (
        "SELECT ?p ?n { { ?p a owl:FunctionalProperty BIND(1 AS ?n) } UNION { ?r owl:onProperty ?p ; (owl:maxCardinality|owl:maxQualifiedCardinality|owl:cardinality) ?n } "
        "UNION { ?r <http://www.w3.org/ns/shacl#path> ?p ; <http://www.w3.org/ns/shacl#maxCount> ?n } }"
    )
    for predicate, number in store.ask(sparql).rows:
        if predicate and number and value(number).isdigit() and is_iri(predicate):
            most = int(value(number))
            reason = f"The graph declares that {compact(predicate)!r} has at most {most} values for one thing."
            found[predicate] = Limit(min(most, found[predicate].most) if predicate in found and "declares" in found[predicate].rule else most, reason)
    return found


def answers(store: GraphStore, predicates: Mapping[str, Limit], statuses: tuple[Status, ...] = ACTIVE) -> Iterator[tuple[str, str, str, tuple[Claim, ...]]]:
    """(subject, predicate, language, claims) for everything that these relations say: subjects and objects stand for what was merged into them, values that mean the same are one claim."""
    stands = canonical(store)
    dates = {source.key: (source.date, source.confidence) for source in store.info.sources}
    for predicate in predicates:
        questions: dict[tuple[str, str], dict[str, list[tuple[str, Statement, Status]]]] = {}
        for statement, source, status in store.said(None, predicate, None, statuses):
            object = stands.get(statement.object, statement.object)
            question = stands.get(statement.subject, statement.subject), language(object)
            questions.setdefault(question, {}).setdefault(meaning(object), []).append((source, statement, status))
        for (subject, tongue), by_value in questions.items():
            claims = tuple(
                Claim(
                    value=stands.get(said[0][1].object, said[0][1].object), said=tuple(said), date=max(dates[source][0] for source, *_ in said),
                    confidence=max(dates[source][1] for source, *_ in said),
                )
                for said in by_value.values()
            )  # fmt: skip
            yield subject, predicate, tongue, claims


def too_many(store: GraphStore, predicates: Mapping[str, Limit], statuses: tuple[Status, ...] = ACTIVE) -> Iterator[Contradiction]:
    """Questions with more different answers than their relation may have."""
    for subject, predicate, _language, claims in answers(store, predicates, statuses):
        limit = predicates[predicate]
        if len(claims) > limit.most:
            kind: Kind = "functional" if limit.most == 1 else "cardinality"
            yield Contradiction(kind=kind, subject=subject, predicate=predicate, rule=limit.rule, claims=claims, allowed=limit.most)


def _detected(store: GraphStore) -> Iterator[str]:
    own = {f"<{FEDVIZ}source:{source.key}>" for source in store.info.sources if source.reader != READER}
    sparql = "SELECT ?g ?p (COUNT(*) AS ?n) (COUNT(DISTINCT ?s) AS ?k) { GRAPH ?g { ?s ?p ?o } } GROUP BY ?g ?p"
    seen: dict[str, list[tuple[int, int]]] = {}
    for graph, predicate, count, subjects in store.ask(sparql, statuses=("asserted", "derived")).rows:
        if graph in own and predicate and count and subjects and predicate not in _NEVER and not value(predicate).startswith(_SCHEMA):
            seen.setdefault(predicate, []).append((int(value(count)), int(value(subjects))))
    for predicate, counts in sorted(seen.items()):
        if max(subjects for _count, subjects in counts) >= LEAST_SUBJECTS and all(count <= MOST_VALUES * subjects for count, subjects in counts if subjects >= LEAST_SUBJECTS):
            yield predicate

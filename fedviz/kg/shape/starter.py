"""Shapes to begin with, made from what a graph does already: they say what is usual in it, so that what breaks with the usual shows."""

from fedviz.kg.ask.names import relation_word
from fedviz.kg.store.memory import LABELS
from fedviz.kg.store.store import GraphStore
from fedviz.kg.store.terms import RDF, XSD, value

MAX_RELATIONS = 40
NEARLY = 0.98
"""What at least this share of a relation's statements do is taken as the rule."""
_HEAD = "@prefix sh: <http://www.w3.org/ns/shacl#> .\n@prefix xsd: <{xsd}> .\n@prefix rdf: <{rdf}> .\n@prefix : <urn:fedviz:shape:> .\n"


def starter(store: GraphStore) -> str:
    """Shapes in Turtle: for each of the most frequent relations what its values are (things or texts, of which datatype), whether there is at most one, and that
    a name has one value a language. Counting is by SPARQL; a second or two for each million statements.
    """
    shapes = []
    counted = f"SELECT ?p (COUNT(*) AS ?n) (COUNT(DISTINCT ?s) AS ?k) (SUM(IF(isIRI(?o),1,0)) AS ?i) {{ ?s ?p ?o }} GROUP BY ?p ORDER BY DESC(?n) LIMIT {MAX_RELATIONS}"
    for number, (predicate, total, subjects, things) in enumerate(store.ask(counted, statuses=("asserted", "disputed")).rows):
        if not (predicate and total and subjects and things):
            continue
        count, different, iris = int(value(total)), int(value(subjects)), int(value(things))
        rules = []
        if iris >= NEARLY * count:
            rules.append(f'sh:nodeKind sh:IRI ; sh:message "{_word(predicate)} leads to a thing, not to a text" ')
        elif count - iris >= NEARLY * count:
            kind = _datatype(store, predicate)
            wanted = f"sh:datatype {kind}" if kind else "sh:nodeKind sh:Literal"
            rules.append(f'{wanted} ; sh:message "{_word(predicate)} is a text or a value of the usual kind" ')
        if predicate in LABELS:
            rules.append('sh:uniqueLang true ; sh:message "A thing has one such name in each language" ')
        elif different >= NEARLY * count and count >= 10:
            rules.append(f'sh:maxCount 1 ; sh:message "A thing has at most one {_word(predicate)}" ')
        if rules:
            properties = " ;\n".join(f"  sh:property [ sh:path {predicate} ; {rule}]" for rule in rules)
            shapes.append(f":shape-{number} a sh:NodeShape ; sh:targetSubjectsOf {predicate} ;\n{properties} .\n")
    return _HEAD.format(xsd=XSD, rdf=RDF) + f"# Made from {_plain(store.info.title)}: change what is not meant as a rule.\n" + "\n".join(shapes)


def _datatype(store: GraphStore, predicate: str) -> str:
    """The one datatype that all values of a relation have, as a term; empty where they differ or have languages."""
    kinds = [row[0] for row in store.ask(f"SELECT DISTINCT ?d {{ ?s {predicate} ?o FILTER(isLiteral(?o)) BIND(datatype(?o) AS ?d) }} LIMIT 2").rows]
    return kinds[0] if len(kinds) == 1 and kinds[0] and not kinds[0].endswith("#langString>") else ""


def _word(predicate: str) -> str:
    return _plain(relation_word(predicate))


def _plain(text: str) -> str:
    return "".join(letter if letter.isalnum() or letter in " _-.," else " " for letter in text)[:60].strip()



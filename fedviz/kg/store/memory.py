"""From a graph on disk to the graph in memory that models, linking and pictures work with, and back.

Names: rdfs:label, skos:prefLabel, schema:name, foaf:name; other names: skos:altLabel, skos:hiddenLabel, the synonyms of OBO; definitions: skos:definition,
IAO_0000115, rdfs:comment, schema:description, dct:description. `is_a`: rdfs:subClassOf, skos:broader, wdt:P279. Other facts with a literal stay in the store.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import lru_cache

from fedviz.core.errors import InputError
from fedviz.core.types import Triple
from fedviz.kg.graph import IS_A, Entity, KnowledgeGraph
from fedviz.kg.store import features, links
from fedviz.kg.store.lines import Block
from fedviz.kg.store.records import ACTIVE, Status
from fedviz.kg.store.store import GraphStore
from fedviz.kg.store.terms import DCT, FEDVIZ, PREFIXES, RDF, RDFS, SKOS, Statement, compact, expand, is_iri, language, literal, relation, value

MAX_TRIPLES = 400_000
"""More than this is a store to be asked, not a graph to be trained with."""
LABELS = tuple(f"<{name}>" for name in (f"{SKOS}prefLabel", f"{RDFS}label", f"{PREFIXES['schema']}name", f"{PREFIXES['foaf']}name"))
SYNONYMS = (
    *(f"<{SKOS}{name}>" for name in ("altLabel", "hiddenLabel")),
    *(f"<{PREFIXES['oio']}{name}>" for name in ("hasExactSynonym", "hasRelatedSynonym", "hasNarrowSynonym")),
)
DEFINITIONS = tuple(
    f"<{name}>" for name in (f"{SKOS}definition", f"{PREFIXES['obo']}IAO_0000115", f"{PREFIXES['schema']}description", f"{DCT}description", f"{RDFS}comment")
)
BROADER = tuple(f"<{name}>" for name in (f"{RDFS}subClassOf", f"{SKOS}broader", f"{PREFIXES['wdt']}P279"))
TYPE = f"<{RDF}type>"
KIND = f"<{FEDVIZ}kind>"
_STANDARD_TYPES = (PREFIXES["owl"], PREFIXES["rdfs"], PREFIXES["rdf"], PREFIXES["skos"])


def in_memory(store: GraphStore, statuses: tuple[Status, ...] = ACTIVE, sources: tuple[str, ...] | None = None) -> KnowledgeGraph:
    """The graph of a store's statements of these statuses and sources, made once for each version; what was merged is one entity (see `links`).

    `InputError` where it has more than `MAX_TRIPLES`.
    """
    return _in_memory(store.name, store.digest, statuses, sources)


@lru_cache(maxsize=8)
def _in_memory(name: str, digest: str, statuses: tuple[Status, ...], sources: tuple[str, ...] | None) -> KnowledgeGraph:
    """`digest` is part of the key alone: it changes with every version."""
    store = GraphStore(name)
    info = store.info
    if info.triples > MAX_TRIPLES:
        raise InputError(f"A graph for training has at most {MAX_TRIPLES:,} statements, but {info.title!r} has {info.triples:,}; import a part of it.")
    said_by = ", ".join(dict.fromkeys(source.origin or source.title for source in info.sources))
    graph = graph_of(links.followed(store, store.match(statuses=statuses, sources=sources)), info.title, said_by, info.language)
    carried = features.read(info)
    return graph if carried is None else replace(graph, features=carried.only(graph.entities))


def graph_of(statements: Iterable[Statement], name: str, source: str, preferred: str = "en") -> KnowledgeGraph:
    """The graph in memory of some statements. Names in the language `preferred` come first, then those without one, then any, the first by alphabet."""
    labels: dict[str, list[tuple[int, int, str]]] = {}
    synonyms: dict[str, set[str]] = {}
    definitions: dict[str, list[tuple[int, int, str]]] = {}
    kinds: dict[str, str] = {}
    triples: set[Triple] = set()
    for subject, predicate, object in statements:
        key = compact(subject)
        if predicate in LABELS:
            labels.setdefault(key, []).append((_rank(object, preferred), LABELS.index(predicate), value(object)))
        elif predicate in SYNONYMS:
            synonyms.setdefault(key, set()).add(value(object))
        elif predicate in DEFINITIONS:
            definitions.setdefault(key, []).append((_rank(object, preferred), DEFINITIONS.index(predicate), value(object)))
        elif predicate == KIND:
            kinds[key] = value(object)
        elif predicate == TYPE and is_iri(object):
            if not value(object).startswith(_STANDARD_TYPES):
                triples.add(Triple(key, "instance_of", compact(object)))
        elif is_iri(object):
            triples.add(Triple(key, IS_A if predicate in BROADER else relation_name(predicate), compact(object)))
    ends = {end for triple in triples for end in (triple.head, triple.tail)}
    entities = {}
    for key in sorted(ends | labels.keys() | synonyms.keys()):
        names = [text for _rank_, _place, text in sorted(labels.get(key, ()))]
        chosen = names[0] if names else _readable(key)
        others = dict.fromkeys((*names[1:], *sorted(synonyms.get(key, ()))))
        entities[key] = Entity(key, chosen, tuple(name for name in others if name != chosen), min(definitions.get(key, ((0, 0, ""),)))[2], kinds.get(key, "entity"))
    return KnowledgeGraph(name, source, entities, tuple(sorted(triples)))


def relation_name(predicate: str) -> str:
    """The short name of a relation: what follows the last `#`, `/` or `:` of its IRI, or our own plain name."""
    name = compact(predicate)
    return name.rstrip("#/:").rpartition("#")[2].rpartition("/")[2].rpartition(":")[2] or name


def statements_of(graph: KnowledgeGraph) -> Iterator[Statement]:
    """A graph in memory as statements, so that `graph_of` gives the same again."""
    for key, item in graph.entities.items():
        subject = expand(key)
        yield Statement(subject, LABELS[0], literal(item.name))
        for synonym in item.synonyms:
            yield Statement(subject, SYNONYMS[0], literal(synonym))
        if item.definition:
            yield Statement(subject, DEFINITIONS[0], literal(item.definition))
        if item.kind != "entity":
            yield Statement(subject, KIND, literal(item.kind))
    for head, name, tail in graph.triples:
        yield Statement(expand(head), BROADER[0] if name == IS_A else TYPE if name == "instance_of" else relation(name), expand(tail))


def blocks_of(statements: Iterable[Statement], size: int = 20_000) -> Iterator[Block]:
    """Statements as blocks of lines whose place in a file nobody knows."""
    waiting: list[bytes] = []
    for statement in statements:
        waiting.append(statement.line)
        if len(waiting) >= size:
            yield Block(waiting)
            waiting = []
    if waiting:
        yield Block(waiting)


def _rank(term: str, preferred: str) -> int:
    said = language(term)
    return 0 if said == preferred or said.startswith(f"{preferred}-") else 1 if not said else 2


def _readable(key: str) -> str:
    return key.rpartition("/")[2].rpartition("#")[2].replace("_", " ") or key

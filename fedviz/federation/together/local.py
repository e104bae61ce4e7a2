"""A party's own graph: what its texts say, how many of them say it, and what of it may be offered."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from fedviz.federation.together.extract import Extractor, extract, labelled
from fedviz.federation.together.names import normalised, triple_name
from fedviz.federation.together.options import TogetherOptions
from fedviz.kg.graph import KnowledgeGraph
from fedviz.kg.store.memory import relation_name
from fedviz.kg.store.records import Evidence
from fedviz.kg.store.terms import Statement, compact, expand, is_iri, value


@dataclass(frozen=True)
class Held:
    """How a party holds a triple: `support` of its texts say it, by `method`, with `confidence` in [0, 1]."""

    support: int
    method: str
    confidence: float


@dataclass(frozen=True, eq=False)
class Local:
    """One party at home. `by_text`: the distinct triples of each text; `held`: its graph; `names`: what the terms are called."""

    client: int
    name: str
    by_text: tuple[tuple[Statement, ...], ...]
    held: dict[Statement, Held]
    names: dict[str, str]

    def called(self, said: Statement) -> str:
        """What a triple is compared by: triples of one name are one."""
        return triple_name(self.names[said.subject], relation_name(said.predicate), self.names[said.object])

    def contributions(self, options: TogetherOptions) -> dict[str, tuple[Statement, int]]:
        """What the party offers, by name, and how often it counts: consented to, and within the bound of the private rule.

        The bound on a text looks at that text alone, so that one text changes at most `most` counts, each by one.
        """
        if options.by_text:
            counts: Counter[str] = Counter()
            known: dict[str, Statement] = {}
            for row in self.by_text:
                allowed = {self.called(said): said for said in sorted(row, reverse=True) if options.consents(relation_name(said.predicate), self.client)}
                chosen = sorted(allowed, key=_by_chance)[: options.most]
                counts.update(chosen)
                for name in chosen:
                    known[name] = min(known.get(name, allowed[name]), allowed[name])
            return {name: (known[name], count) for name, count in counts.items()}
        ranked = sorted(self.held, key=lambda said: (-self.held[said].support, _by_chance(self.called(said)), said))
        offered: dict[str, tuple[Statement, int]] = {}
        for said in ranked:
            if options.consents(relation_name(said.predicate), self.client):
                offered.setdefault(self.called(said), (said, 1))
        return dict(list(offered.items())[: options.most]) if options.rule == "private" else offered


def at_home(client: int, name: str, texts: Sequence[str], labels: Sequence[str], graph: KnowledgeGraph, options: TogetherOptions, extractor: Extractor = extract) -> Local:
    """Read a party's texts. `labels`: the class of each, by name. Entities of one name are the first of them in `graph`, which all parties know. Where single texts are protected every triple is held, else what enough texts say, one object for each
    subject of a functional relation."""
    by_text: list[tuple[Statement, ...]] = []
    first: dict[Statement, Evidence] = {}
    support: Counter[Statement] = Counter()
    names: dict[str, str] = {}
    for text, label in zip(texts, labels, strict=True):
        row: dict[Statement, None] = {}
        for found, evidence in (*extractor([text], graph), *labelled(text, label, graph)):
            statement = Statement(_one_of_name(found.subject, graph), found.predicate, _one_of_name(found.object, graph))
            row[statement] = None
            first.setdefault(statement, evidence)
        by_text.append(tuple(row))
        support.update(list(row))
    for statement in support:
        for term in (statement.subject, statement.object):
            names.setdefault(term, name_of(term, graph))
    kept = support if options.by_text else _settled({said: count for said, count in support.items() if count >= options.support}, options)
    every: defaultdict[tuple[str, str], int] = defaultdict(int)
    for said, count in support.items():
        every[said.subject, said.predicate] += count
    held = {}
    for said in sorted(kept):
        single = relation_name(said.predicate) in options.functional
        confidence = support[said] / every[said.subject, said.predicate] if single else first[said].confidence
        held[said] = Held(support[said], first[said].method, confidence)
    return Local(client, name, tuple(by_text), held, names)


def name_of(term: str, graph: KnowledgeGraph) -> str:
    """What a term is called: the graph's name of an entity it knows, else the readable part of the IRI, or the text of a literal."""
    if not is_iri(term):
        return value(term)
    key = compact(term)
    return graph.entities[key].name if key in graph.entities else key


def _one_of_name(term: str, graph: KnowledgeGraph) -> str:
    """The IRI of the first entity, by id, that is called as this one is; the term itself where the graph knows no such name."""
    key = _by_name(graph).get(normalised(name_of(term, graph))) if is_iri(term) else None
    return expand(key) if key is not None else term


@lru_cache(maxsize=4)
def _by_name(graph: KnowledgeGraph) -> dict[str, str]:
    return {normalised(graph.entities[key].name): key for key in sorted(graph.entities, reverse=True)}


def _settled(support: dict[Statement, int], options: TogetherOptions) -> list[Statement]:
    """Of the objects of a subject under a functional relation the one that most texts say, the first by alphabet among equals; of other relations all."""
    best: dict[tuple[str, ...], Statement] = {}
    for said in sorted(support, key=lambda said: (-support[said], said)):
        single = relation_name(said.predicate) in options.functional
        best.setdefault((said.subject, said.predicate) if single else said, said)
    return list(best.values())


def _by_chance(name: str) -> bytes:
    """An order of names that has nothing to do with what they say or how frequent they are."""
    return hashlib.blake2b(name.encode(), digest_size=8).digest()

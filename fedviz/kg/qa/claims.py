"""What an answer claims, held against a graph: supported, contradicted or unknown.

The graph is read as an open world: what it does not say is unknown, never wrong. It contradicts a claim only by what it does say: is_a in the other direction,
classes that it declares disjoint, another value of a relation that has one value only, or a denial of what it states.
"""

import re
from collections.abc import Collection, Sequence
from functools import lru_cache
from typing import Literal, NamedTuple

from fedviz.core.types import Triple
from fedviz.kg.construct import entities, relations
from fedviz.kg.construct.gazetteer import Gazetteer
from fedviz.kg.graph import IS_A, KnowledgeGraph
from fedviz.kg.qa.wording import CALLED, pattern
from fedviz.kg.surface import fold

Verdict = Literal["supported", "contradicted", "unknown"]
DISJOINT = "disjointWith"
"""The relation by which a graph declares that two classes have nothing in common (owl:disjointWith)."""
_ARTICLE = re.compile(r"^(?:an?|the)\s+", re.IGNORECASE)
_YES = re.compile(r"^(?:yes|no),\s+", re.IGNORECASE)


class Claim(NamedTuple):
    """`answer[start:end]` says (head, relation, tail), or denies it. Ends are ids of the graph where it knows them, else words; `because`: the triples that decide it."""

    start: int
    end: int
    head: str
    relation: str
    tail: str
    denied: bool
    verdict: Verdict
    because: tuple[Triple, ...] = ()


class Checker:
    """Finds and judges the claims of answers. `functional`: relations of which a thing has one value only; `domain`: whose words tell a relation (see construction)."""

    def __init__(self, gazetteer: Gazetteer, domain: str = "general", functional: Collection[str] = ()) -> None:
        self.graph = gazetteer.graph
        self._gazetteer = gazetteer
        self._domain = domain
        self._functional = frozenset(functional)

    def claims(self, answer: str) -> tuple[Claim, ...]:
        """The claims of an answer by place. A sentence is read by the templates that answers are taught with; where none fits, by the extractor's cues for running text."""
        found: dict[tuple[int, str, str, str], Claim] = {}
        for start, end in entities.sentences(answer):
            text = answer[start:end]
            read = self._by_template(text)
            if not read or read[0][2] not in self.graph.entities:
                read = self._by_extractor(text) or read
            for low, high, head, relation, tail, denied in read:
                verdict, because = self.judge(head, relation, tail, denied)
                found.setdefault((start, head, relation, tail), Claim(start + low, start + high, head, relation, tail, denied, verdict, because))
        return tuple(sorted(found.values()))

    def judge(self, head: str, relation: str, tail: str, denied: bool = False) -> tuple[Verdict, tuple[Triple, ...]]:
        """The verdict on a statement by ids (words for what the graph does not know), with the triples that bear it."""
        proof, counter = self._proof(head, relation, tail), self._counter(head, relation, tail)
        if proof:
            return ("contradicted" if denied else "supported"), proof
        if counter:
            return ("supported" if denied else "contradicted"), counter
        return "unknown", ()

    def _proof(self, head: str, relation: str, tail: str) -> tuple[Triple, ...]:
        graph = self.graph
        if head not in graph.entities:
            return ()
        if relation == CALLED:
            return (Triple(head, CALLED, tail),) if fold(tail) in names(graph, head) else ()
        if relation == IS_A:
            return path(graph, head, tail)
        stated = Triple(head, relation, tail)
        return (stated,) if stated in graph.outgoing(head) else ()

    def _counter(self, head: str, relation: str, tail: str) -> tuple[Triple, ...]:
        """What the graph says that cannot be true together with the statement."""
        graph = self.graph
        if head not in graph.entities or tail not in graph.entities or head == tail:
            return ()
        if relation == IS_A:
            return path(graph, tail, head) or self._disjoint(head, tail)
        if relation == CALLED:
            return path(graph, tail, head) or path(graph, head, tail) or self._disjoint(head, tail)
        if relation in self._functional:
            return tuple(triple for triple in graph.outgoing(head) if triple.relation == relation and triple.tail != tail)
        return ()

    def _disjoint(self, one: str, other: str) -> tuple[Triple, ...]:
        left, right = ({some, *self.graph.ancestors(some)} for some in (one, other))
        return next((
            (*path(self.graph, one, a), *path(self.graph, other, b), triple)
            for triple in _disjointness(self.graph) for a, b in ((triple.head, triple.tail), (triple.tail, triple.head)) if a in left and b in right
        ), ())  # fmt: skip

    def _by_template(self, text: str) -> list[tuple[int, int, str, str, str, bool]]:
        """What a sentence says if it is one of the templates', whose tail may be a list."""
        for relation in (CALLED, IS_A, *(name for name in self.graph.relations if name not in (IS_A, DISJOINT))):
            found = pattern(relation).match(text)
            if found is None:
                continue
            start = len(text) - len(_YES.sub("", text))
            tails = _listed(found["tail"], found.start("tail"), self._gazetteer)
            read = [(start, low + len(tail), *self._ends(found["head"], relation, tail), bool(found["denied"])) for low, tail in tails]
            return [one for one in read if fold(one[4]) != fold(_bare(found["head"])) and one[2] != one[4]]  # that a thing is itself claims nothing
        return []

    def _by_extractor(self, text: str) -> list[tuple[int, int, str, str, str, bool]]:
        """What the patterns of construction find, facts and denied ones; phrases without a verb claim nothing."""
        mentions = entities.mentions(text, self._gazetteer, True, True, False, False, None)
        said = relations.in_sentence(text, mentions, self._domain)
        return [
            (min(one.head.start, one.tail.start), max(one.head.end, one.tail.end), *self._known(one.head.key, one.relation, one.tail.key, one.tail.surface), one.held.startswith("negated"))
            for one in said if one.method in ("pattern", "dependency") and (not one.held or one.held.startswith("negated"))
        ]  # fmt: skip

    def _ends(self, head: str, relation: str, tail: str) -> tuple[str, str, str]:
        """Head, relation and tail of a sentence's words."""
        return self._known(self._end(head), relation, self._end(tail), tail)

    def _known(self, head: str, relation: str, tail: str, words: str) -> tuple[str, str, str]:
        """The same statement with another name of the head as its words, since these may be a name of something else too."""
        words = _bare(words)
        if relation == CALLED and head in self.graph.entities and fold(words) in names(self.graph, head):
            tail = words
        return head, relation, tail

    def _end(self, words: str) -> str:
        """The entity that is meant by all of these words, or the words."""
        bare = _bare(words)
        for one in (*self._gazetteer.exact(bare), *self._gazetteer.variants(bare)):
            if one.start == 0 and one.end == len(bare):
                return one.entity
        return " ".join(bare.lower().split())


def rate(claims: Sequence[Claim]) -> dict[Verdict, int]:
    """How many claims have each verdict."""
    return {verdict: sum(one.verdict == verdict for one in claims) for verdict in ("supported", "contradicted", "unknown")}


def path(graph: KnowledgeGraph, below: str, above: str) -> tuple[Triple, ...]:
    """A shortest chain of is_a from one entity up to another; empty where there is none, and from an entity to itself."""
    came: dict[str, Triple] = {}
    level = [below]
    while level and above not in came:
        level = [came.setdefault(parent, Triple(child, IS_A, parent)).tail for child in level for parent in graph.parents(child) if parent not in came and parent != below]
    if above not in came:
        return ()
    chain = [came[above]]
    while chain[0].head != below:
        chain.insert(0, came[chain[0].head])
    return tuple(chain)


def names(graph: KnowledgeGraph, entity: str) -> frozenset[str]:
    """All names of an entity, folded and without article."""
    item = graph.entities[entity]
    return frozenset(fold(_bare(name)) for name in (item.name, *item.synonyms))


@lru_cache(maxsize=16)
def _disjointness(graph: KnowledgeGraph) -> tuple[Triple, ...]:
    return tuple(triple for triple in graph.triples if triple.relation == DISJOINT)


def _bare(words: str) -> str:
    """Words without article, quotes and emphasis."""
    return _ARTICLE.sub("", words.strip(" \"'\u201c\u201d*"))


def _listed(words: str, start: int, gazetteer: Gazetteer) -> list[tuple[int, str]]:
    """(place, words) of one tail, or of several joined by "and" and commas; a name that has these inside stays whole."""
    if any(one.start == 0 and one.end == len(words) for one in gazetteer.exact(words)):
        return [(start, words)]
    parts, last = [], 0
    for cut in (*re.finditer(r",?\s+and\s+(?:a\s+kind\s+of\s+)?|,\s+", words), None):
        end = cut.start() if cut else len(words)
        parts.append((start + last, words[last:end]))
        last = cut.end() if cut else end
    return [part for part in parts if part[1].strip()]

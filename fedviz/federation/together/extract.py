"""What a text says, in triples: the plain extraction that every party can do at home.

`extract(texts, graph)` is the seam: anything that gives (statement, evidence) can take its place. It is called with one text at a time,
so that the triples of a text depend on that text alone.

Construction (`kg.construct`) is not the default here: it takes what single sentences state, which is more precise, but of the scenarios' short texts it leaves
far fewer triples, and hardly one that a second party holds too. What trains models, `points_to`, comes from labels in either way.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import combinations

from fedviz.kg.graph import KnowledgeGraph
from fedviz.kg.link import Mention, surface_forms
from fedviz.kg.store.records import Evidence
from fedviz.kg.store.terms import Statement, entity, expand, relation
from fedviz.kg.surface import fold
from fedviz.scenarios.linked import linker

Said = tuple[Statement, Evidence]
Extractor = Callable[[Sequence[str], KnowledgeGraph], Iterable[Said]]
OCCURS_WITH, CAUSED_BY, POINTS_TO = "occurs_with", "caused_by", "points_to"
_CAUSE = re.compile(r"[\s,]*(?:due to|caused by|secondary to|resulting from|because of)\s+(?:an?\s+|the\s+)?\Z")
_DENIED = re.compile(r"\b(?:no|not|without|denies|never|neither|nor)\b[^.;,:]{0,24}\Z")


def extract(texts: Sequence[str], graph: KnowledgeGraph) -> Iterator[Said]:
    """Which entities of `graph` a text names together (`occurs_with`, in the order of their ids), and `X due to Y` as `caused_by`. What is denied is left out."""
    for text in texts:
        folded = fold(text)
        found = [mention for mention in linker(graph).link(text) if not _DENIED.search(folded, max(0, mention.start - 40), mention.start)]
        for one, two in zip(found, found[1:], strict=False):
            if _CAUSE.fullmatch(folded, one.end, two.start) and one.entity != two.entity:
                yield _said(one, CAUSED_BY, two, text, 0.9)
        first = {mention.entity: mention for mention in reversed(found)}
        for head, tail in combinations(sorted(first), 2):
            yield _said(first[head], OCCURS_WITH, first[tail], text, 0.5)


def labelled(text: str, label: str, graph: KnowledgeGraph) -> Iterator[Said]:
    """Which class each entity that a labelled text names points to: (entity, `points_to`, class)."""
    target = class_entity(label, graph)
    folded = fold(text)
    for mention in linker(graph).link(text):
        if not _DENIED.search(folded, max(0, mention.start - 40), mention.start):
            yield Statement(expand(mention.entity), relation(POINTS_TO), target), Evidence(source="", status="asserted", method="label", confidence=1.0, sentence=text)


def class_entity(label: str, graph: KnowledgeGraph) -> str:
    """The IRI of a class: the entity of the graph that has this name, else one of the name's own."""
    key = _forms(graph).get(" ".join(fold(label).split()))
    return expand(key) if key is not None else entity(label)


@lru_cache(maxsize=4)
def _forms(graph: KnowledgeGraph) -> dict[str, str]:
    return surface_forms(graph)


def _said(head: Mention, name: str, tail: Mention, text: str, confidence: float) -> Said:
    statement = Statement(expand(head.entity), relation(name), expand(tail.entity))
    return statement, Evidence(source="", status="asserted", method="pattern" if name == CAUSED_BY else "together", confidence=confidence, sentence=text)

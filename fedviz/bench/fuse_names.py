"""A task of resolution from the Human Phenotype Ontology: one synonym of a term is hidden from one side and is all that the other side calls it.

Terms are parted in two halves by their id. Weights are fitted on one half; figures are of the other, whose terms, names and relations the weights have never seen.
"""

from dataclasses import dataclass

from fedviz.core.seeds import derive, generator
from fedviz.core.types import Triple
from fedviz.kg.fuse.block import normal
from fedviz.kg.graph import Entity, KnowledgeGraph

THEIRS = "other:"
"""Before the id of a term in the other source, so that no key tells anything."""


@dataclass(frozen=True)
class Task:
    """`left`: the terms that are known; `right`: the same terms of another source, each by one name that `left` lacks, and `absent` terms that `left` has not at all.

    `asked`: the keys of `right` that are measured; the others are their surroundings. The truth of `THEIRS + id` is `id`.
    """

    left: KnowledgeGraph
    right: KnowledgeGraph
    asked: tuple[str, ...]
    absent: tuple[str, ...]


def half(key: str) -> int:
    """Which half of the ontology a term belongs to: 0 (figures) or 1 (weights)."""
    return derive(0, "half", key) % 2


def make(graph: KnowledgeGraph, seed: int, part: int, synonyms: bool, neighbours: bool, known: int = 5000, asked: int = 400) -> Task:
    """A task of `known` terms of that half and `asked` hidden synonyms, with as many terms that are absent on the left.

    `synonyms`: the other synonyms of a term stay on the left; `neighbours`: both sides know is_a between their own terms, and the right side has all terms with a hidden synonym.
    """
    draw = generator(seed, "fuse", part)
    keys = [str(key) for key in draw.permutation([key for key in sorted(graph.entities) if half(key) == part])]
    held, others = keys[:known], keys[known:]
    hidden: dict[str, str] = {}
    for key in held:
        item = graph.entities[key]
        fresh = [name for name in item.synonyms if normal(name) not in {normal(other) for other in (item.name, *item.synonyms) if other != name}]
        if fresh:
            hidden[key] = fresh[int(draw.integers(len(fresh)))]
    chosen = list(hidden)[:asked]
    missing = [key for key in others if graph.entities[key].synonyms][:asked]
    theirs = {THEIRS + key: name for key, name in hidden.items() if neighbours or key in set(chosen)}
    theirs |= {THEIRS + key: graph.entities[key].synonyms[0] for key in missing}
    left = {
        key: Entity(key, graph.entities[key].name, tuple(name for name in graph.entities[key].synonyms if name != hidden.get(key)) if synonyms else ()) for key in held
    }
    right = {key: Entity(key, name) for key, name in theirs.items()}
    ours = tuple(triple for triple in graph.triples if neighbours and triple.head in left and triple.tail in left)
    theirs_is_a = tuple(
        Triple(THEIRS + triple.head, triple.relation, THEIRS + triple.tail)
        for triple in graph.triples
        if neighbours and THEIRS + triple.head in right and THEIRS + triple.tail in right
    )
    return Task(
        KnowledgeGraph("known", "HPO", left, ours), KnowledgeGraph("other", "HPO", right, theirs_is_a),
        tuple(THEIRS + key for key in chosen), tuple(THEIRS + key for key in missing),
    )  # fmt: skip

"""Triples of several parties become one graph: equal names are one entity, who says what stays, contradictions are disputed and not settled."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from fedviz.federation.together.names import normalised, triple_name
from fedviz.federation.together.options import TogetherOptions
from fedviz.federation.together.wire import Clear, Told
from fedviz.kg.store.memory import relation_name
from fedviz.kg.store.terms import is_iri


@dataclass(frozen=True)
class Fused:
    """The fused graph. `told`: its triples with what may be told of them; `said`: (party, triple) as they came, which under the private rule only the server knows."""

    told: tuple[Told, ...]
    said: tuple[tuple[int, Told], ...]


def fuse(rows: Iterable[tuple[int, Clear, int]], options: TogetherOptions) -> Fused:
    """The union of (party, triple, count it was released by). An entity takes the first IRI, by alphabet, of those that have its name."""
    rows = list(rows)
    iris: dict[str, str] = {}
    for _client, triple, _count in rows:
        for term, name in ((triple.head, triple.head_name), (triple.tail, triple.tail_name)):
            if is_iri(term):
                iris[normalised(name)] = min(iris.get(normalised(name), term), term)
    groups: defaultdict[str, list[tuple[int, Clear, int]]] = defaultdict(list)
    for client, triple, count in rows:
        groups[triple_name(triple.head_name, relation_name(triple.relation), triple.tail_name)].append((client, triple, count))
    objects: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    united: dict[str, tuple[Clear, tuple[int, ...], int]] = {}
    for key in sorted(groups):
        _client, first, count = min(groups[key], key=lambda row: row[1][:5])
        head, tail = (iris.get(normalised(name), term) for term, name in ((first.head, first.head_name), (first.tail, first.tail_name)))
        confidence = 1.0
        for _who, triple, _count in groups[key]:
            confidence *= 1 - triple.confidence
        best = first._replace(head=head, tail=tail, method=" ".join(sorted({row[1].method for row in groups[key]} - {""})), confidence=round(1 - confidence, 3))
        parties = tuple(sorted({row[0] for row in groups[key]}))
        united[key] = best, parties, count or len(parties)
        objects[head, best.relation].add(tail)
    told, said = [], []
    for key, (best, parties, count) in united.items():
        disputed = relation_name(best.relation) in options.functional and len(objects[best.head, best.relation]) > 1
        told.append(Told(best, () if options.rule == "private" else parties, count, disputed))
        said += [(client, Told(row._replace(head=best.head, tail=best.tail), (), count, disputed)) for client, row, _count in sorted(groups[key])]
    return Fused(tuple(told), tuple(said))

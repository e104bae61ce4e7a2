"""The k shortest simple paths between two entities of a store, on igraph; run by the worker, so that it can be ended."""

from collections.abc import Iterator, Sequence

import igraph

from fedviz.core.errors import InputError
from fedviz.kg.store import oxi
from fedviz.kg.store.terms import OWL, RDF, RDFS, is_iri

MAX_EDGES = 3_000_000
_SCHEMA = tuple(f"<{base}" for base in (OWL, RDFS, RDF))
_Network = tuple[igraph.Graph, dict[str, int], dict[tuple[int, int], list[str]]]
_KEPT: list[tuple[oxi.Store, tuple[object, ...], _Network]] = []
"""The network of the last question, with the store that it was made of (held, so that no other can be taken for it)."""


def shortest(
    store: oxi.Store, graphs: Sequence[str], start: str, end: str, count: int, relations: Sequence[str] | None, directed: bool
) -> list[list[tuple[str, str, str]]]:
    """At most `count` simple paths, shortest first, each as the statements along it (a statement may point either way unless `directed`).

    `relations`: terms of the predicates that may be used (None: all). Statements about the standard classes of OWL and RDF are no way between two
    things. Between neighbours the first relation by alphabet is named. Yen (1971), https://doi.org/10.1287/mnsc.17.11.712. `InputError` where an end occurs in no statement.
    """
    graph, index, between = _graph(store, graphs, None if relations is None else tuple(relations), directed)
    for term in (start, end):
        if term not in index:
            raise InputError(f"Nothing leads to or from {term[:120]} over these relations.")
    if start == end:
        raise InputError("A path leads from one entity to another, but both are the same.")
    names = graph.vs["name"]
    if graph.distances(index[start], index[end], mode="out")[0][0] == float("inf"):
        return []
    found = graph.get_k_shortest_paths(index[start], index[end], k=count, mode="out", output="vpath")
    unique = dict.fromkeys(tuple(path) for path in found if path)
    return [[_step(names, between, a, b, directed) for a, b in zip(path, path[1:], strict=False)] for path in unique]


def _step(names: Sequence[str], between: dict[tuple[int, int], list[str]], a: int, b: int, directed: bool) -> tuple[str, str, str]:
    if (a, b) in between:
        return names[a], min(between[a, b]), names[b]
    return names[b], min(between[b, a]), names[a]


def _graph(store: oxi.Store, graphs: Sequence[str], relations: tuple[str, ...] | None, directed: bool) -> _Network:
    key = (tuple(graphs), relations, directed)
    if not _KEPT or _KEPT[0][0] is not store or _KEPT[0][1] != key:
        index: dict[str, int] = {}
        between: dict[tuple[int, int], list[str]] = {}
        for subject, predicate, object in _edges(store, graphs, relations):
            pair = index.setdefault(subject, len(index)), index.setdefault(object, len(index))
            if predicate not in between.setdefault(pair, []):
                between[pair].append(predicate)
            if len(between) > MAX_EDGES:
                raise InputError(f"Paths are looked for among at most {MAX_EDGES:,} pairs of neighbours; choose fewer relations.")
        pairs = between if directed else {(min(pair), max(pair)) for pair in between}
        graph = igraph.Graph(n=len(index), edges=sorted(pairs), directed=directed)
        graph.vs["name"] = list(index)
        _KEPT[:] = [(store, key, (graph, index, between))]
    return _KEPT[0][2]


def _edges(store: oxi.Store, graphs: Sequence[str], relations: tuple[str, ...] | None) -> Iterator[tuple[str, str, str]]:
    for graph in graphs:
        for predicate in relations if relations is not None else (None,):
            for row, _graph in oxi.match(store, None, predicate, None, graph):
                if is_iri(row.object) and row.subject != row.object and not row.object.startswith(_SCHEMA) and not row.subject.startswith(_SCHEMA):
                    yield row

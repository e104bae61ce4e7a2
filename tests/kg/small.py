"""Small graphs for tests."""

from collections.abc import Iterable, Mapping

from hypothesis import strategies as st

from fedviz.core.types import Triple
from fedviz.kg.graph import IS_A, Entity, KnowledgeGraph


def graph_of(edges: Iterable[tuple[str, str]], names: Mapping[str, tuple[str, ...]] | None = None, entities: Iterable[str] = ()) -> KnowledgeGraph:
    """A graph of is_a edges (head, tail); `names[id]` gives the preferred name and the synonyms."""
    edges = tuple(edges)
    keys = sorted({*entities, *(names or {}), *(end for edge in edges for end in edge)})
    named = {key: (names or {}).get(key, (f"name of {key}",)) for key in keys}
    items = {key: Entity(key, some[0], tuple(some[1:])) for key, some in named.items()}
    return KnowledgeGraph("small", "a test", items, tuple(Triple(head, IS_A, tail) for head, tail in edges))


@st.composite
def hierarchies(draw: st.DrawFn, cycles: bool = False) -> KnowledgeGraph:
    """Graphs of up to twelve entities "a" ... "l": edges go up the alphabet, or with `cycles` anywhere."""
    keys = "abcdefghijkl"[: draw(st.integers(1, 12))]
    ends = st.tuples(st.sampled_from(keys), st.sampled_from(keys))
    edges = draw(st.lists(ends if cycles else ends.filter(lambda edge: edge[0] < edge[1]), max_size=25)) if len(keys) > 1 else []
    return graph_of(edges, entities=keys)

"""Which kind a node is of, for its colour and shape: the branch of the taxonomy it lies in, or else the entity's own kind."""

from dataclasses import dataclass
from functools import lru_cache

from fedviz.kg.branches import branches, branches_of
from fedviz.kg.graph import KnowledgeGraph


@dataclass(frozen=True)
class Kinds:
    """`names`: the kinds of a graph in an order that never depends on the view, so that a kind keeps its colour. `of(id)`: its index."""

    names: tuple[str, ...]
    by_entity: dict[str, int]

    def of(self, entity: str) -> int:
        """Index into `names`; -1 for what lies above all branches."""
        return self.by_entity.get(entity, -1)


@lru_cache(maxsize=8)
def kinds(graph: KnowledgeGraph) -> Kinds:
    """The kinds of a graph. An entity in several branches counts to the first by id; its card names all of them."""
    tops = branches(graph)
    if len(tops) > 1:
        index = {branch: position for position, branch in enumerate(tops)}
        found = {entity: branches_of(graph, entity) for entity in graph.entities}
        return Kinds(tuple(graph.entities[branch].name for branch in tops), {entity: index[some[0]] for entity, some in found.items() if some})
    names = tuple(sorted({entity.kind for entity in graph.entities.values()}))
    return Kinds(names, {key: names.index(entity.kind) for key, entity in graph.entities.items()})


_COLORS = (
    ("#332288", "#a99cf0"),
    ("#117733", "#66c285"),
    ("#aa4499", "#e39ad4"),
    ("#0077bb", "#5eb6f0"),
    ("#8a6d00", "#dcc04e"),
    ("#cc3311", "#f58a74"),
    ("#008577", "#4fd0c0"),
    ("#882255", "#d27fa3"),
)


def kind_colors(dark: bool = False) -> tuple[str, ...]:
    """Colours of kinds as `#rrggbb`. They repeat after eight; the shape (dot, square, diamond, triangle) then tells kinds apart.

    After Paul Tol's "muted" and "vibrant" schemes for the colour-blind (SRON/EPS/TN/09-002), with 3 to 1 or more against the page
    (WCAG 2.2, 1.4.11).
    """
    return tuple(pair[dark] for pair in _COLORS)

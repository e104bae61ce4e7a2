"""Where nodes lie on the page: the layout of a subgraph, and room for nodes that join a picture without moving the others."""

import math
from collections.abc import Mapping

from fedviz.kg.subgraph import Subgraph, layout

Place = tuple[float, float]
_GOLDEN = math.pi * (3 - math.sqrt(5))
_APART = 0.7


def places(subgraph: Subgraph, before: Mapping[str, Place] | None = None, around: str | None = None) -> dict[str, Place]:
    """A place for every node, in units of about one edge length.

    Nodes that have a place in `before` keep it; the others get free spots on a spiral about `around` (by default the first node
    that was there before), so that a picture grows without jumping. Without `before`, the force layout of `kg.subgraph`.
    """
    if not before or not any(node in before for node in subgraph.nodes):
        return layout(subgraph)
    placed = {node: before[node] for node in subgraph.nodes if node in before}
    anchor = placed.get(around or "", next(iter(placed.values())))
    cells = {_cell(place) for place in placed.values()}
    step = 1
    for node in subgraph.nodes:
        if node in placed:
            continue
        while True:
            radius, angle = 0.75 * math.sqrt(step), step * _GOLDEN
            spot = (anchor[0] + radius * math.cos(angle), anchor[1] + radius * math.sin(angle))
            step += 1
            if _cell(spot) not in cells:
                break
        cells.add(_cell(spot))
        placed[node] = (round(spot[0], 4), round(spot[1], 4))
    return placed


def _cell(place: Place) -> tuple[int, int]:
    return math.floor(place[0] / _APART), math.floor(place[1] / _APART)

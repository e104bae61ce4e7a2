"""Where nodes lie on the page: trees and rings for a taxonomy, forces for anything else, and room for nodes that join later."""

import math
from collections.abc import Mapping, Sequence

from fedviz.core.types import Triple
from fedviz.kg.graph import IS_A
from fedviz.kg.subgraph import Subgraph, layout

Place = tuple[float, float]
_GOLDEN = math.pi * (3 - math.sqrt(5))
_APART = 0.7
_GAP = 1.2
_ASPECT = 1.5
_FEW_LEAVES = 9
_LEAF = 1.75


def places(subgraph: Subgraph, before: Mapping[str, Place] | None = None, around: str | None = None) -> dict[str, Place]:
    """A place for every node, in units of about one edge length; y grows downwards, as on a screen.

    Nodes that have a place in `before` keep it; the others get free spots on a spiral about `around` (by default the first node
    that was there before), so that a picture grows without jumping. Without `before`, a taxonomy is drawn from the top downwards or, where it
    is wide, from the centre outwards (Reingold and Tilford 1981; Eades 1992, here over a spanning tree); other graphs by the force layout of
    `kg.subgraph`. Connected parts are packed into rows.
    """
    if before and any(node in before for node in subgraph.nodes):
        return _joined(subgraph, before, around)
    upwards = [triple for triple in subgraph.triples if triple.relation == IS_A]
    if not upwards or 2 * len(upwards) < len(subgraph.triples):
        return packed(layout(subgraph), subgraph.triples)
    drawn: dict[str, Place] = {}
    for part in _parts(subgraph.nodes, subgraph.triples):
        drawn |= _tree(part, upwards)
    return packed({node: drawn[node] for node in subgraph.nodes}, subgraph.triples)


def _tree(part: Sequence[str], upwards: Sequence[Triple]) -> dict[str, Place]:
    """A connected part as a tree (few leaves) or as rings (many): each node takes the room that its leaves need."""
    inside = set(part)
    below: dict[str, list[str]] = {node: [] for node in part}
    above: dict[str, list[str]] = {node: [] for node in part}
    for head, _relation, tail in upwards:
        if head in inside and tail in inside and head != tail:
            below[tail].append(head)
            above[head].append(tail)
    roots = [node for node in part if not above[node]] or [part[0]]
    kept: dict[str, list[str]] = {node: [] for node in part}
    depth: dict[str, int] = dict.fromkeys(roots, 0)
    queue = list(roots)
    for node in queue:
        for child in sorted(below[node]):
            if child not in depth:
                depth[child] = depth[node] + 1
                kept[node].append(child)
                queue.append(child)
    tops = roots + [node for node in part if node not in depth and depth.setdefault(node, 0) == 0]
    leaves: dict[str, int] = {}
    for node in reversed(queue):
        leaves[node] = sum(leaves[child] for child in kept[node]) or 1
    middle: dict[str, float] = {}
    left = 0.0
    waiting = [(node, 0.0) for node in reversed(tops)]
    for position, (node, _start) in enumerate(reversed(waiting)):
        waiting[len(waiting) - 1 - position] = (node, left)
        left += leaves.get(node, 1)
    while waiting:
        node, start = waiting.pop()
        middle[node] = start + leaves.get(node, 1) / 2
        for child in kept[node]:
            waiting.append((child, start))
            start += leaves[child]
    if left <= _FEW_LEAVES:
        return {node: (middle[node] * _LEAF, depth[node] * 1.2) for node in part}
    ends = sorted(depth[node] for node in part if not kept[node])
    step = max(1.0, left * 0.5 / (2 * math.pi * max(ends[len(ends) // 2], 1)))
    inner = 0.0 if len(roots) == 1 else step

    def ring(node: str) -> Place:
        angle = 2 * math.pi * middle[node] / left - math.pi / 2
        radius = inner + step * depth[node]
        return radius * math.cos(angle), radius * math.sin(angle)

    return {node: ring(node) for node in part}


def _joined(subgraph: Subgraph, before: Mapping[str, Place], around: str | None) -> dict[str, Place]:
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


def packed(drawn: Mapping[str, Place], triples: tuple[Triple, ...]) -> dict[str, Place]:
    """`drawn` with its connected parts moved (never turned or stretched) into rows, so that all fit a page of about 3 to 2."""
    parts = sorted(_parts(tuple(drawn), triples), key=lambda part: (-_height(drawn, part), part[0]))
    area = sum((_width(drawn, part) + _GAP) * (_height(drawn, part) + _GAP) for part in parts)
    widest = max((_width(drawn, part) for part in parts), default=0.0)
    row = max(math.sqrt(area * _ASPECT), widest)
    placed: dict[str, Place] = {}
    x = y = tallest = 0.0
    for part in parts:
        if x and x + _width(drawn, part) > row:
            x, y, tallest = 0.0, y + tallest + _GAP, 0.0
        left, top = (min(drawn[node][axis] for node in part) for axis in (0, 1))
        placed.update((node, (round(drawn[node][0] - left + x, 4), round(drawn[node][1] - top + y, 4))) for node in part)
        x += _width(drawn, part) + _GAP
        tallest = max(tallest, _height(drawn, part))
    return {node: placed[node] for node in drawn}


def _parts(nodes: Sequence[str], triples: Sequence[Triple]) -> list[list[str]]:
    """The connected parts, each in the order of `nodes`."""
    leader = {node: node for node in nodes}

    def find(node: str) -> str:
        while leader[node] != node:
            leader[node] = node = leader[leader[node]]
        return node

    for triple in triples:
        leader[find(triple.head)] = find(triple.tail)
    parts: dict[str, list[str]] = {}
    for node in nodes:
        parts.setdefault(find(node), []).append(node)
    return list(parts.values())


def _width(drawn: Mapping[str, Place], part: list[str]) -> float:
    return max(drawn[node][0] for node in part) - min(drawn[node][0] for node in part)


def _height(drawn: Mapping[str, Place], part: list[str]) -> float:
    return max(drawn[node][1] for node in part) - min(drawn[node][1] for node in part)


def _cell(place: Place) -> tuple[int, int]:
    return math.floor(place[0] / _APART), math.floor(place[1] / _APART)

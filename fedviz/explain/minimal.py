"""A smallest set of triples of the graph whose removal changes an answer.

A summand goes when every path to it is broken, so that removals do not add up: this is a covering problem. Up to `EXACT` triples all sets are looked at,
from small to large; beyond, the greedy set is given with a bound that no smaller set can beat. Removal is masking: the weights stay.
"""

from collections.abc import Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from fedviz.core.types import Record, Triple
from fedviz.explain.above import is_path, survives
from fedviz.explain.removal import Removal

EXACT = 20
"""Up to so many triples the smallest set is found for certain."""


class SmallestSet(Record):
    """`triples` change the answer to class `target`, which is then ahead by `margin`; no set of fewer than `at_least` triples changes it.

    Without `triples` none was found, and `exact` says whether there is none. Else `exact`: there is none smaller. `ran`: the answer of the model's own
    forward pass without them.
    """

    triples: tuple[Triple, ...]
    target: int
    margin: float
    at_least: int
    exact: bool
    ran: int


def smallest_set(removal: Removal) -> SmallestSet:
    """A smallest set. The answer that it changes is that of the text with all its triples."""
    whole = removal.logits((), "mask")
    answer = int(np.argmax(whole))
    units, gains = _units(removal)
    bounds = {target: bound for target in range(len(whole)) if target != answer and (bound := _least(gains[:, answer, target], whole[answer] - whole[target]))}
    if not bounds:
        return SmallestSet(triples=(), target=answer, margin=0.0, at_least=0, exact=True, ran=answer)
    found = [(keys, target) for target in bounds if (keys := _greedy(removal, units, answer, target))]
    keys, target = min(found, key=lambda one: (len(one[0]), -_margin(removal, one[0], answer, one[1])), default=((), answer))
    at_least, exact = min(bounds.values()), len(units) <= EXACT
    if exact and (not keys or at_least < len(keys)):
        keys, target = _exhaustive(removal, units, answer, at_least, len(keys) if keys else len(units) + 1) or (keys, target)
        at_least = len(keys)
    terms = [term for term in removal.reading.terms if survives(removal.above, term.triple, keys)]
    return SmallestSet(
        triples=tuple(sorted(keys)),
        target=target,
        margin=_margin(removal, keys, answer, target),
        at_least=at_least,
        exact=exact or (bool(keys) and at_least == len(keys)),
        ran=int(np.argmax(removal.predictor.logits(removal.reading, terms))),
    )


def _least(gains: NDArray[np.float64], need: float) -> int:
    """How many triples at least must go: as many as would do if each took all that it can; 0 where all together do not."""
    enough = np.flatnonzero(np.cumsum(np.sort(gains)[::-1]) > need)
    return int(enough[0]) + 1 if len(enough) else 0


def _units(removal: Removal) -> tuple[tuple[Triple, ...], NDArray[np.float64]]:
    """The triples that stand in a path, and for each the greatest that its removal together with any others can take [triples, classes, classes]."""
    units = removal.triples
    terms = [term for term in removal.reading.terms if is_path(term.triple)]
    values = np.stack([removal.predictor.values(term) for term in terms]) if terms else np.zeros((0, len(removal.predictor.classes)))
    touches = np.zeros((len(units), len(terms)), bool)
    up = {node: removal.above.reach(node) | {node} for node in removal.above.parents}
    for row, unit in enumerate(units):
        for column, term in enumerate(terms):
            head, tail = term.triple.head, term.triple.tail
            touches[row, column] = unit.head in up[head] and tail in up[unit.tail]
    favour = np.maximum(values[:, :, None] - values[:, None, :], 0)
    return units, np.einsum("ut,tab->uab", touches.astype(float), favour)


def _margin(removal: Removal, removed: Sequence[Triple], answer: int, target: int) -> float:
    logits = removal.logits(removed, "mask")
    return float(logits[target] - logits[answer])


def _greedy(removal: Removal, units: tuple[Triple, ...], answer: int, target: int) -> tuple[Triple, ...]:
    """Triple by triple what brings the class nearest, then without those that turned out idle; empty where that does not change the answer."""
    removed: list[Triple] = []
    while _margin(removal, removed, answer, target) <= 0:
        options = [unit for unit in units if unit not in removed]
        if not options:
            return ()
        removed.append(max(options, key=lambda unit: (_margin(removal, [*removed, unit], answer, target), unit)))
    for unit in sorted(removed):
        rest = [other for other in removed if other != unit]
        if _margin(removal, rest, answer, target) > 0:
            removed = rest
    return tuple(removed)


def _exhaustive(removal: Removal, units: tuple[Triple, ...], answer: int, at_least: int, known: int) -> tuple[tuple[Triple, ...], int] | None:
    """The best of the smallest sets with fewer than `known` triples that change the answer."""
    terms = removal.reading.terms
    place = {unit: number for number, unit in enumerate(units)}
    values = np.stack([removal.predictor.values(term) for term in terms])
    masks = [[sum(1 << place[step] for step in path) for path in removal.above.paths(*term.triple[::2])] if is_path(term.triple) else [0] for term in terms]
    for size in range(at_least, known):
        sets = np.array([sum(1 << number for number in chosen) for chosen in combinations(range(len(units)), size)], np.int64)
        logits = np.tile(removal.reading.text_logits, (len(sets), 1))
        for value, paths in zip(values, masks, strict=True):
            alive = np.zeros(len(sets), bool)
            for path in paths:
                alive |= (sets & path) == 0
            logits += alive[:, None] * value
        ahead = logits - logits[:, [answer]]
        ahead[:, answer] = -np.inf
        row, target = np.unravel_index(int(np.argmax(ahead)), ahead.shape)
        if ahead[row, target] > 0:
            return tuple(unit for number, unit in enumerate(units) if int(sets[row]) >> number & 1), int(target)
    return None

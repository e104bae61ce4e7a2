"""A graph as numbers: entities and relations by index, triples as rows, and quick answers to "is this triple known?"."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fedviz.core import seeds
from fedviz.core.errors import InputError

Rows = NDArray[np.int64]
"""Triples as int64 [n, 3]: head, relation, tail by index."""
_DENSE = 1 << 24
"""Bytes of a table that is worth its memory."""


@dataclass(frozen=True, eq=False)
class Indexed:
    """`rows` speak of `entities` and `relations` by their place in these."""

    entities: tuple[str, ...]
    relations: tuple[str, ...]
    rows: Rows


@dataclass(frozen=True, eq=False)
class Parts:
    """Triples to learn from, to stop by, and to judge by: disjoint rows of one graph."""

    train: Rows
    valid: Rows
    test: Rows


def indexed(triples: Iterable[tuple[str, str, str]]) -> Indexed:
    """Triples (head, relation, tail) as numbers: names sorted, each triple once, in the order of its numbers. `InputError` where there are none."""
    unique = sorted(set(triples))
    if not unique:
        raise InputError("Links can be predicted only where a graph has triples between entities, but this one has none.")
    entities = sorted({end for head, _relation, tail in unique for end in (head, tail)})
    relations = sorted({relation for _head, relation, _tail in unique})
    place, kind = {name: number for number, name in enumerate(entities)}, {name: number for number, name in enumerate(relations)}
    rows = np.array([(place[head], kind[relation], place[tail]) for head, relation, tail in unique], dtype=np.int64)
    return Indexed(tuple(entities), tuple(relations), rows)


def split(rows: Rows, share: float, seed: int) -> Parts:
    """Hold out a share of the triples for `valid` and as many for `test`; every entity and relation that these name stays in `train` too.

    A triple is held out only while each of its three names is left elsewhere, so that very sparse graphs may give fewer than asked.
    """
    wanted = int(share * len(rows))
    ends = np.bincount(np.concatenate([rows[:, 0], rows[:, 2]]))
    kinds = np.bincount(rows[:, 1])
    held: list[int] = []
    for place in seeds.generator(seed, "embed", "split").permutation(len(rows)):
        if len(held) == 2 * wanted:
            break
        head, relation, tail = rows[place]
        if min(ends[head], ends[tail]) > (2 if head == tail else 1) and kinds[relation] > 1:
            held.append(place)
            ends[head] -= 1
            ends[tail] -= 1
            kinds[relation] -= 1
    chosen = np.array(held, dtype=np.int64)
    keep = np.ones(len(rows), dtype=bool)
    keep[chosen] = False
    return Parts(rows[keep], rows[chosen[::2]], rows[chosen[1::2]])


class Known:
    """A set of triples that answers for many at once: from a table of bits where that is small, else by bisection."""

    def __init__(self, rows: Rows, entities: int, relations: int) -> None:
        self._entities, self._relations = entities, relations
        self._keys = np.unique(self._key(rows[:, 0], rows[:, 1], rows[:, 2]))
        self._table: NDArray[np.bool_] | None = None
        if entities * relations * entities <= _DENSE:
            self._table = np.zeros(entities * relations * entities, dtype=bool)
            self._table[self._keys] = True

    def holds(self, heads: Rows, relations: Rows, tails: Rows) -> NDArray[np.bool_]:
        """Which triples are known; the three arrays are broadcast against each other."""
        asked = self._key(heads, relations, tails)
        if self._table is not None:
            return self._table[asked]
        if not len(self._keys):
            return np.zeros(asked.shape, dtype=bool)
        place = np.minimum(np.searchsorted(self._keys, asked), len(self._keys) - 1)
        return self._keys[place] == asked

    def _key(self, heads: Rows, relations: Rows, tails: Rows) -> Rows:
        return (heads * self._relations + relations) * self._entities + tails

"""One party of a federated question: it holds its statements, knows the parties' common key, and answers by keyed ids.

An id is 64 bits of keyed BLAKE2b over the term. The parties share the key; the asker does not have it, so that it can join ids and not guess the names
behind them. **Whoever has the key can: a dictionary of likely names turns ids back into names, so that a leaked key, or a party that hands it to the asker, ends this
protection.** The asker also sees how often an id occurs.
"""

import hashlib
from collections.abc import Collection, Iterable
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from fedviz.core.errors import RunError
from fedviz.federation.asking.question import Pattern, is_variable
from fedviz.kg.store.terms import Statement

Ids = NDArray[np.uint64]
_PLACES = ("subject", "predicate", "object")


class Names(NamedTuple):
    """What a party says about ids: `names` of those it holds and may name, by id; `held_back`: ids that it holds and does not name."""

    names: dict[int, str]
    held_back: frozenset[int]


def keyed_id(term: str, key: bytes) -> int:
    """The id of a term: 64 bits of BLAKE2b keyed with at most 64 bytes."""
    return int.from_bytes(hashlib.blake2b(term.encode(), digest_size=8, key=key).digest(), "little")


class Asked(Protocol):
    """Whoever can be asked: a party in this process, or its stand-in for one that is away."""

    name: str

    @property
    def triples(self) -> int:
        """How many statements it holds."""
        ...

    def count(self, pattern: Pattern) -> int:
        """How many of its statements fit a pattern."""
        ...

    def bindings(self, pattern: Pattern) -> Ids:
        """All solutions of a pattern."""
        ...

    def joined(self, pattern: Pattern, shared: tuple[str, ...], asked: Ids) -> tuple[NDArray[np.int64], Ids]:
        """Solutions that fit what is known."""
        ...

    def named(self, ids: Ids) -> Names:
        """The names behind ids."""
        ...


class Party:
    """A party's graph, to be asked. `hidden`: terms that it never names to anybody else, not even where another party would."""

    def __init__(self, name: str, statements: Iterable[Statement], key: bytes, hidden: Collection[str] = ()) -> None:
        self.name = name
        rows = sorted(set(statements))
        self._key = key
        self._terms = {keyed_id(term, key): term for row in rows for term in row}
        back = {term: number for number, term in self._terms.items()}
        if len(back) != len({term for row in rows for term in row}):
            raise RunError("Two terms of a party have the same keyed id; choose another key.")
        self._hidden = frozenset(back[term] for term in hidden if term in back)
        self._rows = np.array([[back[term] for term in row] for row in rows], dtype=np.uint64).reshape(-1, 3)

    @property
    def triples(self) -> int:
        """How many statements it holds."""
        return len(self._rows)

    def count(self, pattern: Pattern) -> int:
        """How many of its statements fit a pattern."""
        return int(self._fitting(pattern).sum())

    def bindings(self, pattern: Pattern) -> Ids:
        """All solutions of a pattern: ids [n, variables] in the order of the pattern's variables, each once."""
        return np.unique(self._columns(pattern, pattern.variables), axis=0)

    def joined(self, pattern: Pattern, shared: tuple[str, ...], asked: Ids) -> tuple[NDArray[np.int64], Ids]:
        """Solutions whose values of the `shared` variables are among the rows of `asked` [m, shared]: (which row [n], the other variables' ids [n, rest])."""
        rest = tuple(name for name in pattern.variables if name not in shared)
        mine = np.unique(self._columns(pattern, (*shared, *rest)), axis=0)
        places = rows_in(mine[:, : len(shared)], asked)
        return places[places >= 0], mine[places >= 0, len(shared) :]

    def named(self, ids: Ids) -> Names:
        """The names behind ids, where the party holds them and may say them."""
        held = [int(number) for number in ids if int(number) in self._terms]
        return Names({number: self._terms[number] for number in held if number not in self._hidden}, frozenset(held) & self._hidden)

    def _fitting(self, pattern: Pattern) -> NDArray[np.bool_]:
        fits = np.ones(len(self._rows), dtype=bool)
        first: dict[str, int] = {}
        for place, term in enumerate(pattern):
            if not is_variable(term):
                fits &= self._rows[:, place] == np.uint64(keyed_id(term, self._key))
            elif term in first:
                fits &= self._rows[:, place] == self._rows[:, first[term]]
            else:
                first[term] = place
        return fits

    def _columns(self, pattern: Pattern, names: tuple[str, ...]) -> Ids:
        return self._rows[self._fitting(pattern)][:, [pattern.index(name) for name in names]]


def rows_in(rows: Ids, among: Ids) -> NDArray[np.int64]:
    """For each row its place among other rows that are all different, or -1 where it is none of them."""
    if not rows.shape[1]:
        return np.zeros(len(rows), dtype=np.int64) if len(among) else np.full(len(rows), -1)
    place = {row.tobytes(): number for number, row in enumerate(np.ascontiguousarray(among))}
    return np.array([place.get(row.tobytes(), -1) for row in np.ascontiguousarray(rows)], dtype=np.int64)

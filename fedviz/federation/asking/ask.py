"""The asker: takes a question apart, asks each party for one pattern after the other, joins what comes back, and keeps who said what.

The order is by how many statements fit a pattern, those that share a variable with what is known first (Stocker et al. 2008, SPARQL Basic Graph Pattern
Optimization Using Selectivity Estimation). A pattern that shares variables is asked by a semi-join (Bernstein and Chiu 1981): the asker sends the ids that are still
possible and gets back only what fits them, unless the pattern's own solutions are fewer. Every number, id and name that moves is counted.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from fedviz.core.errors import InputError
from fedviz.federation.asking.party import Asked, Ids, rows_in
from fedviz.federation.asking.question import Pattern, Question, is_variable

MAX_ROWS = 200_000


class Said(NamedTuple):
    """One exchange: what for ("count", "bindings", "semi-join", "names"), which pattern (its place; None for names), with whom, and how many values went each way."""

    kind: str
    pattern: int | None
    party: int
    sent: int
    got: int
    rows: int


class Cell(NamedTuple):
    """A value of an answer: its id, and its name where the asker may have it."""

    id: int
    name: str | None


class Support(NamedTuple):
    """A triple that a row rests on: its terms as cells, and which parties hold it."""

    pattern: int
    triple: tuple[Cell, Cell, Cell]
    parties: tuple[int, ...]


class Answered(NamedTuple):
    """An answer: `rows` by the question's wanted variables, `proofs` (for each row, what one solution of it rests on), all exchanges, and the order of the patterns."""

    variables: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    proofs: tuple[tuple[Support, ...], ...]
    said: tuple[Said, ...]
    order: tuple[int, ...]
    shipped: int

    @property
    def moved(self) -> int:
        """Values that moved, both ways and all parties."""
        return sum(each.sent + each.got for each in self.said)

    @property
    def share(self) -> float:
        """Values that moved, as a share of shipping all graphs to the asker (three values a triple)."""
        return self.moved / max(1, self.shipped)

    def by_party(self, parties: int) -> tuple[tuple[int, int], ...]:
        """(values sent to it, values got from it) of each party."""
        return tuple((sum(e.sent for e in self.said if e.party == k), sum(e.got for e in self.said if e.party == k)) for k in range(parties))


def ask(asked: Question, parties: Sequence[Asked], rows: int = MAX_ROWS) -> Answered:
    """The answer over all parties' graphs together, without any of them leaving its party. `InputError` where more than `rows` solutions would have to be kept at once."""
    said: list[Said] = []
    counts = np.zeros((len(asked.patterns), len(parties)), dtype=np.int64)
    for place, pattern in enumerate(asked.patterns):
        for number, party in enumerate(parties):
            counts[place, number] = party.count(pattern)
            said.append(Said("count", place, number, pattern.constants, 1, 0))
    order = planned(asked.patterns, counts.sum(1))
    names: tuple[str, ...] = ()
    table: Ids = np.zeros((1, 0), dtype=np.uint64)
    support: dict[int, dict[bytes, set[int]]] = {}
    for place in order:
        pattern = asked.patterns[place]
        held = _held(place, pattern, names, table, parties, counts[place], said)
        support[place] = held
        names, table = _join(names, table, pattern.variables, held, rows)
        if not len(table):
            break
    wanted = [names.index(name) for name in asked.select] if len(table) else []
    chosen = _distinct(table[:, wanted]) if len(table) else np.zeros(0, dtype=np.int64)
    named = _names(np.unique(table[chosen]) if len(chosen) else np.zeros(0, np.uint64), parties, said)

    cells = {int(number): Cell(int(number), named.get(int(number))) for number in np.unique(table[chosen])} if len(chosen) else {}
    solutions = [[cells[int(number)] for number in row] for row in table[chosen]]
    found = tuple(tuple(row[column] for column in wanted) for row in solutions)
    supported = [_supports(place, asked.patterns[place], names, table[chosen], solutions, support[place]) for place in range(len(asked.patterns))] if len(chosen) else []
    proofs = tuple(zip(*supported, strict=True))
    return Answered(asked.select, found, proofs, tuple(said), order, 3 * sum(party.triples for party in parties))


def planned(patterns: Sequence[Pattern], counts: Sequence[int]) -> tuple[int, ...]:
    """The order in which patterns are asked: fewest statements first, and then always one that shares a variable, as long as there is one."""
    left, known, order = set(range(len(patterns))), set[str](), []
    while left:
        best = min(left, key=lambda place: (bool(order) and not known & set(patterns[place].variables), counts[place], place))
        left.remove(best)
        order.append(best)
        known |= set(patterns[best].variables)
    return tuple(order)


def _held(place: int, pattern: Pattern, names: tuple[str, ...], table: Ids, parties: Sequence[Asked], counts: np.ndarray, said: list[Said]) -> dict[bytes, set[int]]:
    """Who holds which solution of a pattern, as far as it fits what is known: parties by the solution's ids."""
    shared = tuple(name for name in pattern.variables if name in names)
    possible = np.unique(table[:, [names.index(name) for name in shared]], axis=0)
    held: dict[bytes, set[int]] = {}
    for number, party in enumerate(parties):
        if not counts[number]:
            continue
        whole = int(counts[number]) * len(pattern.variables)
        if shared and possible.size < whole:
            which, rest = party.joined(pattern, shared, possible)
            found = np.concatenate([possible[which], rest], axis=1)[:, [(*shared, *(n for n in pattern.variables if n not in shared)).index(name) for name in pattern.variables]]
            said.append(Said("semi-join", place, number, possible.size + pattern.constants, len(which) + rest.size, len(which)))
        else:
            found = party.bindings(pattern)
            said.append(Said("bindings", place, number, pattern.constants, max(1, found.size), len(found)))
        for row in np.ascontiguousarray(found):
            held.setdefault(row.tobytes(), set()).add(number)
    return held


def _join(names: tuple[str, ...], table: Ids, variables: tuple[str, ...], held: dict[bytes, set[int]], most: int) -> tuple[tuple[str, ...], Ids]:
    """The solutions so far, extended by those of a pattern that agree with them."""
    found = np.frombuffer(b"".join(held), dtype=np.uint64).reshape(len(held), len(variables))
    shared = tuple(name for name in variables if name in names)
    fresh = tuple(name for name in variables if name not in names)
    here, there = [names.index(name) for name in shared], [variables.index(name) for name in shared]
    keys = np.unique(found[:, there], axis=0) if len(found) else found[:, there]
    mine, theirs = rows_in(table[:, here], keys), rows_in(found[:, there], keys)
    groups: dict[int, list[int]] = {}
    for row, key in enumerate(theirs):
        groups.setdefault(int(key), []).append(row)
    pairs = [(left, right) for left, key in enumerate(mine) if key >= 0 for right in groups.get(int(key), ())]
    if len(pairs) > most:
        raise InputError(f"The question has more than {most:,} solutions on its way; make it narrower.")
    left, right = (np.array(side, dtype=np.int64) for side in zip(*pairs, strict=True)) if pairs else (np.zeros(0, np.int64),) * 2
    return (*names, *fresh), np.concatenate([table[left], found[right][:, [variables.index(name) for name in fresh]]], axis=1)


def _names(ids: Ids, parties: Sequence[Asked], said: list[Said]) -> dict[int, str]:
    """Names that the asker may have: some party says it, and none that holds the id keeps it back."""
    named: dict[int, str] = {}
    held_back: set[int] = set()
    for number, party in enumerate(parties if len(ids) else ()):
        told = party.named(ids)
        named |= told.names
        held_back |= told.held_back
        said.append(Said("names", None, number, len(ids), len(told.names) + len(told.held_back), len(told.names)))
    return {number: name for number, name in named.items() if number not in held_back}


def _distinct(rows: Ids) -> np.ndarray:
    return np.sort(np.unique(rows, axis=0, return_index=True)[1]) if rows.shape[1] else np.arange(min(1, len(rows)))


def _supports(place: int, pattern: Pattern, names: tuple[str, ...], rows: Ids, solutions: Sequence[Sequence[Cell]], held: dict[bytes, set[int]]) -> list[Support]:
    """What each solution rests on, for one pattern."""
    keys = np.ascontiguousarray(rows[:, [names.index(name) for name in pattern.variables]])
    terms = [names.index(term) if is_variable(term) else Cell(0, term) for term in pattern]
    triples = [tuple(term if isinstance(term, Cell) else row[term] for term in terms) for row in solutions]
    return [Support(place, triple, tuple(sorted(held[key.tobytes()]))) for triple, key in zip(triples, keys, strict=True)]  # type: ignore[arg-type]

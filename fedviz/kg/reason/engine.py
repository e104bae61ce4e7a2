"""Rules run to a fixed point, semi-naively, by SPARQL over a store in memory: each round asks only for conclusions that need something new.

Bancilhon (1986): Naive evaluation of recursively defined relations; Abiteboul, Hull, Vianu: Foundations of Databases, chapter 13.
"""

import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, NamedTuple

from pydantic import Field

from fedviz.core.errors import InputError
from fedviz.core.options import Options
from fedviz.kg.reason.rules import Pattern, Rule
from fedviz.kg.store import oxi
from fedviz.kg.store.change import Cancelled
from fedviz.kg.store.terms import FEDVIZ, Statement, is_iri

MAX_GIVEN = 2_000_000
MAX_PROOFS = 4
"""Proofs that are kept for a conclusion. More may exist: taking a premise back looks for them, so that no conclusion is lost that has one."""
_ALL, _DELTA, _GIVEN = (f"{FEDVIZ}{name}" for name in ("all", "delta", "given"))
_CHUNK = 50_000


class Limits(Options):
    """What deriving may take; where it would take more, nothing is derived, and that is said."""

    derived: Annotated[int, Field(ge=1, le=2_000_000, title="Most conclusions", description="Rules that would conclude more are stopped, and the graph stays as it is.")] = 250_000
    time_s: Annotated[float, Field(gt=0, le=3600, title="Time limit in seconds", description="Rules that take longer are stopped, and the graph stays as it is.")] = 600.0


class Proof(NamedTuple):
    """One way to a conclusion: the rule, and the statements that its patterns matched, in their order."""

    rule: str
    premises: tuple[Statement, ...]


@dataclass
class Watch:
    """What tells how far the work is (conclusions so far, rounds) and whether to stop."""

    limits: Limits = field(default_factory=Limits)
    progress: Callable[[int, int], None] = lambda derived, round: None
    cancelled: Callable[[], bool] = lambda: False
    started: float = field(default_factory=time.monotonic)

    def check(self, derived: int) -> None:
        """Raise where somebody has cancelled or a limit is passed."""
        if self.cancelled():
            raise Cancelled("Deriving was cancelled; the graph is as it was before.")
        if derived > self.limits.derived:
            raise InputError(f"These rules conclude more than {self.limits.derived:,} statements; choose fewer rules or allow more. The graph is as it was before.")
        if time.monotonic() - self.started > self.limits.time_s:
            raise InputError(f"These rules take longer than {self.limits.time_s:g} s; choose fewer rules or allow more time. The graph is as it was before.")


class Closure:
    """What rules conclude from given statements: `proofs` has each conclusion with one to `MAX_PROOFS` proofs; the first one rests on earlier conclusions alone."""

    def __init__(self, rules: Sequence[Rule], blocked: Collection[Statement] = (), watch: Watch | None = None) -> None:
        self.rules = tuple(rules)
        self.blocked = blocked
        self.watch = watch or Watch()
        self.proofs: dict[Statement, list[Proof]] = {}
        self.rounds = 0
        self._given: set[Statement] = set()
        self._store = oxi.in_memory()
        self._names = [f"{FEDVIZ}else:{number}" for number in range(len(self.rules))]

    def give(self, statements: Iterable[Statement]) -> None:
        """Add what sources say, or conclusions that are known to hold; `InputError` where it is too much to keep in memory."""
        fresh = [row for row in dict.fromkeys(statements) if row not in self._given]
        self._given.update(fresh)
        if len(self._given) > MAX_GIVEN:
            raise InputError(f"Rules work on at most {MAX_GIVEN:,} statements; choose rules that name their relations, or a smaller graph.")
        for start in range(0, len(fresh), _CHUNK):
            self._insert(fresh[start : start + _CHUNK], None)

    def run(self) -> None:
        """Apply all rules until nothing new follows. Raises what `Watch.check` raises."""
        new = self._round(None)
        while new:
            oxi.drop(self._store, _DELTA)
            oxi.insert(self._store, new, _DELTA)
            for number, rule in enumerate(self.rules):
                self._insert([row for row in new if self.proofs[row][0].rule == rule.name], number)
            new = self._round(new)

    def _round(self, delta: list[Statement] | None) -> list[Statement]:
        self.rounds += 1
        new: dict[Statement, None] = {}
        predicates = {row.predicate for row in delta or ()}
        for number, rule in enumerate(self.rules):
            for place in range(len(rule.body)) if delta is not None else (None,):
                if place is not None and not _touches(rule.body[place], predicates):
                    continue
                for count, (head, proof) in enumerate(self._solutions(number, rule, place, {})):
                    if count % 1024 == 0:
                        self.watch.check(len(self.proofs))
                        self.watch.progress(len(self.proofs), self.rounds)
                    self._note(head, proof, new)
        self.watch.check(len(self.proofs))
        return list(new)

    def _note(self, head: Statement, proof: Proof, new: dict[Statement, None]) -> None:
        if head in proof.premises or head in self._given or head in self.blocked:
            return
        known = self.proofs.get(head)
        if known is None:
            self.proofs[head] = [proof]
            new[head] = None
        elif len(known) < MAX_PROOFS and proof not in known:
            known.append(proof)

    def _solutions(self, number: int, rule: Rule, place: int | None, bound: dict[str, str]) -> Iterator[tuple[Statement, Proof]]:
        names = [name for name in rule.variables if f"?{name}" not in bound]
        answer = oxi.ask(self._store, self._query(number, rule, place, names), [_ALL], named=(_DELTA, _GIVEN, *self._names))
        rows: Iterable[tuple[str | None, ...]] = answer.rows if answer.holds is None else ([()] if answer.holds else [])
        terms = [*(f"?{name}" for name in names), *bound]
        constants = list(bound.values())
        places: list[tuple[int, int, int]] = []
        for pattern in (rule.head, *rule.body):
            for term in pattern[:3]:
                if term not in terms:
                    terms.append(term)
                    constants.append(term)
            places.append(tuple(terms.index(term) for term in pattern[:3]))
        (s, p, o), *body = places
        tail = tuple(constants)
        for row in rows:
            full: tuple[Any, ...] = row + tail  # every variable of a rule is in its body, so that none is unbound
            if is_iri(full[s]) and is_iri(full[p]):
                yield Statement(full[s], full[p], full[o]), Proof(rule.name, tuple([Statement(full[a], full[b], full[c]) for a, b, c in body]))

    def _query(self, number: int, rule: Rule, place: int | None, names: list[str]) -> str:
        parts = []
        for at in sorted(range(len(rule.body)), key=lambda at: at != place):
            pattern = rule.body[at]
            bare = f"{pattern.subject} {pattern.predicate} {pattern.object} ."
            where = {"all": None, "given": _GIVEN, "else": self._names[number]}[pattern.where]
            if at == place:
                parts.append(f"GRAPH <{_DELTA}> {{ {bare} }}")
                if where is None:
                    continue
            parts.append(bare if where is None else f"GRAPH <{where}> {{ {bare} }}")
        parts += [f"FILTER({text})" for text in rule.filters]
        return (f"SELECT {' '.join(f'?{name}' for name in names)}" if names else "ASK") + f" {{ {' '.join(parts)} }}"

    def _insert(self, rows: list[Statement], made_by: int | None) -> None:
        """Into the graphs that patterns look at; `made_by`: the number of the rule that concluded them (None: they are given)."""
        if not rows:
            return
        oxi.insert(self._store, rows, _ALL)
        patterns = [(number, pattern) for number, rule in enumerate(self.rules) for pattern in rule.body]
        if made_by is None and (given := [pattern for _number, pattern in patterns if pattern.where == "given"]):
            oxi.insert(self._store, [row for row in rows if any(fits(pattern, row) for pattern in given)], _GIVEN)
        for number, pattern in patterns:
            if pattern.where == "else" and number != made_by:
                oxi.insert(self._store, [row for row in rows if fits(pattern, row)], self._names[number])


def needed(rules: Iterable[Rule]) -> tuple[str, ...] | None:
    """The predicates that the rules look at or conclude; None for all."""
    found = {pattern.predicate for rule in rules for pattern in (rule.head, *rule.body)}
    return None if any(term.startswith("?") for term in found) else tuple(sorted(found))


def _touches(pattern: Pattern, predicates: set[str]) -> bool:
    return pattern.where != "given" and (pattern.predicate.startswith("?") or pattern.predicate in predicates)


def fits(pattern: Pattern, row: Statement) -> bool:
    """Whether a statement has the constants of a pattern."""
    return all(term.startswith("?") or term == said for term, said in zip(pattern[:3], row, strict=True))


def unify(pattern: Pattern, row: Statement) -> dict[str, str] | None:
    """What the variables of a pattern are where it matches a statement; None where it does not."""
    bound: dict[str, str] = {}
    for term, said in zip(pattern[:3], row, strict=True):
        if term.startswith("?"):
            if bound.setdefault(term, said) != said:
                return None
        elif term != said:
            return None
    return bound


def bind(pattern: Pattern, bound: dict[str, str]) -> Pattern:
    """A pattern with its variables replaced, as far as they are bound."""
    return Pattern(*(bound.get(term, term) for term in pattern[:3]), where="all" if pattern.where == "else" else pattern.where)

"""Truth maintenance: when a premise is taken back, exactly those conclusions go that have no other proof.

The conclusions that stored proofs still carry, from what is given, are a least fixed point (so that two conclusions that only prove each other fall
together); for those that are left, other proofs are looked for, one step at a time. The result equals deriving from scratch.
After Gupta, Mumick, Subrahmanian: Maintaining views incrementally (SIGMOD 1993), delete and rederive, here with the proofs that are kept.
"""

from collections.abc import Collection, Iterable, Mapping

from fedviz.core.errors import InputError
from fedviz.core.types import Record
from fedviz.kg.reason.derive import READER, Confidences, RuleSet, as_evidence, blocked, keep, refresh, rule_set, state
from fedviz.kg.reason.engine import Proof, Watch, fits
from fedviz.kg.reason.ground import Ground
from fedviz.kg.store.change import Change, change
from fedviz.kg.store.store import GraphStore
from fedviz.kg.store.terms import Statement


class Settled(Record):
    """What taking back has done: conclusions that went, and those that stay by another proof than before."""

    retracted: tuple[Statement, ...] = ()
    proved_anew: tuple[Statement, ...] = ()


def reject(name: str, statements: Iterable[Statement], why: str = "") -> Settled:
    """Reject statements in every source that says them, and take back what hung on them; one version. `InputError` where nobody says one."""
    store = GraphStore(name)
    chosen = tuple(dict.fromkeys(statements))
    said = {row: [key for _same, key, _status in store.said(*row, statuses=("asserted", "disputed", "derived"))] for row in chosen}
    for row, keys in said.items():
        if not keys:
            raise InputError(f"The graph {name!r} does not say {row.line.decode().strip()[:200]}.")
    known = rule_set(store)
    current = known is not None and known.given == state(store)
    lost, anew = _without(store, known, frozenset(chosen), blocked(store) | said.keys()) if known is not None else (set(), {})
    before = store.digest
    with change(name, why or f"Rejected {len(chosen)} by hand") as write:
        if write.info.digest != before:
            raise InputError(f"The graph {name!r} was changed by somebody else meanwhile; try again.")
        for row, keys in said.items():
            for key in keys:
                write.set_status(key, [row], "rejected")
        if known is not None:
            _write(write, store, known, lost, anew)
    if known is not None and current:
        keep(store, known.model_copy(update={"given": state(store)}))
    return Settled(retracted=tuple(sorted(lost)), proved_anew=tuple(sorted(anew)))


def current(name: str) -> RuleSet | None:
    """The rules behind a graph's conclusions where those are what follows from the graph as it is now; to be asked before a change that `follow` is to follow."""
    store = GraphStore(name)
    known = rule_set(store)
    return known if known is not None and known.given == state(store) else None


def follow(name: str, before: RuleSet | None, changed: Iterable[Statement], watch: Watch | None = None) -> Settled:
    """Make conclusions follow statements whose status has just been changed. `before`: what `current` said before that change.

    What is no longer asserted takes with it what hung on it, which costs no more than that. Where something became a premise that a rule can use, the rules run again.
    """
    store = GraphStore(name)
    known = rule_set(store)
    rows = tuple(dict.fromkeys(changed))
    if known is None or not rows:
        return Settled()
    sources = [source.key for source in store.info.sources if source.reader != READER]
    standing = {row for row in rows if next(store.match(*row, statuses=("asserted",), sources=sources), None) is not None}
    refused = blocked(store)
    gone = frozenset(rows) - standing
    if before is not None and any(fits(pattern, row) for row in standing for rule in known.rules for pattern in rule.body):
        refresh(name, watch)
        return Settled()
    lost, anew = _without(store, known, gone, refused)
    if before is not None and gone & anew.keys():  # what nobody says any more follows all the same: it stands in no graph yet in which other proofs would find it
        refresh(name, watch)
        return Settled()
    if lost or anew:
        with change(name, f"Conclusions follow {len(rows):,} changed statements") as write:
            if write.info.digest != store.digest:
                raise InputError(f"The graph {name!r} was changed by somebody else meanwhile; derive again.")
            _write(write, store, known, lost, anew)
    if before is not None:
        keep(store, known.model_copy(update={"given": state(store)}))
    return Settled(retracted=tuple(sorted(lost)), proved_anew=tuple(sorted(anew)))


def _write(write: Change, store: GraphStore, known: RuleSet, lost: set[Statement], anew: Mapping[Statement, list[Proof]]) -> None:
    write.retract(known.key, lost)
    if anew:
        write.add(known.key, ((row, None) for row in anew), "derived")
        write.evidence(known.key, as_evidence(anew.items(), Confidences(store)))


def restore(name: str, statements: Iterable[Statement]) -> None:
    """Take a rejection back, in every source that rejects one of these; then derive again by the same rules, where the graph has any."""
    store = GraphStore(name)
    chosen = tuple(dict.fromkeys(statements))
    with change(name, f"Took back the rejection of {len(chosen)}") as write:
        for row in chosen:
            for _same, key, _status in list(store.said(*row, statuses=("rejected",))):
                write.set_status(key, [row], "asserted")
    refresh(name)


def carried(start: Iterable[Statement], proofs: Mapping[Statement, list[Proof]]) -> set[Statement]:
    """The conclusions that proofs carry from the statements one starts with: the least fixed point."""
    held = set(start)
    waiting: dict[Statement, list[tuple[Statement, int]]] = {}
    open_: list[set[Statement]] = []
    ready: list[Statement] = []
    for row, some in proofs.items():
        for proof in some:
            lacking = {premise for premise in proof.premises if premise not in held}
            if not lacking:
                ready.append(row)
            for premise in lacking:
                waiting.setdefault(premise, []).append((row, len(open_)))
            open_.append(lacking)
    found: set[Statement] = set()
    while ready:
        row = ready.pop()
        if row in found:
            continue
        found.add(row)
        for waiter, number in waiting.get(row, ()):
            open_[number].discard(row)
            if not open_[number]:
                ready.append(waiter)
    return found


def _hanging(ground: Ground, gone: Collection[Statement]) -> dict[Statement, list[Proof]]:
    """The conclusions that are or rest on what is gone, directly or by others, with all their stored proofs."""
    found = {row: ground.proofs(row) for row in gone if ground.concluded(row)}
    waiting = list(gone)
    while waiting:
        for row in ground.carried_by(waiting.pop()):
            if row not in found and ground.concluded(row):
                found[row] = ground.proofs(row)
                waiting.append(row)
    return found


def _without(store: GraphStore, known: RuleSet, gone: frozenset[Statement], refused: Collection[Statement]) -> tuple[set[Statement], dict[Statement, list[Proof]]]:
    """(conclusions that no longer hold, statements that hold by other proofs than the stored ones) once nobody says what is `gone`; what is `refused` is not concluded."""
    ground = Ground(store, known, gone)
    hanging = _hanging(ground, gone)
    outside = {premise for some in hanging.values() for proof in some for premise in proof.premises if premise not in hanging}
    safe = carried((premise for premise in outside if ground.holds(premise)), {row: some for row, some in hanging.items() if row not in refused})
    lost = hanging.keys() - safe
    anew = _proved_anew(ground, {*lost, *gone} - safe - {*refused}, {*lost, *gone} - safe)
    return lost - anew.keys() - {*refused}, anew


def _proved_anew(ground: Ground, lost: set[Statement], missing: set[Statement]) -> dict[Statement, list[Proof]]:
    """Those of the lost that have a proof after all without what is missing, found one step after the other until no more comes."""
    found: dict[Statement, list[Proof]] = {}
    going = True
    while going:
        going = False
        for row in sorted(lost - found.keys()):
            proofs = ground.prove(row, missing - found.keys())
            if proofs:
                found[row] = proofs
                going = True
    return found

"""Truth maintenance: when a premise is taken back, exactly those conclusions go that have no other proof.

The conclusions that stored proofs still carry, from what is given, are a least fixed point (so that two conclusions that only prove each other fall
together); for those that are left, other proofs are looked for, one step at a time. The result equals deriving from scratch.
After Gupta, Mumick, Subrahmanian: Maintaining views incrementally (SIGMOD 1993), delete and rederive, here with the proofs that are kept.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence

from fedviz.core.errors import InputError
from fedviz.core.types import Record
from fedviz.kg.reason.derive import Confidences, RuleSet, as_evidence, blocked, given, keep, refresh, rule_set, state
from fedviz.kg.reason.engine import Closure, Proof, Watch, needed
from fedviz.kg.reason.rules import Rule
from fedviz.kg.store.change import change
from fedviz.kg.store.evidence import EVIDENCE
from fedviz.kg.store.store import GraphStore
from fedviz.kg.store.terms import FEDVIZ, PROV, RDF, Statement, value


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
    settled, anew = _settle(store, known, frozenset(chosen)) if known is not None else (Settled(), {})
    before = store.digest
    with change(name, why or f"Rejected {len(chosen)} by hand") as write:
        if write.info.digest != before:
            raise InputError(f"The graph {name!r} was changed by somebody else meanwhile; try again.")
        for row, keys in said.items():
            for key in keys:
                write.set_status(key, [row], "rejected")
        if known is not None:
            write.retract(known.key, settled.retracted)
            write.evidence(known.key, as_evidence(anew.items(), Confidences(store)))
    if known is not None and current:
        keep(store, known.model_copy(update={"given": state(store)}))
    return settled


def restore(name: str, statements: Iterable[Statement]) -> None:
    """Take a rejection back, in every source that rejects one of these; then derive again by the same rules, where the graph has any."""
    store = GraphStore(name)
    chosen = tuple(dict.fromkeys(statements))
    with change(name, f"Took back the rejection of {len(chosen)}") as write:
        for row in chosen:
            for _same, key, _status in list(store.said(*row, statuses=("rejected",))):
                write.set_status(key, [row], "asserted")
    refresh(name)


def stored_proofs(store: GraphStore, key: str) -> dict[Statement, list[Proof]]:
    """All proofs that a source of rules keeps, by conclusion."""
    answer = store.ask(
        f"SELECT ?r ?s ?p ?o ?m ?u {{ GRAPH <{EVIDENCE}> {{ ?r <{PROV}wasDerivedFrom> <{FEDVIZ}source:{key}> ; <{RDF}reifies> <<( ?s ?p ?o )>> ; "
        f"<{FEDVIZ}method> ?m ; <{PROV}used> ?u }} }}"
    )
    found: dict[str, tuple[Statement, str, list[Statement]]] = {}
    for reifier, subject, predicate, object, method, used in answer.rows:
        if reifier and subject and predicate and object and method and used:
            found.setdefault(reifier, (Statement(subject, predicate, object), value(method), []))[2].append(statement_of(value(used)))
    out: dict[Statement, list[Proof]] = {}
    for row, method, premises in found.values():
        out.setdefault(row, []).append(Proof(method, tuple(premises)))
    return out


def statement_of(line: str) -> Statement:
    """A canonical line of N-Triples as a statement."""
    subject, predicate, rest = line.rstrip("\n").split(" ", 2)
    return Statement(subject, predicate, rest.removesuffix(" ."))


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


def without(
    rules: Sequence[Rule], start: Iterable[Statement], proofs: Mapping[Statement, list[Proof]], refused: Collection[Statement]
) -> tuple[set[Statement], dict[Statement, list[Proof]]]:
    """(conclusions that no longer hold, those that hold by other proofs than the stored ones) once `refused` is neither given nor concluded.

    `start`: what sources say; `proofs`: the conclusions so far with their stored proofs, one at least for each.
    """
    left = {row for row in start if row not in refused}
    safe = carried(left, {row: some for row, some in proofs.items() if row not in refused})
    lost = proofs.keys() - safe
    if not lost:
        return set(), {}
    closure = Closure(rules, refused, Watch())
    closure.give(left)
    for row in safe:
        closure.accept(row, proofs[row])
    anew = _proved_anew(closure, lost - set(refused))
    return lost - anew.keys(), anew


def _settle(store: GraphStore, known: RuleSet, rejected: frozenset[Statement]) -> tuple[Settled, dict[Statement, list[Proof]]]:
    held = set(store.match(statuses=("derived",), sources=[known.key]))
    proofs = {row: some for row, some in stored_proofs(store, known.key).items() if row in held}
    lost, anew = without(known.rules, given(store, needed(known.rules)), proofs, blocked(store) | rejected)
    return Settled(retracted=tuple(sorted(lost - rejected)), proved_anew=tuple(sorted(anew))), anew


def _proved_anew(closure: Closure, lost: set[Statement]) -> dict[Statement, list[Proof]]:
    """Those of the lost conclusions that have a proof after all, found one step after the other until no more comes."""
    found: dict[Statement, list[Proof]] = {}
    going = True
    while going:
        going = False
        for row in sorted(lost - found.keys()):
            proofs = closure.prove(row)
            if proofs:
                closure.accept(row, proofs)
                found[row] = proofs
                going = True
    return found

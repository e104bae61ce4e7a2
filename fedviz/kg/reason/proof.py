"""Why a conclusion holds: its proof, followed down to what sources say, as steps in an order in which each rests on earlier ones."""

from fedviz.core.errors import InputError
from fedviz.core.types import Record
from fedviz.kg.reason.derive import METHOD, READER
from fedviz.kg.reason.engine import Proof
from fedviz.kg.reason.ground import statement_of
from fedviz.kg.store.store import GraphStore
from fedviz.kg.store.terms import Statement

MAX_STEPS = 200


class Step(Record):
    """One statement of a proof: by which rule from which earlier steps (numbers from 0), or, where `rule` is empty, from which sources."""

    statement: Statement
    rule: str = ""
    premises: tuple[int, ...] = ()
    sources: tuple[str, ...] = ()


def proof(store: GraphStore, statement: Statement) -> tuple[Step, ...]:
    """The shortest proof that is known (by its depth); the last step is the statement itself. `InputError` where nobody says or derives it, or no proof is kept."""
    given, proofs = _reached(store, statement)
    depth, chosen = _depths(given, proofs)
    if statement not in depth:
        known = store.status(statement)
        if known is None:
            raise InputError(f"The graph {store.name!r} does not say {statement.line.decode().strip()[:200]}.")
        raise InputError("No proof of this is kept; a reasoner concluded it that names no premises, or its premises are gone.")
    order: dict[Statement, int] = {}
    steps: list[Step] = []
    waiting = [(statement, False)]
    while waiting:
        row, ready = waiting.pop()
        if row in order:
            continue
        if row in given:
            order[row] = len(steps)
            steps.append(Step(statement=row, sources=given[row]))
        elif ready:
            order[row] = len(steps)
            steps.append(Step(statement=row, rule=chosen[row].rule, premises=tuple(order[premise] for premise in _along(row, chosen[row]))))
        else:
            waiting.append((row, True))
            waiting += [(premise, False) for premise in reversed(_along(row, chosen[row]))]
    return tuple(steps)


def alternatives(store: GraphStore, statement: Statement) -> int:
    """How many proofs of a conclusion are kept."""
    return len(_proofs(store, statement))


def _along(row: Statement, entry: Proof) -> list[Statement]:
    """The premises, those first that begin where the conclusion begins."""
    return sorted(entry.premises, key=lambda premise: premise.subject != row.subject)


def _proofs(store: GraphStore, statement: Statement) -> list[Proof]:
    return [Proof(entry.method, tuple(map(statement_of, entry.premises))) for entry in store.evidence(statement) if entry.premises and entry.status == "derived"]


def _reached(store: GraphStore, statement: Statement) -> tuple[dict[Statement, tuple[str, ...]], dict[Statement, list[Proof]]]:
    titles = {source.key: source.title for source in store.info.sources if source.reader != READER or source.method != METHOD}
    given: dict[Statement, tuple[str, ...]] = {}
    proofs: dict[Statement, list[Proof]] = {}
    waiting = [statement]
    while waiting and len(given) + len(proofs) < MAX_STEPS * 5:
        row = waiting.pop(0)
        if row in given or row in proofs:
            continue
        said = [(titles[key], status) for _same, key, status in store.said(*row, statuses=("asserted", "derived")) if key in titles]
        known = _proofs(store, row) if all(status == "derived" for _title, status in said) else []
        if said and not known:
            given[row] = tuple(title for title, _status in said)
            continue
        proofs[row] = known
        waiting += [premise for entry in known for premise in entry.premises]
    return given, proofs


def _depths(given: dict[Statement, tuple[str, ...]], proofs: dict[Statement, list[Proof]]) -> tuple[dict[Statement, int], dict[Statement, Proof]]:
    """The least depth of each statement that can be proved, and the proof that has it."""
    depth = dict.fromkeys(given, 0)
    chosen: dict[Statement, Proof] = {}
    for level in range(1, len(proofs) + 1):
        fresh = {
            row: entry for row, some in proofs.items() if row not in depth for entry in some if all(depth.get(premise, level) < level for premise in entry.premises)
        }
        if not fresh:
            break
        depth.update(dict.fromkeys(fresh, level))
        chosen.update(fresh)
    return depth, chosen

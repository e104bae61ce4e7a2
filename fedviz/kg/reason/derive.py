"""Rules run over a graph on disk: what they conclude becomes a source of its own, each conclusion with its proofs, in one version or not at all."""

from collections.abc import Iterable, Iterator, Sequence

from pydantic import ValidationError

from fedviz.core.errors import InputError
from fedviz.core.files import write_atomic
from fedviz.core.types import Record
from fedviz.kg.reason.engine import Closure, Proof, Watch, needed
from fedviz.kg.reason.rules import BUILT_IN, Rule
from fedviz.kg.store import folder
from fedviz.kg.store.change import change
from fedviz.kg.store.evidence import EVIDENCE
from fedviz.kg.store.memory import blocks_of
from fedviz.kg.store.records import Evidence, SourceInfo
from fedviz.kg.store.store import GraphStore
from fedviz.kg.store.terms import FEDVIZ, PROV, RDF, Statement, value

READER = "rules"
METHOD = "rule"
_FILE = "rules.json"


class RuleSet(Record):
    """Which rules made the conclusions of a source, and from which state of the other sources (`given`)."""

    key: str
    rules: tuple[Rule, ...]
    given: str
    rounds: int = 0


class Derived(Record):
    """What came of a run: the source of the conclusions, how many each rule made, how many rounds it took."""

    key: str
    count: int
    by_rule: tuple[tuple[str, int], ...]
    rounds: int


def rule_set(store: GraphStore) -> RuleSet | None:
    """The rules behind a graph's conclusions; None where it has none."""
    try:
        found = RuleSet.model_validate_json((store.path / _FILE).read_bytes())
    except (OSError, ValidationError, ValueError):
        return None
    return found if store.info.source(found.key) is not None else None


def usual(store: GraphStore) -> tuple[str, ...]:
    """Names of the built-in rules of which the graph says everything that they need to begin with."""
    held: dict[str, bool] = {}

    def says(rule: Rule) -> bool:
        firm = [pattern for pattern in rule.body if not pattern.predicate.startswith("?")]
        for pattern in firm:
            wanted = [None if term.startswith("?") else term for term in pattern[:3]]
            key = pattern.text
            if key not in held:
                held[key] = next(store.match(*wanted, statuses=("asserted",)), None) is not None
            if not held[key]:
                return False
        return bool(firm)

    return tuple(name for name, rule in BUILT_IN.items() if says(rule))


def state(store: GraphStore) -> str:
    """What the conclusions depend on, as sixteen hex digits: the statements of all sources but those of rules, and what somebody has rejected."""
    total = 0
    for source in store.info.sources:
        for status, digest in source.sums.items():
            if source.reader != READER or status == "rejected":
                total += digest * (3 if status == "rejected" else 5 if status == "disputed" else 1)
    return f"{total % (1 << 64):016x}"


def given(store: GraphStore, predicates: Sequence[str] | None) -> Iterator[Statement]:
    """What rules may start from: asserted by a source that is not of rules, of these predicates (None: all). What is disputed is no premise."""
    sources = [source.key for source in store.info.sources if source.reader != READER]
    for predicate in predicates if predicates is not None else (None,):
        yield from store.match(None, predicate, statuses=("asserted",), sources=sources)


def blocked(store: GraphStore) -> set[Statement]:
    """What no rule may conclude: rejected by somebody, and asserted by nobody."""
    refused = set(store.match(statuses=("rejected",)))
    return {row for row in refused if next(store.match(*row, statuses=("asserted",)), None) is None}


def derive(name: str, rules: Sequence[Rule], watch: Watch | None = None) -> Derived:
    """Run rules over a graph to a fixed point. The conclusions of an earlier run are replaced; nothing is written where a limit is passed or somebody cancels."""
    if not rules:
        raise InputError("At least one rule must be chosen, but got none.")
    store = GraphStore(name)
    told = watch or Watch()
    before = store.digest
    closure = Closure(rules, blocked(store), told)
    closure.give(given(store, needed(rules)))
    closure.run()
    sure = Confidences(store)
    for row, proofs in closure.proofs.items():
        sure.conclude(row, proofs[0].premises)
    old = rule_set(store)
    refused = list(store.match(statuses=("rejected",), sources=[old.key])) if old is not None else []
    based_on = state(store)
    with change(name, f"Rules: {', '.join(dict.fromkeys(rule.name for rule in rules))}") as write:
        if write.info.digest != before:
            raise InputError(f"The graph {name!r} was changed by somebody else meanwhile; derive again.")
        if old is not None:
            write.remove_source(old.key)
        new = SourceInfo(key="", title="Rules", reader=READER, method=METHOD, origin=", ".join(dict.fromkeys(rule.name for rule in rules))[:300])
        key = write.source(new, lambda intake: blocks_of(closure.proofs)).key
        write.evidence(key, as_evidence(closure.proofs.items(), sure))
        write.add(key, ((row, None) for row in refused), "rejected")
    kept = RuleSet(key=key, rules=tuple(rules), given=based_on, rounds=closure.rounds)
    keep(store, kept)
    by_rule: dict[str, int] = {}
    for proofs in closure.proofs.values():
        by_rule[proofs[0].rule] = by_rule.get(proofs[0].rule, 0) + 1
    return Derived(key=key, count=len(closure.proofs), by_rule=tuple(sorted(by_rule.items(), key=lambda entry: (-entry[1], entry[0]))), rounds=closure.rounds)


def keep(store: GraphStore, rules: RuleSet) -> None:
    """Write down which rules made a graph's conclusions."""
    write_atomic(store.path / _FILE, rules.model_dump_json(indent=1))


def refresh(name: str, watch: Watch | None = None) -> Derived | None:
    """Derive again by the same rules, where the graph has changed since; None where everything is in order or there are no rules."""
    store = GraphStore(name)
    known = rule_set(store)
    return None if known is None or known.given == state(store) else derive(name, known.rules, watch)


def forget(name: str) -> None:
    """Take all conclusions of rules out of a graph; `InputError` where it has none."""
    found = rule_set(GraphStore(name))
    if found is None:
        raise InputError(f"The graph {name!r} has no conclusions of rules.")
    with change(name, "Removed the conclusions of rules") as write:
        write.remove_source(found.key)
    (folder.graph_folder(name) / _FILE).unlink(missing_ok=True)


def as_evidence(rows: Iterable[tuple[Statement, list[Proof]]], sure: "Confidences") -> Iterator[tuple[Statement, Evidence]]:
    """The proofs of conclusions as their evidence; a conclusion is as sure as the least sure premise of the proof."""
    for row, proofs in rows:
        for rule, premises in proofs:
            lines = tuple([premise.line.decode().rstrip("\n") for premise in premises])
            yield row, Evidence.model_construct(source="", status="derived", method=rule, confidence=sure.least(premises), premises=lines)


class Confidences:
    """How sure statements are: as their evidence says, else as their source; conclusions as their least sure premise (the weakest link)."""

    def __init__(self, store: GraphStore) -> None:
        self._sources = {source.key: source.confidence for source in store.info.sources if source.reader != READER}
        self._store = store
        self._usual = min(self._sources.values(), default=1.0)
        self._known: dict[Statement, float] = {}
        for key in self._sources:
            answer = store.ask(
                f"SELECT ?s ?p ?o (MAX(?c) AS ?m) {{ GRAPH <{EVIDENCE}> {{ ?r <{PROV}wasDerivedFrom> <{FEDVIZ}source:{key}> ; <{FEDVIZ}confidence> ?c ; "
                f"<{RDF}reifies> <<( ?s ?p ?o )>> }} }} GROUP BY ?s ?p ?o"
            )
            for subject, predicate, object, most in answer.rows:
                if subject and predicate and object and most:
                    row = Statement(subject, predicate, object)
                    self._known[row] = max(self._known.get(row, 0.0), float(value(most)))

    def of(self, row: Statement) -> float:
        """How sure a statement is, in [0, 1]."""
        if row in self._known:
            return self._known[row]
        if len(set(self._sources.values())) <= 1:
            return self._usual
        found = [self._sources[key] for _same, key, _status in self._store.said(*row, statuses=("asserted",)) if key in self._sources]
        return max(found, default=self._usual)

    def least(self, premises: Sequence[Statement]) -> float:
        """How sure the least sure premise is."""
        return min(map(self.of, premises), default=1.0)

    def conclude(self, row: Statement, premises: Sequence[Statement]) -> None:
        """Note a conclusion with a proof, to be a premise of others."""
        self._known[row] = max(self.least(premises), self._known.get(row, 0.0))

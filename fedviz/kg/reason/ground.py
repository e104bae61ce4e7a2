"""What rules stand on, looked up in the store one statement at a time: which conclusions a premise carries, by which proofs one holds, whether another can be found.

Nothing here reads the whole graph, so that taking one premise back costs what hung on it.
"""

from collections.abc import Collection, Iterable, Iterator

from fedviz.kg.reason.derive import READER, RuleSet
from fedviz.kg.reason.engine import MAX_PROOFS, Proof, bind, unify
from fedviz.kg.reason.rules import Rule
from fedviz.kg.store import handles, oxi
from fedviz.kg.store.evidence import EVIDENCE
from fedviz.kg.store.store import GraphStore, graph_iri
from fedviz.kg.store.terms import FEDVIZ, PROV, RDF, Statement, is_iri, literal, value


class Ground:
    """The statements of sources and the conclusions of rules, less those in `gone`."""

    def __init__(self, store: GraphStore, known: RuleSet, gone: Collection[Statement]) -> None:
        info = store.info
        self._store = handles.opened(store.path / "store", info.state)  # one state for all look-ups, and its description read once
        self._known, self._gone = known, gone
        self._own = graph_iri(known.key, "derived")
        self._sources = [graph_iri(source.key, "asserted") for source in info.sources if source.reader != READER and source.counts.get("asserted")]

    def concluded(self, row: Statement) -> bool:
        """Whether the rules' source says it."""
        return self._in(row, self._own)

    def given(self, row: Statement) -> bool:
        """Whether a source that is not of rules asserts it still."""
        return row not in self._gone and any(self._in(row, graph) for graph in self._sources)

    def holds(self, row: Statement) -> bool:
        """Whether it is given or concluded still."""
        return row not in self._gone and (self.concluded(row) or self.given(row))

    def carried_by(self, row: Statement) -> Iterator[Statement]:
        """Conclusions with a stored proof that uses this as a premise; each may have others."""
        line = literal(row.line.decode().rstrip("\n"))
        answer = self._evidence(
            f"SELECT DISTINCT ?s ?p ?o {{ ?r <{PROV}used> {line} ; <{PROV}wasDerivedFrom> <{FEDVIZ}source:{self._known.key}> ; <{RDF}reifies> <<( ?s ?p ?o )>> }}"
        )
        for subject, predicate, object in answer.rows:
            if subject and predicate and object:
                yield Statement(subject, predicate, object)

    def proofs(self, row: Statement) -> list[Proof]:
        """The stored proofs of a conclusion, also those whose premises are gone."""
        answer = self._evidence(
            f"SELECT ?r ?m ?u {{ ?r <{RDF}reifies> <<( {' '.join(row)} )>> ; <{PROV}wasDerivedFrom> <{FEDVIZ}source:{self._known.key}> ; "
            f"<{FEDVIZ}method> ?m ; <{PROV}used> ?u }}"
        )
        found: dict[str, tuple[str, list[Statement]]] = {}
        for reifier, method, used in answer.rows:
            if reifier and method and used:
                found.setdefault(reifier, (value(method), []))[1].append(statement_of(value(used)))
        return [Proof(method, tuple(premises)) for method, premises in found.values()]

    def prove(self, row: Statement, missing: Collection[Statement]) -> list[Proof]:
        """Proofs in one step from what holds and is not `missing`; at most `MAX_PROOFS`."""
        found: list[Proof] = []
        for rule in self._known.rules:
            for proof in self._steps(rule, row):
                sound = row not in proof.premises and not any(premise in missing for premise in proof.premises)
                if sound and proof not in found and self._as_given(rule, proof):
                    found.append(proof)
                if len(found) >= MAX_PROOFS:
                    return found
        return found

    def _as_given(self, rule: Rule, proof: Proof) -> bool:
        return all(pattern.where != "given" or self.given(premise) for pattern, premise in zip(rule.body, proof.premises, strict=True))

    def _steps(self, rule: Rule, row: Statement) -> Iterator[Proof]:
        bound = unify(rule.head, row)
        if bound is None:
            return
        body = [bind(pattern, bound) for pattern in rule.body]
        names = [name for name in rule.variables if f"?{name}" not in bound]
        constants = " ".join(f"BIND({term} AS {name})" for name, term in bound.items())
        filters = " ".join(f"FILTER({text})" for text in rule.filters)
        inner = " ".join(f"{pattern.subject} {pattern.predicate} {pattern.object} ." for pattern in body)
        asked = f"SELECT {' '.join(f'?{name}' for name in names)}" if names else "ASK"
        answer = oxi.ask(self._store, f"{asked} {{ {constants if filters else ''} {inner} {filters} }}", [*self._sources, self._own])
        rows: Iterable[tuple[str | None, ...]] = answer.rows if answer.holds is None else ([()] if answer.holds else [])
        for terms in rows:
            full = bound | {f"?{name}": term or "" for name, term in zip(names, terms, strict=True)}
            premises = tuple(Statement(*(full.get(term, term) for term in pattern[:3])) for pattern in rule.body)
            if all(is_iri(premise.subject) for premise in premises):
                yield Proof(rule.name, premises)

    def _in(self, row: Statement, graph: str) -> bool:
        return next(oxi.match(self._store, *row, graph), None) is not None

    def _evidence(self, sparql: str) -> oxi.Answer:
        return oxi.ask(self._store, sparql, [EVIDENCE])


def statement_of(line: str) -> Statement:
    """A canonical line of N-Triples as a statement."""
    subject, predicate, rest = line.rstrip("\n").split(" ", 2)
    return Statement(subject, predicate, rest.removesuffix(" ."))

"""Evidence of single statements: RDF 1.2 reifiers with PROV-O, one for each statement, source, document and sentence.

    <urn:fedviz:evidence:...> rdf:reifies <<( s p o )>> ; prov:wasDerivedFrom <urn:fedviz:source:KEY> ; prov:value "the sentence" ; fv:confidence 0.9 ; ...
"""


from fedviz.kg.store import oxi
from fedviz.kg.store.lines import digest
from fedviz.kg.store.records import Evidence
from fedviz.kg.store.terms import FEDVIZ, PROV, RDF, XSD, Statement, iri, literal, value

EVIDENCE = f"{FEDVIZ}evidence"
"""IRI of the named graph that holds all evidence."""
PROVENANCE = f"{FEDVIZ}provenance"
"""IRI of the named graph in which an export describes its sources."""
_PREDICATES = {
    "method": f"{FEDVIZ}method",
    "confidence": f"{FEDVIZ}confidence",
    "party": f"{PROV}wasAttributedTo",
    "date": f"{PROV}generatedAtTime",
    "line": f"{FEDVIZ}line",
    "sentence": f"{PROV}value",
    "document": f"{PROV}hadPrimarySource",
}
_SOURCE = f"{PROV}wasDerivedFrom"
_PREMISE = f"{PROV}used"


def to_lines(statement: Statement, entry: Evidence) -> bytes:
    """The lines of N-Triples 1.2 that say this; writing the same twice adds nothing."""
    subject = _reifier(statement, entry)
    out = [
        f"{subject} <{RDF}reifies> <<( {statement.subject} {statement.predicate} {statement.object} )>> .",
        f"{subject} <{_SOURCE}> {iri(f'{FEDVIZ}source:{entry.source}')} .",
    ]
    for name, predicate in _PREDICATES.items():
        said = getattr(entry, name)
        if said not in ("", 0):
            kind = f"{XSD}double" if name == "confidence" else f"{XSD}integer" if name == "line" else ""
            out.append(f"{subject} <{predicate}> {literal(str(said), datatype=kind)} .")
    out += [f"{subject} <{_PREMISE}> {literal(premise)} ." for premise in entry.premises]
    return ("\n".join(out) + "\n").encode()


def is_sound(row: Statement) -> bool:
    """Whether a statement is one that `to_lines` may write: of a reifier, about one statement, each value of its kind. Evidence from elsewhere is kept only so."""
    if not row.subject.startswith(f"<{EVIDENCE}:"):
        return False
    if row.object.startswith("<<( <"):
        _open, _subject, _predicate, object = row.object.split(" ", 3)
        return row.predicate == f"<{RDF}reifies>" and not object.startswith(("<<", "_:"))
    if row.object.startswith("<<"):
        return False
    said = value(row.object)
    if row.predicate == f"<{FEDVIZ}line>":
        return said.isdecimal() and len(said) < 20
    if row.predicate == f"<{FEDVIZ}confidence>":
        try:
            return 0 <= float(said) <= 1
        except ValueError:
            return False
    return row.predicate in {f"<{predicate}>" for predicate in (*_PREDICATES.values(), _SOURCE, _PREMISE)}


def read(store: oxi.Store, statement: Statement) -> tuple[Evidence, ...]:
    """The evidence of a statement, each with status `asserted` (the store knows the real one), by reifier."""
    pattern = f"<<( {statement.subject} {statement.predicate} {statement.object} )>>"
    answer = oxi.ask(store, f"SELECT ?r ?p ?o {{ ?r <{RDF}reifies> {pattern} ; ?p ?o FILTER(?p != <{RDF}reifies>) }} ORDER BY ?r ?p ?o", [EVIDENCE])
    found: dict[str, dict[str, list[str]]] = {}
    for reifier, predicate, said in answer.rows:
        if reifier and predicate and said:
            found.setdefault(reifier, {}).setdefault(predicate[1:-1], []).append(value(said))
    return tuple(_entry(fields) for fields in found.values() if _SOURCE in fields)


def forget(store: oxi.Store, source: str) -> None:
    """Remove all evidence of a source."""
    oxi.remove_subjects(store, EVIDENCE, f"{PROV}wasDerivedFrom", f"{FEDVIZ}source:{source}")


def _reifier(statement: Statement, entry: Evidence) -> str:
    where = "\x1f".join((entry.source, entry.method, entry.document, str(entry.line), entry.sentence, *entry.premises))
    return f"<{EVIDENCE}:{digest(statement.line):016x}-{digest(where.encode()):016x}>"


def _entry(fields: dict[str, list[str]]) -> Evidence:
    one = {name: fields[predicate][0] for name, predicate in _PREDICATES.items() if predicate in fields}
    return Evidence(
        source=fields[_SOURCE][0].removeprefix(f"{FEDVIZ}source:"),
        status="asserted",
        method=one.get("method", ""),
        confidence=float(one.get("confidence", 0.0)),
        party=one.get("party", ""),
        date=one.get("date", ""),
        line=int(one.get("line", 0)),
        sentence=one.get("sentence", ""),
        document=one.get("document", ""),
        premises=tuple(sorted(fields.get(_PREMISE, ()))),
    )

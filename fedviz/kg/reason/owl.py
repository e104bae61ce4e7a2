"""OWL 2 RL by the library `reasonable` (Gabe Fierro, BSD-3-Clause): many more rules than ours, quick, but without proofs.

In the source of its conclusions no statement names premises; when the graph changes, it is run anew.
"""

import importlib.util
import sys
import tempfile
from pathlib import Path

from fedviz.core.errors import InputError
from fedviz.kg.reason import child
from fedviz.kg.reason.derive import READER, given
from fedviz.kg.reason.engine import Watch
from fedviz.kg.store import oxi
from fedviz.kg.store.change import change
from fedviz.kg.store.memory import blocks_of
from fedviz.kg.store.records import SourceInfo
from fedviz.kg.store.store import GraphStore
from fedviz.kg.store.terms import OWL, RDF, RDFS, Statement, is_iri

METHOD = "owl-2-rl"
MAX_STATEMENTS = 300_000
_TYPE = f"<{RDF}type>"
_STANDARD = (f"<{OWL}", f"<{RDF}", f"<{RDFS}")


def available() -> bool:
    """Whether the library is installed."""
    return importlib.util.find_spec("reasonable") is not None


def derive(name: str, watch: Watch | None = None) -> SourceInfo:
    """Run OWL 2 RL over what sources say; its conclusions replace those of an earlier run. `InputError` without the library and beyond the limits."""
    if not available():
        raise InputError("OWL 2 RL needs the library `reasonable`, which is not installed here; our own rules need nothing.")
    told = watch or Watch()
    store = GraphStore(name)
    rows = list(given(store, None))
    if len(rows) > MAX_STATEMENTS:
        raise InputError(f"OWL 2 RL works on at most {MAX_STATEMENTS:,} statements, but the graph has {len(rows):,}; use rules of ours.")
    known = set(rows) | set(store.match(statuses=("rejected",)))
    before = store.digest
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        (place / "in.ttl").write_bytes(b"".join(row.line for row in rows))
        child.run("fedviz.kg.reason.owl", place, told.limits.time_s, told.cancelled, "OWL 2 RL")
        found = oxi.statements((place / "out.nt").read_bytes(), "n-triples", lambda fault: None)
        fresh = [row for row in dict.fromkeys(found) if row not in known and _tells(row)]
    told.check(len(fresh))
    with change(name, "OWL 2 RL") as write:
        if write.info.digest != before:
            raise InputError(f"The graph {name!r} was changed by somebody else meanwhile; derive again.")
        for source in write.info.sources:
            if source.reader == READER and source.method == METHOD:
                write.remove_source(source.key)
        return write.source(SourceInfo(key="", title="OWL 2 RL", reader=READER, method=METHOD, origin="reasonable"), lambda intake: blocks_of(fresh))


def _tells(row: Statement) -> bool:
    """Whether a conclusion is about the graph: not that a thing equals itself, nor what is true of every thing or of the standard vocabularies."""
    if row.subject == row.object or row.subject.startswith(_STANDARD) or ":genid:" in row.subject or ":genid:" in row.object:
        return False
    return not (row.object.startswith(_STANDARD) and (row.predicate == _TYPE or is_iri(row.object)))


def main() -> None:
    """Read `in.ttl` of the folder, write all conclusions to `out.nt` there."""
    import reasonable
    from rdflib import BNode, Literal

    child.forbid_outside()
    folder = Path(sys.argv[1])
    reasoner = reasonable.PyReasoner()
    reasoner.load_file(str(folder / "in.ttl"))
    with (folder / "out.nt").open("w", encoding="utf-8") as out:
        for subject, predicate, object in reasoner.reason():
            if not isinstance(subject, Literal | BNode) and not isinstance(predicate, Literal | BNode) and not isinstance(object, BNode):
                out.write(f"{subject.n3()} {predicate.n3()} {_literal(object)} .\n")


def _literal(term: object) -> str:
    from rdflib import Literal
    from rdflib.plugins.serializers.nt import _quoteLiteral

    return _quoteLiteral(term) if isinstance(term, Literal) else term.n3()  # type: ignore[attr-defined]


if __name__ == "__main__":
    main()

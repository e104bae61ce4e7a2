"""A graph checked against SHACL shapes (https://www.w3.org/TR/shacl/) by pyshacl, in a process of its own that reaches no network."""

import json
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from fedviz.core.errors import InputError
from fedviz.core.options import Options
from fedviz.core.types import Record
from fedviz.kg.reason import child
from fedviz.kg.store import oxi
from fedviz.kg.store.records import ACTIVE, Status
from fedviz.kg.store.store import GraphStore
from fedviz.kg.store.terms import Statement

MAX_SHAPES = 1_000_000
"""Letters of a set of shapes."""
SHACL = "http://www.w3.org/ns/shacl#"


class CheckOptions(Options):
    """What a check may take."""

    statements: Annotated[
        int, Field(ge=1, le=1_000_000, title="Most statements", description="A larger graph is not checked: pyshacl holds all of it in Python's memory.")
    ] = 200_000
    time_s: Annotated[float, Field(gt=0, le=3600, title="Time limit in seconds", description="A check that takes longer is ended.")] = 120.0
    results: Annotated[int, Field(ge=1, le=100_000, title="Most findings", description="Further findings are counted and left out of the report.")] = 1000


class Finding(Record):
    """One thing that breaks a shape: the focus node, the path, the value (each as a term or empty), the message, the severity and the kind of constraint."""

    focus: str
    path: str = ""
    value: str = ""
    message: str = ""
    severity: str = "Violation"
    constraint: str = ""


class Report(Record):
    """What a check found: whether the graph conforms, how many findings there are, and the first of them."""

    conforms: bool
    count: int
    findings: tuple[Finding, ...]


def check(
    store: GraphStore, shapes: str, options: CheckOptions | None = None, format: str = "turtle", cancelled: Callable[[], bool] = lambda: False, statuses: tuple[Status, ...] = ACTIVE
) -> Report:
    """Check a graph against shapes in Turtle or another format of `oxi.FORMATS`. `InputError` where the shapes cannot be read, hold none, or a limit is passed."""
    allowed = options or CheckOptions()
    if len(shapes) > MAX_SHAPES:
        raise InputError(f"Shapes have at most {MAX_SHAPES:,} letters, but got {len(shapes):,}.")
    total = sum(count for source in store.info.sources for status, count in source.counts.items() if status in statuses)
    if total > allowed.statements:
        raise InputError(f"A check works on at most {allowed.statements:,} statements, but the graph has {total:,}; allow more, or check a part of it.")
    read = _shapes(shapes, format)
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        (place / "shapes.nt").write_bytes(b"".join(row.line for row in read))
        with (place / "data.nt").open("wb") as file:
            for row in store.match(statuses=statuses):
                file.write(row.line)
        (place / "limit.json").write_text(json.dumps(allowed.results))
        child.run("fedviz.kg.shape.check", place, allowed.time_s, cancelled, "The check")
        return Report.model_validate_json((place / "report.json").read_bytes())


def _shapes(text: str, format: str) -> list[Statement]:
    """The statements of a set of shapes, read by Oxigraph so that nothing is fetched; blank nodes get names."""
    faults: list[oxi.Fault] = []
    rows = list(oxi.statements(text.encode(), format, faults.append, scope="shapes"))
    if faults:
        raise InputError(f"The shapes have an error in line {faults[0].line}, column {faults[0].column}: {faults[0].reason}.")
    if not any(row.object in (f"<{SHACL}NodeShape>", f"<{SHACL}PropertyShape>") or row.predicate.startswith(f"<{SHACL}target") for row in rows):
        raise InputError("The text holds no shape of SHACL: a shape is a sh:NodeShape with a target.")
    return rows


def main() -> None:
    """Read `data.nt` and `shapes.nt` of the folder, write `report.json` there."""
    import pyshacl
    import rdflib.plugins.sparql
    from rdflib import Graph, URIRef

    rdflib.plugins.sparql.SPARQL_LOAD_GRAPHS = False
    child.forbid_outside()
    folder = Path(sys.argv[1])
    data, shapes = (Graph().parse(str(folder / name), format="nt") for name in ("data.nt", "shapes.nt"))
    limit = json.loads((folder / "limit.json").read_text())
    conforms, found, _text = pyshacl.validate(data, shacl_graph=shapes, inference="none", advanced=False, js=False, do_owl_imports=False, meta_shacl=False)
    if not isinstance(found, Graph):
        raise SystemExit(str(found)[:300])

    def said(result: Any, name: str) -> Any:
        return found.value(result, URIRef(SHACL + name))

    findings = []
    for result in found.subjects(URIRef(SHACL + "focusNode"), unique=True):
        focus, path, value, message = (said(result, name) for name in ("focusNode", "resultPath", "value", "resultMessage"))
        findings.append(
            Finding(
                focus=focus.n3(), path=path.n3() if isinstance(path, URIRef) else "", value="" if value is None else value.n3()[:2000], message=str(message or "")[:500],
                severity=str(said(result, "resultSeverity") or "").rpartition("#")[2], constraint=str(said(result, "sourceConstraintComponent") or "").rpartition("#")[2],
            )
        )  # fmt: skip
    findings.sort(key=lambda one: (one.message, one.focus, one.path, one.value))
    report = Report(conforms=bool(conforms), count=len(findings), findings=tuple(findings[:limit]))
    (folder / "report.json").write_text(report.model_dump_json())


if __name__ == "__main__":
    main()

"""The other serialisations of RDF: N-Quads, Turtle, TriG, RDF/XML, JSON-LD, read by Oxigraph as they stream in."""

from collections.abc import Iterator
from typing import IO, Annotated, Literal, cast

from pydantic import Field

from fedviz.core.i18n import N_
from fedviz.core.options import Options
from fedviz.kg.sources import guards
from fedviz.kg.sources.base import SourceEntry, blocks
from fedviz.kg.store import oxi
from fedviz.kg.store.change import Intake
from fedviz.kg.store.evidence import EVIDENCE, PROVENANCE
from fedviz.kg.store.lines import Block
from fedviz.kg.store.terms import FEDVIZ, Statement


class RdfOptions(Options):
    """Options of `rdf`."""

    name: Literal["rdf"] = "rdf"
    format: Annotated[
        Literal["turtle", "n-quads", "trig", "rdf-xml", "json-ld"],
        Field(title="Format", description="The serialisation of RDF. Names of graphs in N-Quads and TriG are left out: the file is one source."),
    ] = "turtle"


def read(file: IO[bytes], options: RdfOptions, intake: Intake, scope: str) -> Iterator[Block]:
    """The statements of a file; faults are told with their line. What an export of ours says beside its statements is left out: evidence, provenance, what was rejected."""
    guard = {"rdf-xml": guards.xml, "json-ld": guards.json}.get(options.format, guards.turtle)

    def wanted(graph: str) -> bool:
        if graph in (EVIDENCE, PROVENANCE):
            return False
        if graph.startswith(f"{FEDVIZ}source:") and graph.endswith(":rejected"):
            intake.leave(N_("rejected where it was exported"))
            return False
        return True

    found = oxi.statements(cast(IO[bytes], guard(file)), options.format, lambda fault: intake.skip(fault.line, fault.reason), scope=scope, wanted=wanted)
    return blocks((0, statement) for statement in _watched(found, intake))


def _watched(found: Iterator[Statement], intake: Intake) -> Iterator[Statement]:
    for number, statement in enumerate(found):
        if number % 10_000 == 0:
            intake.check()
        yield statement


RDF = SourceEntry(
    "rdf", "Turtle, RDF/XML, JSON-LD", N_("The other forms of RDF, N-Quads and TriG among them."), RdfOptions, (".ttl", ".nq", ".trig", ".rdf", ".owl", ".xml", ".jsonld"), read
)

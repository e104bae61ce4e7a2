"""The other serialisations of RDF: N-Quads, Turtle, TriG, RDF/XML, JSON-LD, read by Oxigraph as they stream in."""

from collections.abc import Iterator
from typing import IO, Annotated, Literal

from pydantic import Field

from fedviz.core.i18n import N_
from fedviz.core.options import Options
from fedviz.kg.sources.base import SourceEntry, blocks
from fedviz.kg.store import oxi
from fedviz.kg.store.change import Intake
from fedviz.kg.store.lines import Block


class RdfOptions(Options):
    """Options of `rdf`."""

    name: Literal["rdf"] = "rdf"
    format: Annotated[
        Literal["turtle", "n-quads", "trig", "rdf-xml", "json-ld"],
        Field(title="Format", description="The serialisation of RDF. Names of graphs in N-Quads and TriG are left out: the file is one source."),
    ] = "turtle"


def read(file: IO[bytes], options: RdfOptions, intake: Intake, scope: str) -> Iterator[Block]:
    """The statements of a file; faults are told with their line."""
    found = oxi.statements(file, options.format, lambda fault: intake.skip(fault.line, fault.reason), scope=scope)
    return blocks((0, statement) for statement in found)


RDF = SourceEntry(
    "rdf", "Turtle, RDF/XML, JSON-LD", N_("The other forms of RDF, N-Quads and TriG among them."), RdfOptions, (".ttl", ".nq", ".trig", ".rdf", ".owl", ".xml", ".jsonld"), read
)

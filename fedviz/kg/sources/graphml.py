"""GraphML (http://graphml.graphdrawing.org): nodes with attributes, edges with a relation. What an export of ours wrote comes back term by term."""

from collections.abc import Iterator
from typing import IO, Annotated, Literal

from pydantic import Field

from fedviz.core.i18n import N_
from fedviz.core.options import Options
from fedviz.kg.sources.base import DAMAGED, SourceEntry, blocks
from fedviz.kg.sources.guards import XmlLimits
from fedviz.kg.store import oxi
from fedviz.kg.store.change import Intake
from fedviz.kg.store.lines import Block
from fedviz.kg.store.memory import BROADER, LABELS
from fedviz.kg.store.terms import Statement, entity, expand, literal, relation

TERM, PREDICATE = "rdf.term", "rdf.predicate"
"""Names of the attributes that hold whole RDF terms in exports of ours: of a node, of an edge."""
_IS_A = ("is_a", "is a", "subclassof")


class GraphmlOptions(Options):
    """Options of `graphml`."""

    name: Literal["graphml"] = "graphml"
    label: Annotated[str, Field(title="Attribute with the name", description="Which attribute of a node is its name.")] = "label"
    relation: Annotated[str, Field(title="Attribute with the relation", description="Which attribute of an edge is its relation; edges without it are `related_to`.")] = "relation"
    identity: Annotated[
        Literal["id", "name"], Field(title="Nodes are told apart by", description="By their id in the file, or by their name, where ids are only numbers.")
    ] = "id"
    attributes: Annotated[bool, Field(title="Attributes of nodes", description="Whether the other attributes of nodes come in, as values.")] = True


def read(file: IO[bytes], options: GraphmlOptions, intake: Intake, scope: str) -> Iterator[Block]:
    """The edges and attributes of a file; XML that breaks off or is hostile ends there, and that is told."""
    return blocks(_rows(file, options, intake))


def _rows(file: IO[bytes], options: GraphmlOptions, intake: Intake) -> Iterator[tuple[int, Statement]]:
    graph = _Graph(options, intake)
    while True:
        intake.check()
        data = b""
        try:
            data = file.read(1 << 16)
            graph.xml.feed(data)
        except (*DAMAGED, ValueError) as error:
            intake.skip(graph.xml.line, f"the file cannot be read further: {error}")
            data = b""
        yield from graph.found
        graph.found.clear()
        if not data:
            yield from graph.late()
            return


class _Graph:
    """What is known while the elements come: keys, terms of nodes, and what has been found."""

    def __init__(self, options: GraphmlOptions, intake: Intake) -> None:
        self._options, self._intake = options, intake
        self.xml = XmlLimits(self._start, self._end, self._says)
        self.found: list[tuple[int, Statement]] = []
        self._keys: dict[str, str] = {}
        self._nodes: dict[str, str] = {}
        self._open: list[tuple[str, int, str, str, dict[str, str]]] = []
        self._key, self._words = "", []
        self._waiting: list[tuple[int, str, str, str]] = []

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        kind = name.rpartition(" ")[2]
        if kind == "key":
            self._keys[attributes.get("id", "")] = attributes.get("attr.name") or attributes.get("id", "")
        elif kind == "node":
            self._open.append(("node", self.xml.line, attributes.get("id", ""), "", {}))
        elif kind == "edge":
            self._open.append(("edge", self.xml.line, attributes.get("source", ""), attributes.get("target", ""), {}))
        elif kind == "data":
            self._key, self._words = attributes.get("key", ""), []
        elif kind == "hyperedge":
            self._intake.skip(self.xml.line, "an edge has two ends")

    def _says(self, words: str) -> None:
        if self._key:
            self._words.append(words)

    def _end(self, name: str) -> None:
        kind = name.rpartition(" ")[2]
        if kind == "data":
            said = "".join(self._words)
            if self._key and self._open and said.strip():
                self._open[-1][4][self._keys.get(self._key, self._key)] = said
            self._key, self._words = "", []
        elif self._open and kind == self._open[-1][0]:
            _kind, line, first, second, said_of = self._open.pop()
            (self._node if kind == "node" else self._edge)(line, first, second, said_of)

    def _node(self, line: int, key: str, _second: str, said: dict[str, str]) -> None:
        if not key:
            self._intake.skip(line, "a node must have an id")
            return
        if TERM in said:
            self._nodes[key] = said[TERM]
            return
        name = said.get(self._options.label, "").strip()
        subject = entity(name) if self._options.identity == "name" and name else expand(key)
        if subject != expand(key):
            self._nodes[key] = subject
        if name:
            self.found.append((line, Statement(subject, LABELS[1], literal(name))))
        for attribute, value in said.items():
            if attribute != self._options.label and self._options.attributes:
                self.found.append((line, Statement(subject, relation(attribute), literal(value.strip()))))

    def _edge(self, line: int, source: str, target: str, said: dict[str, str]) -> None:
        if not (source and target):
            self._intake.skip(line, "an edge must have a source and a target")
            return
        if PREDICATE in said:
            self._whole(line, self._nodes.get(source, ""), said[PREDICATE], self._nodes.get(target, ""))
            return
        name = said.get(self._options.relation, "").strip() or "related_to"
        predicate = BROADER[0] if name.lower() in _IS_A else expand(name) if "://" in name else relation(name)
        if self._options.identity == "name" and not (source in self._nodes and target in self._nodes):
            self._waiting.append((line, source, predicate, target))
        else:
            self.found.append((line, Statement(self._term(source), predicate, self._term(target))))

    def _whole(self, line: int, *terms: str) -> None:
        canonical, reason = oxi.check_line(f"{' '.join(terms)} .".encode(errors="replace"))
        if canonical is None:
            self._intake.skip(line, reason or "its terms are no statement")
            return
        subject, predicate, object = canonical.decode().removesuffix(" .\n").split(" ", 2)
        self.found.append((line, Statement(subject, predicate, object)))

    def _term(self, key: str) -> str:
        return self._nodes.get(key) or expand(key)

    def late(self) -> Iterator[tuple[int, Statement]]:
        """The edges that came before the nodes that they join."""
        for line, source, predicate, target in self._waiting:
            yield line, Statement(self._term(source), predicate, self._term(target))


GRAPHML = SourceEntry("graphml", "GraphML", N_("Graphs of yEd, Gephi, Cytoscape, networkx: nodes with attributes, edges with a relation."), GraphmlOptions, (".graphml",), read)

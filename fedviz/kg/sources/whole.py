"""An export of ours (N-Quads or TriG) becomes the graph that it was: sources under their keys, statuses, evidence, merges and rules, in one version.

A file is data of somebody: what it says beside its statements is taken only where it has the form that exports have, and the rest is told as skipped.
Imported by `load.import_file` instead, the same file is one source like any other.
"""

import re
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import IO, Any, cast

import numpy as np
from pydantic import Field, ValidationError

from fedviz.core.errors import FedvizError, InputError
from fedviz.core.i18n import N_
from fedviz.core.types import Record
from fedviz.kg.export import LINE_NUMBERS, LINES, RULES
from fedviz.kg.reason import derive
from fedviz.kg.reason.rules import BUILT_IN, Rule
from fedviz.kg.reason.rules import read as read_rules
from fedviz.kg.sources import guards
from fedviz.kg.sources.base import BLOCK_LINES, opened
from fedviz.kg.store import evidence, folder, oxi
from fedviz.kg.store.change import Change, Intake, change
from fedviz.kg.store.evidence import EVIDENCE, PROVENANCE
from fedviz.kg.store.lines import Block, LineIndex, UInts, unpacked
from fedviz.kg.store.records import Skipped, SourceInfo, Status
from fedviz.kg.store.store import GraphStore
from fedviz.kg.store.terms import DCT, FEDVIZ, PROV, Statement, value

FORMATS = {".nq": "n-quads", ".trig": "trig"}
_BEGINNING = 1 << 16
_MAX_SOURCES = 10_000
_MAX_DESCRIPTION = 64 << 20
_KEY = re.compile(r"[1-9][0-9]{0,8}-[a-z0-9-]{1,45}\Z")
_GRAPH = re.compile(rf"{FEDVIZ}source:([^:]+)(?::(disputed|rejected))?\Z")
_SAYS = {"title": f"<{DCT}title>", "origin": f"<{DCT}source>", "licence": f"<{DCT}license>"} | {part: f"<{FEDVIZ}{part}>" for part in ("reader", "method", "party", "sha256", "confidence")}
_Said = dict[str, dict[str, list[str]]]


class Restored(Record):
    """What came back: the sources, lines of evidence, what could not be used; `same`: whether the digest is the one that the export names (statements, sources and statuses)."""

    sources: tuple[SourceInfo, ...]
    evidence: int
    skipped: int = 0
    examples: tuple[Skipped, ...] = ()
    left_out: dict[str, int] = Field(default_factory=dict)
    same: bool

    @property
    def statements(self) -> int:
        """Statements of all sources, each source's own."""
        return sum(sum(source.counts.values()) for source in self.sources)


def format_of(name: str) -> str:
    """The format that a file's name suggests, also before .gz or .bz2; empty where no whole graph is kept in such a file."""
    path = Path(name.lower())
    return FORMATS.get((path.with_suffix("") if path.suffix in (".gz", ".bz2") else path).suffix, "")


def is_whole(path: Path, format: str) -> bool:
    """Whether a file of that format ("" never) describes its sources at its beginning, as an export of ours does."""
    if not format:
        return False
    try:
        with opened(path, Intake()) as (file, _digest):
            start = file.read(_BEGINNING)
    except (InputError, OSError, EOFError):
        return False
    return f"<{PROVENANCE}>".encode() in start or b"fv:provenance {" in start


def import_whole(graph: str, path: Path, format: str, intake: Intake | None = None) -> Restored:
    """Fill an empty graph (made before, or by `load.into`) with an export. Raises `InputError` with one sentence, and `Cancelled`; then the graph is as it was."""
    told = intake or Intake()
    if folder.read(graph).sources:
        raise InputError(f"A graph comes back as it was only under a new name, but {graph!r} has sources already; choose another name, or import the file as one source.")
    with tempfile.TemporaryDirectory() as temporary:
        parts = _Parts(Path(temporary), told)
        with opened(path, told) as (file, _digest):
            parts.sort(cast(IO[bytes], guards.turtle(file)), format)
        sources = _sources(parts, told)
        if not sources:
            raise InputError(f"{path.name[:80]} describes no source, as an export with sources does; import it as one source.")
        restored: list[SourceInfo] = []
        with change(graph, f"Brought back from {path.name[:80]}") as write:
            for source in sources:
                restored.append(_bring_back(write, source, parts, told))
            write.evidence_lines(parts.blocks(EVIDENCE, told))
            about = next((said for about, said in parts.said.items() if about.startswith(f"<{FEDVIZ}graph:")), {})
            language = value(about.get(f"<{DCT}language>", ['"en"'])[0])
            write.info = write.info.model_copy(update={"language": language[:20]})
    store = GraphStore(graph)
    _rules(store, parts.said, told)
    named = value(about.get(f"<{FEDVIZ}digest>", ['""'])[0])
    return Restored(
        sources=tuple(restored), evidence=parts.count[EVIDENCE], skipped=told.skipped, examples=tuple(told.examples), left_out=dict(told.left), same=named[:16] == store.digest[:16]
    )


class _Parts:
    """A file taken apart: what it says of its sources (`said`: subject -> predicate -> objects), and a file of N-Triples for each named graph that is used."""

    def __init__(self, place: Path, told: Intake) -> None:
        self._place, self._told = place, told
        self._waiting: dict[str, list[bytes]] = {}
        self._numbers: dict[str, int] = {}
        self.count: Counter[str] = Counter()
        self.said: _Said = {}
        self._length = 0

    def sort(self, file: IO[bytes], format: str) -> None:
        for number, (row, graph) in enumerate(oxi.quads(file, format, lambda fault: self._told.skip(fault.line, fault.reason), scope="export")):
            if number % 10_000 == 0:
                self._told.check()
            if graph == PROVENANCE:
                self._describe(row)
            elif graph == EVIDENCE:
                if evidence.is_sound(row):
                    self._keep(graph, row)
                else:
                    self._told.leave(N_("evidence in a form that exports do not have"))
            elif row.object.startswith("<<"):
                self._told.leave(N_("a statement about a statement"))
            elif (found := _GRAPH.match(graph)) and _KEY.match(found[1]):
                self._keep(graph, row)
            else:
                self._told.leave(N_("in no source of the export"))
        for graph in list(self._waiting):
            self._write(graph)

    def blocks(self, graph: str, told: Intake) -> Iterator[Block]:
        """The lines of a graph, each once at least."""
        if graph not in self._numbers:
            return
        with self._file(graph).open("rb") as file:
            while lines := file.readlines(4 << 20):
                told.check()
                yield Block(lines)

    def _describe(self, row: Statement) -> None:
        self._length += len(row.object) + 100
        if self._length > _MAX_DESCRIPTION:
            raise InputError(f"An export describes its sources in at most {_MAX_DESCRIPTION >> 20} MB; import it as one source.")
        self.said.setdefault(row.subject, {}).setdefault(row.predicate, []).append(row.object)

    def _keep(self, graph: str, row: Statement) -> None:
        self.count[graph] += 1
        waiting = self._waiting.setdefault(graph, [])
        waiting.append(row.line)
        if len(waiting) >= BLOCK_LINES:
            self._write(graph)

    def _write(self, graph: str) -> None:
        if self._numbers.setdefault(graph, len(self._numbers)) > _MAX_SOURCES:
            raise InputError(f"An export has at most {_MAX_SOURCES:,} parts; import it as one source.")
        with self._file(graph).open("ab") as file:
            file.writelines(self._waiting.pop(graph))

    def _file(self, graph: str) -> Path:
        return self._place / f"{self._numbers[graph]}.nt"


def _sources(parts: _Parts, told: Intake) -> list[SourceInfo]:
    """The sources that the description names, in the order of their keys; statements of a source that it does not name are told as left out."""
    found = []
    for about, said in parts.said.items():
        key = value(about).removeprefix(f"{FEDVIZ}source:")
        if _KEY.match(key) and f"<{PROV}wasGeneratedBy>" in said:
            found.append(_source(key, said, parts.said))
    keys = {source.key for source in found}
    for graph, count in parts.count.items():
        if (match := _GRAPH.match(graph)) and match[1] not in keys:
            told.leave(N_("in no source of the export"), count)
    return sorted(found, key=lambda source: (int(source.key.partition("-")[0]), source.key))


def _source(key: str, said: Mapping[str, list[str]], everything: _Said) -> SourceInfo:
    known: dict[str, Any] = {name: value(said[predicate][0]) for name, predicate in _SAYS.items() if predicate in said}
    date = everything.get(f"<{FEDVIZ}activity:{key}>", {}).get(f"<{PROV}endedAtTime>")
    if date:
        known["date"] = value(date[0])
    try:
        return SourceInfo(**{"title": "", "reader": "", **known, "key": key})
    except ValidationError:
        raise InputError(f"The export describes its source {key[:60]} in a way that cannot be: a confidence lies between 0 and 1; import it as one source.") from None


def _bring_back(write: Change, source: SourceInfo, parts: _Parts, told: Intake) -> SourceInfo:
    usual: Status = "derived" if source.reader == derive.READER else "asserted"
    iris: dict[Status, str] = {usual: f"{FEDVIZ}source:{source.key}"} | {status: f"{FEDVIZ}source:{source.key}:{status}" for status in ("disputed", "rejected")}
    held: dict[Status, Callable[[Intake], Iterator[Block]]] = {status: partial(parts.blocks, graph) for status, graph in iris.items() if status == usual or graph in parts.count}
    packed = parts.said[f"<{FEDVIZ}source:{source.key}>"].get(LINE_NUMBERS, [])
    inner = Intake(cancelled=told.cancelled)
    added = write.bring_back(source, held, inner, lambda digests: _lines(packed, digests, told))
    for entry in inner.examples:
        told.skip(0, entry.reason)
    return added


def _lines(packed: list[str], digests: UInts, told: Intake) -> LineIndex | None:
    """Where the statements stood in their file; None, told, where what is said of it does not fit them."""
    if not packed:
        return None
    found = np.zeros(len(digests), np.uint32)
    seen = 0
    try:
        for start, _space, text in (value(entry).partition(" ") for entry in packed):
            first = int(start)
            count = min(LINES, len(digests) - first)
            found[first : first + count] = unpacked(text, count)
            seen += count
    except ValueError:
        seen = -1
    if seen != len(digests):
        told.skip(0, "the line numbers of a source do not fit its statements")
        return None
    return LineIndex(digests, found)


def _rules(store: GraphStore, said: _Said, told: Intake) -> None:
    """The rules behind conclusions, where they are built in or can be read as somebody would write them."""
    for about, entries in said.items():
        key = value(about).removeprefix(f"{FEDVIZ}source:")
        source = store.info.source(key)
        if RULES not in entries or source is None or source.reader != derive.READER:
            continue
        try:
            known = derive.RuleSet.model_validate_json(value(entries[RULES][0]))
            sound = known.key == key and all(map(_is_rule, known.rules))
        except (ValidationError, FedvizError):
            sound = False
        if sound:
            derive.keep(store, known)
        else:
            told.skip(0, "the rules behind its conclusions are none that can be followed")


def _is_rule(rule: Rule) -> bool:
    if rule == BUILT_IN.get(rule.name):
        return True
    return any(rule.model_copy(update={"name": "", "title": ""}) == one.model_copy(update={"name": "", "title": ""}) for one in read_rules(rule.sparql, "own"))

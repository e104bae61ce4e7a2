"""N-Triples: one statement a line (W3C, RDF 1.2 N-Triples). Lines go on as they are, so that a million of them cost little more than Oxigraph itself."""

from collections.abc import Iterator
from typing import IO, Literal

import numpy as np

from fedviz.core.i18n import N_
from fedviz.core.options import Options
from fedviz.kg.sources.base import SourceEntry, chunks, numbered, text
from fedviz.kg.store import oxi
from fedviz.kg.store.change import Intake
from fedviz.kg.store.lines import Block, numbers
from fedviz.kg.store.terms import Statement

_ODD = (b"\\", b"\t", b"\r", b"  ", b"_:", b"\n\n", b"\n#", b"\xef\xbb\xbf", b"<<", b"\x7f", b"\x00")
"""What canonical lines do not have, but for `_:` and `<<` in an IRI or a text: chunks with any of it are read line by line."""


class NTriplesOptions(Options):
    """N-Triples has no options."""

    name: Literal["n-triples"] = "n-triples"


def read(file: IO[bytes], options: NTriplesOptions, intake: Intake, scope: str) -> Iterator[Block]:
    """The lines of a file, in canonical form; what is no statement is skipped and told."""
    for first, whole in chunks(file, intake):
        rows = whole.split(b"\n")[:-1]
        if _odd(whole):
            yield _one_by_one(rows, first, intake, scope)
        else:
            yield Block([row + b"\n" for row in rows], np.arange(first, first + len(rows), dtype=np.uint32))


def _odd(whole: bytes) -> bool:
    """Whether lines may differ from their canonical form. A newline is never inside a statement, so counting ends is enough."""
    return whole.startswith((b"#", b" ", b"\n")) or any(sign in whole for sign in _ODD) or whole.count(b" .\n") != whole.count(b"\n")


def _one_by_one(rows: list[bytes], first: int, intake: Intake, scope: str) -> Block:
    kept: list[bytes] = []
    places: list[int] = []
    for number, row in enumerate(rows, first):
        line: bytes | None = row + b"\n"
        if _odd(row + b"\n"):
            line, reason = oxi.check_line(row, scope)
            if reason:
                intake.skip(number, reason)
        if line is not None:
            kept.append(line)
            places.append(number)
    return Block(kept, numbers(places))


def statements(file: IO[bytes], intake: Intake, scope: str) -> Iterator[tuple[int, Statement]]:
    """(line, statement) of a file of N-Triples; what is no statement is skipped and told. Lines that look canonical are checked when they are loaded."""
    for number, row in numbered(file, intake):
        line: bytes | None = row + b"\n"
        if _odd(row + b"\n"):
            line, reason = oxi.check_line(row, scope)
            if reason:
                intake.skip(number, reason)
        parts = text(line, 0, intake) if line is not None else None
        if parts is None:
            continue
        subject, _space, rest = parts.removesuffix(" .").partition(" ")
        predicate, _space, object = rest.partition(" ")
        if object:
            yield number, Statement(subject, predicate, object)
        elif parts:
            intake.skip(number, "it is no statement of N-Triples")


NTRIPLES = SourceEntry(
    "n-triples", "N-Triples", N_("One statement a line: the form in which DBpedia, Wikidata and most others publish their dumps."), NTriplesOptions, (".nt", ".ntriples"), read
)

"""Tables of triples: CSV or TSV with a column for the head, the relation and the tail, and more if they are there."""

import csv
from collections.abc import Iterator
from typing import IO, Annotated, Literal

from pydantic import Field

from fedviz.core.errors import InputError
from fedviz.core.i18n import N_
from fedviz.core.options import Options
from fedviz.kg.sources.base import MAX_LINE_BYTES, SourceEntry, blocks, numbered, text
from fedviz.kg.store import oxi
from fedviz.kg.store.change import Intake
from fedviz.kg.store.lines import Block
from fedviz.kg.store.memory import BROADER, LABELS
from fedviz.kg.store.terms import Statement, expand, literal, relation

_TERMS = ("subject", "predicate", "object")
"""A header that says that the cells are whole terms in N-Triples."""
csv.field_size_limit(MAX_LINE_BYTES)
_IS_A = ("is_a", "is a", "subclassof")


class TableOptions(Options):
    """Options of `table`."""

    name: Literal["table"] = "table"
    delimiter: Annotated[
        Literal["auto", "comma", "tab", "semicolon", "pipe"], Field(title="Separator", description="What stands between columns. `auto` looks at the first line.")
    ] = "auto"
    head: Annotated[str, Field(min_length=1, title="Column of the head", description="Its name in the first line, or its number from 1 where there is no header.")] = "1"
    relation: Annotated[
        str, Field(min_length=1, title="Column of the relation", description="Its name or number; with `=` before it, one relation for every line, as in `=part_of`.")
    ] = "2"
    tail: Annotated[str, Field(min_length=1, title="Column of the tail", description="Its name in the first line, or its number from 1 where there is no header.")] = "3"
    header: Annotated[bool, Field(title="First line is a header", description="Whether the first line names the columns.")] = True
    literals: Annotated[
        bool, Field(title="Tails are values", description="Whether tails are values, such as numbers and descriptions, instead of entities.")
    ] = False


def read(file: IO[bytes], options: TableOptions, intake: Intake, scope: str) -> Iterator[Block]:
    """A statement for each line, and the name of each entity; lines that lack a cell are told. `InputError` where a column is not there."""
    return blocks(_rows(file, options, intake))


def rows_of(file: IO[bytes], delimiter: str, intake: Intake) -> Iterator[tuple[int, list[str]]]:
    """(line number, cells) of each line of a table that is not empty; lines that are none are told."""
    separator = ""
    for number, raw in numbered(file, intake):
        line = text(raw, number, intake)
        if line is None or not line.strip():
            continue
        separator = separator or separator_of(delimiter, line)
        try:
            yield number, next(csv.reader([line], delimiter=separator, strict=True))
        except (csv.Error, StopIteration) as error:
            intake.skip(number, f"it is no line of a table: {error}")


def _rows(file: IO[bytes], options: TableOptions, intake: Intake) -> Iterator[tuple[int, Statement]]:
    columns: tuple[int, int, int] | None = None
    named, whole = set[str](), False
    for number, cells in rows_of(file, options.delimiter, intake):
        if columns is None:
            whole = options.header and [cell.strip() for cell in cells[:3]] == list(_TERMS)
            columns = tuple(column_of(asked, cells, options.header) for asked in (options.head, options.relation, options.tail))
            if options.header:
                continue
        if whole:
            yield from _statement(number, cells, intake)
            continue
        try:
            head, name, tail = (options.relation[1:] if place < 0 else cells[place].strip() for place in columns)
        except IndexError:
            intake.skip(number, f"it has {len(cells)} cells, and column {max(columns) + 1} is needed")
            continue
        if not (head and name and tail):
            intake.skip(number, "head, relation and tail must not be empty")
            continue
        subject = expand(head)
        object = literal(tail) if options.literals else expand(tail)
        for words, term in ((head, subject), *(() if options.literals else ((tail, object),))):
            if term not in named and words != term:
                named.add(term)
                yield number, Statement(term, LABELS[1], literal(words))
        yield number, Statement(subject, BROADER[0] if name.lower() in _IS_A else expand(name) if "://" in name else relation(name), object)


def _statement(number: int, cells: list[str], intake: Intake) -> Iterator[tuple[int, Statement]]:
    """A row of whole terms, as exports and tables of SPARQL have them."""
    canonical, reason = oxi.check_line(f"{' '.join(cells[:3])} .".encode(errors="replace"))
    if canonical is None:
        intake.skip(number, reason or "its terms are no statement")
        return
    subject, predicate, object = canonical.decode().removesuffix(" .\n").split(" ", 2)
    yield number, Statement(subject, predicate, object)


def separator_of(asked: str, line: str) -> str:
    """The sign between columns: the one that is asked for, or with `auto` the most frequent one of a line."""
    signs = {"comma": ",", "tab": "\t", "semicolon": ";", "pipe": "|"}
    return signs[asked] if asked in signs else max(signs.values(), key=line.count)


def column_of(asked: str, cells: list[str], header: bool) -> int:
    """The place of a column from 0; -1 for a constant."""
    if asked.startswith("="):
        return -1
    if header and asked in cells:
        return cells.index(asked)
    if asked.isdecimal() and 1 <= int(asked) <= len(cells):
        return int(asked) - 1
    known = ", ".join(repr(cell[:40]) for cell in cells[:20]) if header else f"1 to {len(cells)}"
    raise InputError(f"The table has no column {asked[:40]!r}; it has: {known}.")


TABLE = SourceEntry("table", N_("Table of triples"), N_("CSV or TSV with columns for head, relation and tail, mapped by name or number."), TableOptions, (".csv", ".tsv", ".txt"), read)

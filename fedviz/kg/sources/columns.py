"""Tables of things: a line for each thing, a column for each of its attributes, as spreadsheets have them. Quantities come in one unit, dates as ISO 8601.

What a column holds is said as in `weight:quantity g; built:date; maker:entity`: name or number of the column, and its kind. `auto` takes a cell for what it looks like.
"""

import re
from collections.abc import Iterator
from typing import IO, Annotated, Literal, NamedTuple, get_args

from pydantic import Field

from fedviz.core.errors import InputError
from fedviz.core.i18n import N_
from fedviz.core.options import Options
from fedviz.kg.construct.quantities import is_known_unit
from fedviz.kg.construct.units import NUMBER, Order, day, measured, quantity, said
from fedviz.kg.sources.base import SourceEntry, blocks
from fedviz.kg.sources.table import column_of, rows_of
from fedviz.kg.store.change import Intake
from fedviz.kg.store.lines import Block
from fedviz.kg.store.memory import LABELS
from fedviz.kg.store.terms import XSD, Statement, expand, literal, relation

Kind = Literal["auto", "quantity", "number", "date", "text", "entity"]
KINDS: tuple[str, ...] = get_args(Kind)
_IN_BRACKETS = re.compile(r"(.*\S)\s*[(\[]([^()\[\]]{1,20})[)\]]")
_MISSING = frozenset(("", "-", "\u2013", "?", "na", "n/a", "nan", "null", "none"))
EMPTY = N_("empty cells")


class ColumnsOptions(Options):
    """Options of `columns`."""

    name: Literal["columns"] = "columns"
    delimiter: Annotated[
        Literal["auto", "comma", "tab", "semicolon", "pipe"], Field(title="Separator", description="What stands between columns. `auto` looks at the first line.")
    ] = "auto"
    header: Annotated[bool, Field(title="First line is a header", description="Whether the first line names the columns.")] = True
    entity: Annotated[str, Field(min_length=1, max_length=200, title="Column of the thing", description="Its name in the first line, or its number from 1.")] = "1"
    attributes: Annotated[
        str,
        Field(
            max_length=5000, title="Attributes",
            description="Columns with what they hold, as in `weight:quantity g; built:date; maker:entity`. Kinds: auto, quantity (with the unit of bare numbers), number, date, text, entity. Empty: all other columns, as they look.",
        ),
    ] = ""  # fmt: skip
    dates: Annotated[Order, Field(title="Order in dates", description="What stands first in a date that is written in numbers and does not begin with the year.")] = "year-first"


class _Column(NamedTuple):
    place: int
    title: str
    relation: str
    kind: str
    unit: str


def read(file: IO[bytes], options: ColumnsOptions, intake: Intake, scope: str) -> Iterator[Block]:
    """The name and the attributes of each thing; a cell that is not what its column holds is told with its line and left out. `InputError` where a column or a unit is not there."""
    return blocks(_rows(file, options, intake))


def _rows(file: IO[bytes], options: ColumnsOptions, intake: Intake) -> Iterator[tuple[int, Statement]]:
    columns: list[_Column] | None = None
    thing, named = 0, set[str]()
    for number, cells in rows_of(file, options.delimiter, intake):
        if columns is None:
            thing = column_of(options.entity, cells, options.header)
            if thing < 0:
                raise InputError("The thing of a line is a column, not a constant.")
            columns = list(_columns(options, cells, thing))
            if options.header:
                continue
        name = cells[thing].strip() if thing < len(cells) else ""
        if not name:
            intake.skip(number, "the cell of the thing is empty")
            continue
        subject = expand(name)
        yield from _named(subject, name, number, named)
        for column in columns:
            cell = cells[column.place].strip() if column.place < len(cells) else ""
            if cell.lower() in _MISSING:
                intake.leave(EMPTY)
                continue
            try:
                term = _term(cell, column, options.dates)
            except InputError as error:
                intake.skip(number, f"column {column.title[:60]}: {error}")
                continue
            if term.startswith("<"):
                yield from _named(term, cell, number, named)
            yield number, Statement(subject, column.relation, term)


def _named(term: str, words: str, number: int, named: set[str]) -> Iterator[tuple[int, Statement]]:
    if term not in named and term != words:
        named.add(term)
        yield number, Statement(term, LABELS[1], literal(words))


def _columns(options: ColumnsOptions, first: list[str], thing: int) -> Iterator[_Column]:
    """The columns that are read, as the option or else the first line says."""
    asked = [part.strip() for part in options.attributes.split(";") if part.strip()] or [str(place + 1) for place in range(len(first)) if place != thing]
    for entry in asked:
        column, kind, unit = _parsed(entry)
        place = column_of(column, first, options.header)
        if place < 0:
            raise InputError(f"An attribute is a column, not a constant, but got {entry[:60]!r}.")
        title = first[place].strip() if options.header else f"column {place + 1}"
        found = _IN_BRACKETS.fullmatch(title)
        bare = found[1] if found else title
        if found and not unit and (_is_unit(found[2]) if kind == "quantity" else kind == "auto" and is_known_unit(found[2])):
            kind, unit = "quantity", found[2]
        elif unit and not _is_unit(unit):
            raise InputError(f"{unit[:40]!r} is no unit of measure, in the attribute {entry[:60]!r}.")
        yield _Column(place, title, relation(bare or f"column {place + 1}"), kind, unit)


def _parsed(entry: str) -> tuple[str, str, str]:
    """(column, kind, unit) of `weight:quantity g`; the kind is looked for behind the last colon, since names of columns may have colons."""
    column, colon, rest = entry.rpartition(":")
    kind, _space, unit = rest.strip().partition(" ")
    if not colon:
        return entry, "auto", ""
    if kind not in KINDS or (unit and kind != "quantity"):
        raise InputError(f"The attribute {entry[:60]!r} must be a column and one of {', '.join(KINDS)}, and only a quantity has a unit, as in `weight:quantity g`.")
    return column.strip(), kind, unit.strip()


def _is_unit(words: str) -> bool:
    try:
        return bool(measured("1", words))
    except InputError:
        return False


def _term(cell: str, column: _Column, order: Order) -> str:
    """A cell as a term; `InputError` where it is not what its column holds."""
    if column.kind == "entity":
        return expand(cell)
    if column.kind == "number":
        if not NUMBER.fullmatch(cell):
            raise InputError(f"{cell[:40]!r} is no number")
        return _number(cell)
    if column.kind == "date":
        return literal(day(cell, order), datatype=f"{XSD}date")
    if column.kind == "quantity":
        return literal(quantity(cell, column.unit))
    return _looks_like(cell, order) if column.kind == "auto" else literal(cell)


def _looks_like(cell: str, order: Order) -> str:
    """A number, a date or a quantity where a cell is one; else its words."""
    if NUMBER.fullmatch(cell):
        return _number(cell)
    try:
        return literal(day(cell, order), datatype=f"{XSD}date")
    except InputError:
        pass
    try:
        return literal(said(cell))
    except InputError:
        return literal(cell)


def _number(cell: str) -> str:
    plain = cell.replace(",", "")
    return literal(plain, datatype=f"{XSD}double" if "e" in plain.lower() else f"{XSD}decimal" if "." in plain else f"{XSD}integer")


COLUMNS = SourceEntry(
    "columns", N_("Table of things and attributes"), N_("CSV or TSV with a line for each thing: quantities are brought to one unit, dates to ISO 8601; cells that are neither are told."), ColumnsOptions, (), read
)

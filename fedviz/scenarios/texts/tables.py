"""Files as rows of named cells: CSV (RFC 4180), JSON lines, Parquet. Every row comes with its line; a row that is none is told and left out.

Nothing here trusts a file: what it claims is checked before memory is asked for, and whatever the libraries raise ends in one sentence.
"""

import csv
import io
import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from fedviz.core.errors import InputError
from fedviz.core.i18n import N_
from fedviz.kg.sources.base import MAX_LINE_BYTES
from fedviz.scenarios.texts.records import MAX_BYTES, MAX_ROWS, Intake, TextsOptions

Cells = Mapping[str, Any]
_ENDINGS = {".csv": "csv", ".tsv": "csv", ".txt": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "jsonl", ".parquet": "parquet"}
_PACKED = {b"PK\x03\x04": N_("a ZIP archive or a workbook"), b"\x1f\x8b": N_("compressed"), b"BZh": N_("compressed"), b"\x28\xb5\x2f\xfd": N_("compressed"), b"\xd0\xcf\x11\xe0": N_("a workbook")}
csv.field_size_limit(MAX_LINE_BYTES)
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_MAX_COLUMNS = 1000
_BATCH_ROWS = 1024


class File(NamedTuple):
    """A file as it was brought: its name, which is data and never a path, and its bytes."""

    name: str
    data: bytes


def format_of(file: File, options: TextsOptions) -> str:
    """The format of a file, as it is chosen or by the ending of its name. `InputError` where that says nothing, or where the file must be unpacked first."""
    for magic, what in _PACKED.items():
        if file.data.startswith(magic):
            raise InputError(f"The file {file.name[:80]!r} is {what}, which is not read; bring CSV, JSON lines or Parquet.")
    if options.format != "ending":
        return options.format
    ending = known_ending(file.name)
    if not ending:
        raise InputError(f"The ending of {file.name[:80]!r} names no format that is known ({', '.join(_ENDINGS)}); choose the format.")
    return ending


def known_ending(name: str) -> str:
    """The format that a file's name suggests; empty where it suggests none."""
    return next((found for ending, found in _ENDINGS.items() if name.lower().endswith(ending)), "")


def rows(file: File, options: TextsOptions, intake: Intake) -> Iterator[tuple[int, Cells]]:
    """(line, cells by column) of every row of a file. `InputError` where the file as a whole cannot be read."""
    read = {"csv": _csv, "jsonl": _json_lines, "parquet": _parquet}[format_of(file, options)]
    intake.file = file.name
    if not file.data.strip():
        raise InputError(f"The file {file.name[:80]!r} is empty.")
    yield from read(file, options, intake)


def _text(file: File, options: TextsOptions) -> str:
    """The whole file decoded; bytes that the encoding does not know become half pairs, by which their row is found out."""
    if file.data[:2] in _UTF16:
        return file.data.decode("utf-16", "replace")
    encoding = "utf-8-sig" if options.encoding == "utf-8" else options.encoding
    return file.data.decode(encoding, "surrogateescape")


def _fault(text: str, options: TextsOptions) -> str | None:
    """Why a row's text is no text of this encoding; None where it is."""
    if text.isascii() and "\x00" not in text:
        return None
    bad = next((letter for letter in text if "\udc80" <= letter <= "\udcff"), None)
    if bad is not None:
        return f"it holds the byte {ord(bad) - 0xDC00:#04x}, which is not {options.encoding}; choose another encoding if all rows are like that"
    return "it holds a NUL character, so it is no text" if "\x00" in text else None


def _csv(file: File, options: TextsOptions, intake: Intake) -> Iterator[tuple[int, Cells]]:
    # Lines end at \n, \r\n and \r alone: str.splitlines would also cut at U+2028 and others, which may stand in a text.
    lines = io.StringIO(_text(file, options), newline=None)
    first = next((line for line in lines if line.strip()), "")
    lines.seek(0)
    reader = csv.reader(lines, delimiter=_separator(options.delimiter, first), strict=True)
    names: list[str] | None = None
    while True:
        line, before = reader.line_num + 1, reader.line_num
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            lost = max(1, reader.line_num - before)
            reason = f"a quotation mark opens here that nothing closes, so that {lost} lines are lost" if "unexpected end" in str(error) else f"it is no line of a table: {error}"
            intake.skip(line, reason, lost)
            continue
        if not any(cell.strip() for cell in cells):
            continue
        fault = _fault("".join(cells), options)
        if names is None:
            if fault:
                raise InputError(f"The first line of {file.name[:80]!r} cannot be read: {fault}.")
            names = unique(cells) if options.header else [f"column {place}" for place in range(1, len(cells) + 1)]
            if len(names) > _MAX_COLUMNS:
                raise InputError(f"`columns <= {_MAX_COLUMNS}` must hold, but {file.name[:80]!r} has columns={len(names)}.")
            if options.header:
                continue
        if fault or len(cells) != len(names):
            intake.skip(line, fault or f"it has {len(cells)} cells, and the table has {len(names)} columns")
            continue
        yield line, dict(zip(names, cells, strict=True))


def unique(cells: list[str]) -> list[str]:
    """Names for columns from a header: what is empty or stands twice gets its number, so that every column can be meant."""
    names: list[str] = []
    for place, cell in enumerate(cells, 1):
        name = " ".join(cell.split())[:200] or f"column {place}"
        names.append(name if name not in names else f"{name} (column {place})")
    return names


def _separator(asked: str, line: str) -> str:
    signs = {"comma": ",", "tab": "\t", "semicolon": ";", "pipe": "|"}
    return signs[asked] if asked in signs else max(signs.values(), key=line.count)


def _json_lines(file: File, options: TextsOptions, intake: Intake) -> Iterator[tuple[int, Cells]]:
    for number, line in enumerate(io.StringIO(_text(file, options), newline=None), 1):
        if not line.strip():
            continue
        reason = _fault(line, options)
        if reason is None:
            try:
                found = json.loads(line, object_pairs_hook=_once)
            except RecursionError:
                reason = "its values are nested too deep"
            except ValueError as error:
                reason = f"it is not JSON: {error}"
            else:
                if isinstance(found, dict):
                    yield number, found
                    continue
                reason = "it is no JSON object; JSON lines have one object a line"
        intake.skip(number, reason)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key stands twice in one object")
    if any("\ud800" <= letter <= "\udfff" for key in found for letter in key):
        raise ValueError("a key holds half a character")
    return found


def _parquet(file: File, options: TextsOptions, intake: Intake) -> Iterator[tuple[int, Cells]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        about = pq.read_metadata(io.BytesIO(file.data))
        claimed = sum(max(0, about.row_group(group).total_byte_size) for group in range(about.num_row_groups))
        if about.num_rows > MAX_ROWS or claimed > MAX_BYTES:
            raise InputError(f"`rows <= {MAX_ROWS}` and `bytes <= {MAX_BYTES}` must hold for {file.name[:80]!r}, but it claims rows={about.num_rows} and bytes={claimed}.")
        # Columns of lists and structures are never asked for. A dictionary keeps a long value that stands in many rows once; spelt out it could fill the memory.
        flat = [field for field in about.schema.to_arrow_schema() if not pa.types.is_nested(field.type)][:_MAX_COLUMNS]
        texts = [field.name for field in flat if pa.types.is_string(field.type) or pa.types.is_large_string(field.type)]
        opened = pq.ParquetFile(io.BytesIO(file.data), read_dictionary=texts, thrift_string_size_limit=16 << 20, thrift_container_size_limit=1 << 20)
        number = 0
        for batch in opened.iter_batches(batch_size=_BATCH_ROWS, columns=[field.name for field in flat], use_threads=False):
            columns = {name: _values(batch.column(place)) for place, name in enumerate(batch.schema.names)}
            for row in range(batch.num_rows):
                number += 1
                cells = {name: values[row] for name, values in columns.items()}
                broken = next((value for value in cells.values() if isinstance(value, _Broken)), None)
                if broken is not None:
                    intake.skip(number, f"a value cannot be read: {broken.reason}")
                    continue
                yield number, cells
    except (pa.ArrowException, OSError, ValueError, TypeError, KeyError, IndexError, OverflowError, MemoryError) as error:
        raise InputError(f"The file {file.name[:80]!r} is no Parquet that can be read: {' '.join(str(error).split())[:160]}.") from None


class _Broken(NamedTuple):
    """A value that is none, such as a string that is not UTF-8 or a date beyond the calendar."""

    reason: str


def _values(column: Any) -> list[Any]:
    """The values of a column of Arrow; those of a dictionary are made once and shared by all their rows."""
    import pyarrow as pa

    if isinstance(column, pa.DictionaryArray):
        known = _values(column.dictionary)
        return [None if place is None else known[place] for place in column.indices.to_pylist()]
    try:
        return column.to_pylist()
    except (ValueError, OverflowError):
        return [_value(cell) for cell in column]


def _value(cell: Any) -> Any:
    try:
        return cell.as_py()
    except (ValueError, OverflowError) as error:
        return _Broken(str(error))

"""A look at the beginning of a file before it is imported: the cells of a table, and the first statements that a reader makes of it."""

import bz2
import csv
import io
import zlib

from fedviz.core.options import Options
from fedviz.core.registry import SOURCES
from fedviz.kg.sources.columns import ColumnsOptions
from fedviz.kg.sources.table import TableOptions, separator_of
from fedviz.kg.store.change import Intake
from fedviz.kg.store.terms import Statement

_START_BYTES = 64 << 10


def beginning(data: bytes) -> bytes:
    """The first 64 kB of a file, decompressed; what cannot be decompressed ends it."""
    try:
        if data[:2] == b"\x1f\x8b":
            return zlib.decompressobj(31).decompress(data, _START_BYTES)
        if data[:3] == b"BZh":
            return bz2.BZ2Decompressor().decompress(data, _START_BYTES)
    except (OSError, EOFError, zlib.error, ValueError):
        return b""
    return data[:_START_BYTES]


def cells(start: bytes, options: TableOptions | ColumnsOptions, count: int = 6) -> list[list[str]]:
    """The cells of the first lines of a table; lines that are none are left out."""
    lines = [line for line in start.decode("utf-8-sig", "replace").splitlines()[:count] if line.strip()]
    separator = separator_of(options.delimiter, lines[0]) if lines else ","
    found = []
    for line in lines:
        try:
            found.append(next(csv.reader([line], delimiter=separator)))
        except (csv.Error, StopIteration):
            continue
    return found


def statements(start: bytes, options: Options, count: int = 5) -> list[Statement]:
    """The first statements that a reader makes of the beginning of a file. The last line may be cut off, so that faults mean nothing. `InputError` as in an import."""
    entry = SOURCES.get(options.name)
    found: list[Statement] = []
    for block in entry.read(io.BytesIO(start), options, Intake(), "preview"):
        for line in block.lines:
            parts = line.decode("utf-8", "replace").rstrip().removesuffix(" .").split(" ", 2)
            if len(parts) == 3:
                found.append(Statement(*parts))
            if len(found) >= count:
                return found
    return found

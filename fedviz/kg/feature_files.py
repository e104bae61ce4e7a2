"""Features from a user's file: a table of vectors or series (CSV, TSV), an npz, or a folder of pictures."""

import csv
from pathlib import Path

import numpy as np

from fedviz.core.errors import InputError
from fedviz.kg.features import MAX_CELLS, MAX_COLUMNS, EntityFeatures, Kind, from_bytes

PICTURES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp")
SIDE = 32
"""Pixels of a picture's side once it is read: colour and size do not count."""
_MAX_BYTES = 512 * 2**20
_MAX_PIXELS = 50_000_000


def read_features(path: Path, kind: Kind | None = None) -> EntityFeatures:
    """The features in a file or folder. The entity is the first column of a table, `ids` in an npz, and a picture's file name without its ending.

    `kind`: what a table's numbers are ("vector" unless told); the others know it. `InputError` where it cannot be read.
    """
    if path.is_dir():
        return _folder(path)
    if not path.is_file():
        raise InputError(f"There is no file or folder {str(path)[:200]!r}.")
    if path.stat().st_size > _MAX_BYTES:
        raise InputError(f"A file of features has at most {_MAX_BYTES // 2**20} MB, but this one has {path.stat().st_size // 2**20}.")
    if path.suffix.lower() == ".npz":
        return from_bytes(path.read_bytes())
    return _table(path, kind or "vector")


def _table(path: Path, kind: Kind) -> EntityFeatures:
    """The first line names the columns; an empty cell is a number that is not known; a series that is shorter than the longest ends in such cells."""
    ids: list[str] = []
    rows: list[list[float]] = []
    header: list[str] = []
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            lines = csv.reader(file, delimiter="\t" if path.suffix.lower() == ".tsv" else ",")
            header = next(lines, [])
            for line in lines:
                if line:
                    ids.append(line[0].strip())
                    rows.append([_number(cell, lines.line_num) for cell in line[1:]])
                    if len(rows) * max(1, len(header) - 1) > MAX_CELLS or len(line) - 1 > MAX_COLUMNS:
                        raise InputError(f"An entity carries at most {MAX_COLUMNS:,} numbers and a graph {MAX_CELLS:,}, but line {lines.line_num:,} is past that.")
    except (UnicodeDecodeError, csv.Error):
        raise InputError(f"A table of features is text in UTF-8 with a line an entity, but {path.name[:100]!r} is not.") from None
    width = max(map(len, rows), default=0)
    if kind == "vector":
        width = len(header) - 1
        wrong = next((place for place, row in enumerate(rows) if len(row) != width), None)
        if wrong is not None:
            raise InputError(f"Every line of a table of vectors has {width} numbers behind the entity, as the first line, but that of {ids[wrong][:80]!r} has {len(rows[wrong])}.")
    if not rows or width < 1:
        raise InputError("A table of features has a first line with names, and a line with an entity and its numbers, but none was found.")
    values = np.full((len(rows), width), np.nan, np.float32)
    for place, row in enumerate(rows):
        values[place, : len(row)] = row
    return EntityFeatures(kind, tuple(ids), values, columns=tuple(name.strip() for name in header[1:]) if kind == "vector" else ())


def _number(cell: str, line: int) -> float:
    try:
        return float(cell) if cell.strip() else np.nan
    except ValueError:
        raise InputError(f"Features are numbers, but line {line:,} has {cell[:40]!r}.") from None


def _folder(path: Path) -> EntityFeatures:
    from PIL import Image, UnidentifiedImageError

    ids, rows = [], []
    for file in sorted(path.iterdir()):
        if file.suffix.lower() in PICTURES and file.is_file():
            try:
                with Image.open(file) as picture:
                    if picture.width * picture.height > _MAX_PIXELS:
                        raise InputError(f"A picture has at most {_MAX_PIXELS:,} pixels, but {file.name[:100]!r} has {picture.width * picture.height:,}.")
                    rows.append(np.asarray(picture.convert("L").resize((SIDE, SIDE)), np.float32).reshape(-1) / 255)
            except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError):
                raise InputError(f"The picture {file.name[:100]!r} cannot be read.") from None
            ids.append(file.stem)
    if not rows:
        raise InputError(f"A folder of pictures has files named after their entity ({', '.join(PICTURES)}), but none was found.")
    return EntityFeatures("picture", tuple(ids), np.stack(rows), (SIDE, SIDE))

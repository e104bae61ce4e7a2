"""What entities carry beside names and triples: a picture, a series or a vector of numbers each, as rows of one table."""

import hashlib
import io
import zipfile
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from fedviz.core import seeds
from fedviz.core.errors import InputError

Kind = Literal["picture", "series", "vector"]
KINDS: tuple[Kind, ...] = get_args(Kind)
MAX_COLUMNS, MAX_CELLS = 16_384, 32_000_000
"""Numbers of one entity, and of all entities together (128 MB)."""


@dataclass(frozen=True, eq=False)
class EntityFeatures:
    """Numbers of entities: row i of `values` [entities, columns] belongs to `ids[i]`; nan where a number is not known.

    `shape`: height and width of a picture, whose rows are read line by line; empty for the other kinds. `columns`: names of a vector's numbers; empty where
    they have none. Read-only. `InputError` where the parts do not fit together.
    """

    kind: Kind
    ids: tuple[str, ...]
    values: NDArray[np.float32]
    shape: tuple[int, ...] = ()
    columns: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        values = np.array(self.values, dtype=np.float32)
        if self.kind not in KINDS:
            raise InputError(f"The kind of features is one of {', '.join(KINDS)}, but got {str(self.kind)[:40]!r}.")
        if values.ndim != 2 or values.shape[0] != len(self.ids) or not values.size:
            raise InputError(f"Features are a table with one row an entity, but got the shape {values.shape} for {len(self.ids)} entities.")
        if values.shape[1] > MAX_COLUMNS or values.size > MAX_CELLS:
            raise InputError(f"An entity carries at most {MAX_COLUMNS:,} numbers and a graph {MAX_CELLS:,}, but got {values.shape[1]:,} and {values.size:,}.")
        if len(set(self.ids)) < len(self.ids):
            raise InputError("Each entity carries features once, but an id occurs twice.")
        if np.isinf(values).any():
            raise InputError("Features are finite numbers (or empty where not known), but one is infinite.")
        if self.kind == "picture" and (len(self.shape) != 2 or int(np.prod(self.shape)) != values.shape[1]):
            raise InputError(f"A picture's height times width is its number of values, but got {self.shape} for {values.shape[1]}.")
        if self.columns and len(self.columns) != values.shape[1]:
            raise InputError(f"There is one name a column, but got {len(self.columns)} for {values.shape[1]}.")
        values.setflags(write=False)
        object.__setattr__(self, "values", values)

    def __len__(self) -> int:
        return len(self.ids)

    @cached_property
    def rows(self) -> Mapping[str, int]:
        """The row of each entity."""
        return {key: row for row, key in enumerate(self.ids)}

    def of(self, entity: str) -> NDArray[np.float32] | None:
        """An entity's numbers: [height, width] of a picture, else [columns]; None where it carries none."""
        row = self.rows.get(entity)
        if row is None:
            return None
        return self.values[row].reshape(self.shape) if self.kind == "picture" else self.values[row]

    @cached_property
    def standardised(self) -> NDArray[np.float32]:
        """Every column with mean 0 and deviation 1 over the entities [entities, columns]; 0 where a number is not known or a column says nothing."""
        known = np.isfinite(self.values)
        count = np.maximum(known.sum(0), 1)
        values = np.where(known, self.values.astype(np.float64), 0.0)
        mean = values.sum(0) / count
        away = np.where(known, values - mean, 0.0)
        deviation = np.sqrt((away**2).sum(0) / count)
        scaled = np.where(deviation > 1e-9 * np.maximum(1.0, np.abs(mean)), away / np.where(deviation > 0, deviation, 1.0), 0.0).astype(np.float32)
        scaled.setflags(write=False)
        return scaled

    @cached_property
    def digest(self) -> str:
        """Sixteen hex digits over kind, shape, names and numbers, whatever the order of the entities."""
        state = hashlib.blake2b("\x1f".join((self.kind, *map(str, self.shape), *self.columns, "\x1e")).encode(), digest_size=8)
        for key in sorted(self.ids):
            state.update(key.encode() + b"\x1f" + self.values[self.rows[key]].astype("<f4").tobytes())
        return state.hexdigest()

    def only(self, entities: Collection[str]) -> "EntityFeatures | None":
        """The rows of these entities; None where there are none."""
        kept = [row for row, key in enumerate(self.ids) if key in entities]
        if len(kept) == len(self.ids):
            return self
        return EntityFeatures(self.kind, tuple(self.ids[row] for row in kept), self.values[kept], self.shape, self.columns) if kept else None

    def shuffled(self, seed: int) -> "EntityFeatures":
        """The control: the same numbers, on the wrong entities."""
        order = seeds.generator(seed, "kg", "features").permutation(len(self.ids))
        return EntityFeatures(self.kind, self.ids, self.values[order], self.shape, self.columns)


def to_bytes(features: EntityFeatures) -> bytes:
    """The table as an npz file: no pickled object is in it."""
    file = io.BytesIO()
    np.savez_compressed(
        file, kind=np.array(features.kind), ids=np.array(features.ids, dtype=np.str_), values=features.values,
        shape=np.array(features.shape, np.int64), columns=np.array(features.columns, dtype=np.str_),
    )  # fmt: skip
    return file.getvalue()


def from_bytes(data: bytes) -> EntityFeatures:
    """What `to_bytes` wrote. `InputError` for anything else; nothing in the file is executed and no array larger than allowed is unpacked."""
    reason = "The file of features is damaged or of another make: it must be an npz file with the arrays ids and values."
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            if sum(part.file_size for part in packed.infolist()) > 8 * MAX_CELLS:
                raise InputError(f"A file of features holds at most {MAX_CELLS:,} numbers, but this one unpacks to more.")
        with np.load(io.BytesIO(data), allow_pickle=False) as found:
            parts = {name: found[name] for name in found.files}
        values = np.asarray(parts["values"], dtype=np.float32)
        pictures = values.ndim == 3
        kind = str(parts["kind"]) if "kind" in parts else "picture" if pictures else "vector"
        shape = values.shape[1:] if pictures else tuple(int(size) for size in parts.get("shape", ()))
        ids = tuple(str(key) for key in parts["ids"].reshape(-1))
        columns = tuple(str(name) for name in parts.get("columns", ()))
    except (ValueError, KeyError, OSError, EOFError, TypeError, MemoryError, zipfile.BadZipFile, NotImplementedError):
        raise InputError(reason) from None
    return EntityFeatures(kind, ids, values.reshape(len(values), -1) if pictures and len(values) else values, shape, columns)  # type: ignore[arg-type]

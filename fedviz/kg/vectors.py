"""The names of a graph as vectors, made once by a language model and kept in the data folder."""

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fedviz.carriers.home import data_home
from fedviz.core.files import write_atomic
from fedviz.kg.graph import KnowledgeGraph
from fedviz.kg.link import surface_forms

Embed = Callable[[Sequence[str]], NDArray[np.float32]]
"""`embed(texts)` gives unit rows, float32 [texts, width]."""

_CHUNK = 2048


def names_of(graph: KnowledgeGraph) -> tuple[tuple[str, str], ...]:
    """(surface form, entity id) of every name, short ones first, so that a batch holds texts of like length."""
    return tuple(sorted(surface_forms(graph).items(), key=lambda item: (len(item[0]), item[0])))


def vectors_path(graph: KnowledgeGraph, encoder: str) -> Path:
    """Where the vectors of a graph's names by that encoder (its key) lie, whether they are there or not."""
    state = hashlib.blake2b(digest_size=8)
    for form, entity in names_of(graph):
        state.update(f"{form}\x1f{entity}\x1e".encode())
    return data_home() / "derived" / f"names-{encoder}-{state.hexdigest()}.npy"


def load_vectors(graph: KnowledgeGraph, encoder: str) -> NDArray[np.float16] | None:
    """Unit rows in float16 [names, width] in the order of `names_of`, or None where they were not made (or are damaged)."""
    try:
        vectors = np.load(vectors_path(graph, encoder), mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError):
        return None
    return vectors if vectors.ndim == 2 and len(vectors) == len(names_of(graph)) else None


def make_vectors(graph: KnowledgeGraph, encoder: str, embed: Embed, progress: Callable[[int, int], None] = lambda done, total: None) -> NDArray[np.float16]:
    """The vectors, made now where they are missing; `progress(names done, names in all)`.

    The work is kept every 2,048 names, so that an interrupted run goes on where it stopped.
    """
    known = load_vectors(graph, encoder)
    names = names_of(graph)
    if known is not None:
        progress(len(names), len(names))
        return known
    path = vectors_path(graph, encoder)
    parts: list[Path] = []
    for start in range(0, len(names), _CHUNK):
        part = path.with_suffix(f".part{start}")
        parts.append(part)
        progress(start, len(names))
        if not part.exists():
            write_atomic(part, np.ascontiguousarray(embed([form for form, _ in names[start : start + _CHUNK]]), dtype=np.float16).tobytes())
    width = sum(part.stat().st_size for part in parts) // 2 // len(names)
    rows = np.frombuffer(b"".join(part.read_bytes() for part in parts), dtype=np.float16).reshape(len(names), width)
    _write_npy(path, rows)
    for part in parts:
        part.unlink(missing_ok=True)
    progress(len(names), len(names))
    return rows


def _write_npy(path: Path, rows: NDArray[np.float16]) -> None:
    from io import BytesIO

    buffer = BytesIO()
    np.save(buffer, rows, allow_pickle=False)
    write_atomic(path, buffer.getvalue())

"""The features of a graph's entities on disk: `features-DIGEST.npz` beside `graph.json`, which says by that digest which file counts.

A write that is killed leaves the graph with the features that it had: the new file is one that no description knows, and the next write removes it.
"""

from functools import lru_cache
from pathlib import Path

from fedviz.core.errors import InputError
from fedviz.core.files import write_atomic
from fedviz.kg.features import EntityFeatures, from_bytes, to_bytes
from fedviz.kg.graph import KnowledgeGraph
from fedviz.kg.store import folder
from fedviz.kg.store.records import GraphInfo
from fedviz.kg.store.store import locked


def read(info: GraphInfo) -> EntityFeatures | None:
    """The features of a graph's entities, of whatever entity; None where there are none. `InputError` where their file is gone or damaged."""
    return _read(_path(info.name, info.features), info.features) if info.features else None


@lru_cache(maxsize=4)
def _read(path: Path, digest: str) -> EntityFeatures:
    try:
        found = from_bytes(path.read_bytes())
    except OSError:
        raise InputError(f"The features of the graph are gone: {path.name} is not in its folder; import them again.") from None
    if found.digest != digest:
        raise InputError(f"The features of the graph are damaged: {path.name} holds other numbers than its name says; import them again.")
    return found


def write(graph: KnowledgeGraph, name: str, features: EntityFeatures | None) -> EntityFeatures | None:
    """Give the entities of the graph `name` these features, in the place of those that it has; None takes them away. Gives those that are kept.

    `graph` is that graph in memory: ids may also be names of its entities, and rows of what it does not know are left out. `InputError` where it knows none.
    """
    kept = known(graph, features) if features is not None else None
    if features is not None and kept is None:
        raise InputError(f"The graph {name!r} knows none of the {len(features):,} entities that the file names, the first of which is {features.ids[0][:80]!r}.")
    with locked(name):
        info = folder.read(name)
        if kept is not None:
            write_atomic(_path(name, kept.digest), to_bytes(kept))
        folder.write(info.model_copy(update={"features": kept.digest if kept is not None else ""}))
        for old in folder.graph_folder(name).glob("features-*.npz"):
            if kept is None or old != _path(name, kept.digest):
                old.unlink(missing_ok=True)
    return kept


def known(graph: KnowledgeGraph, features: EntityFeatures) -> EntityFeatures | None:
    """The rows of entities that the graph has, by id or by preferred name (of equal names the smaller id); the first row of each counts."""
    names = {graph.entities[key].name: key for key in sorted(graph.entities, reverse=True)}
    rows: dict[str, int] = {}
    for row, key in enumerate(features.ids):
        entity = key if key in graph.entities else names.get(key)
        if entity is not None:
            rows.setdefault(entity, row)
    return EntityFeatures(features.kind, tuple(rows), features.values[list(rows.values())], features.shape, features.columns) if rows else None


def _path(name: str, digest: str) -> Path:
    return folder.graph_folder(name) / f"features-{digest}.npz"

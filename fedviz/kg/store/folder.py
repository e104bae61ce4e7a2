"""Where graphs lie, what they are called, and which there are."""

import re
import shutil
from datetime import UTC, datetime
from pathlib import Path

from pydantic import ValidationError

from fedviz.carriers.home import data_home
from fedviz.core.errors import InputError, UnknownNameError
from fedviz.core.files import write_atomic
from fedviz.kg.store.records import GraphInfo

MANIFEST = "graph.json"
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}\Z")


def graphs_root() -> Path:
    """The folder of all graphs. It need not exist yet."""
    return data_home() / "graphs"


def slug(title: str) -> str:
    """A valid name made of a title: lower case letters, digits and hyphens; "graph" where nothing is left."""
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")[:40].strip("-") or "graph"


def graph_folder(name: str) -> Path:
    """The folder of the graph of that name, whether it is there or not; `InputError` for an impossible name."""
    if not _NAME.match(name):
        raise InputError(f"A graph's name has 1 to 40 lower-case letters, digits and hyphens, but got {name[:60]!r}.")
    return graphs_root() / name


def now() -> str:
    """The time, UTC, ISO 8601 to the second."""
    return datetime.now(UTC).replace(microsecond=0).isoformat()


def create(name: str, title: str = "", language: str = "en") -> GraphInfo:
    """A new, empty graph; `InputError` where the name is taken or impossible."""
    folder = graph_folder(name)
    if (folder / MANIFEST).exists():
        raise InputError(f"There is a graph named {name!r} already; choose another name or add to that one.")
    info = GraphInfo(name=name, title=title.strip()[:120] or name, created=now(), language=language)
    write(info)
    return info


def write(info: GraphInfo) -> None:
    """Write a graph's description, whole or not at all."""
    write_atomic(graph_folder(info.name) / MANIFEST, info.model_dump_json(indent=1))


def read(name: str) -> GraphInfo:
    """A graph's description; `UnknownNameError` where there is none, `InputError` where its file is damaged."""
    path = graph_folder(name) / MANIFEST
    try:
        return GraphInfo.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        raise UnknownNameError("graph", name, (info.name for info in list_graphs())) from None
    except (ValidationError, ValueError):
        raise InputError(f"The description of the graph {name!r} is damaged ({path.name}); export of its triples is not possible.") from None


def list_graphs() -> tuple[GraphInfo, ...]:
    """All graphs whose description can be read, by name."""
    found = []
    for path in sorted(graphs_root().glob(f"*/{MANIFEST}")):
        try:
            found.append(GraphInfo.model_validate_json(path.read_bytes()))
        except (OSError, ValidationError, ValueError):
            continue
    return tuple(found)


def delete(name: str) -> None:
    """Remove a graph with everything in it: first its description, so that a half-removed graph is none."""
    read(name)
    folder = graph_folder(name)
    (folder / MANIFEST).unlink()
    shutil.rmtree(folder, ignore_errors=True)

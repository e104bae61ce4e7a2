"""Paths between two entities: the k shortest simple ones, over all relations or some."""

from typing import Annotated

from pydantic import Field

from fedviz.core.options import Options
from fedviz.kg.ask import query
from fedviz.kg.store.store import GraphStore
from fedviz.kg.store.terms import Statement


class PathOptions(Options):
    """Which paths are looked for."""

    count: Annotated[int, Field(ge=1, le=50, title="Most paths", description="The shortest ones, by number of steps; no path goes through an entity twice.")] = 5
    directed: Annotated[
        bool, Field(title="Only along the arrows", description="Otherwise a step may go against a statement too, as from a thing to another of the same kind.")
    ] = False
    timeout_s: Annotated[float, Field(gt=0, le=600, title="Time limit in seconds", description="A search that takes longer is ended.")] = 20.0


def find(store: GraphStore, start: str, end: str, options: PathOptions | None = None, relations: tuple[str, ...] | None = None) -> tuple[tuple[Statement, ...], ...]:
    """The paths from one IRI to another, each as the statements along it, shortest first; empty where there is none.

    `relations`: predicates that may be used (None: all). What rules derived is no way, since a derived shortcut hides the steps that it stands for. `InputError` where an end has no statement, or time is up.
    """
    chosen = options or PathOptions()
    reply = query.call(
        store,
        {
            "op": "paths", "graphs": list(store.named(("asserted", "disputed"))), "start": start, "end": end, "count": chosen.count, "directed": chosen.directed,
            "relations": None if relations is None else sorted(relations),
        },
        chosen.timeout_s,
    )  # fmt: skip
    return tuple(tuple(Statement(*step) for step in path) for path in reply["paths"])


def words(path: tuple[Statement, ...], named: dict[str, str], start: str) -> str:
    """A path in one line: `A —is_a→ B ←treats— C`, by the names of its terms."""
    here, out = start, named.get(start, start)
    for step in path:
        forward = step.subject == here
        here = step.object if forward else step.subject
        relation = named.get(step.predicate, step.predicate)
        out += (f" —{relation}→ " if forward else f" ←{relation}— ") + named.get(here, here)
    return out

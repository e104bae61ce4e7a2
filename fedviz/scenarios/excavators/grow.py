"""What the training orders of some machines say about parts, extracted by fedviz's own patterns and kept in the data folder.

Extraction reads texts alone, never labels. The file is made once for each set of machines, gazetteer and revision of the extraction; every triple in it has
its method, the number of orders that say it and the machines that they are of.
"""

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

from filelock import FileLock

from fedviz.carriers.home import data_home
from fedviz.core.files import write_atomic
from fedviz.kg.construct.gazetteer import Gazetteer
from fedviz.kg.construct.pipeline import ConstructOptions, Constructor
from fedviz.kg.construct.records import Document, Extracted
from fedviz.kg.graph import KnowledgeGraph
from fedviz.scenarios.excavators.orders import Order

REVISION = 3
"""Raise it when what is extracted changes: files of older revisions are then no longer read."""
LEAST_ORDERS = 2
"""What a single order says is not taken."""
RELATIONS = ("has_problem", "has_action", "part_of", "is_a")


class Grown(NamedTuple):
    """A triple by ids, or by words where an end is new, with its method, the orders that say it and their machines."""

    head: str
    relation: str
    tail: str
    method: str
    orders: int
    machines: tuple[str, ...]


def grown(base: KnowledgeGraph, some: Sequence[Order]) -> tuple[Grown, ...]:
    """The triples that at least `LEAST_ORDERS` of these orders say, sorted; from the data folder where they were extracted before."""
    machines = "".join(sorted({order.machine for order in some}))
    path = data_home() / "derived" / f"excavator-grown-{machines.lower()}-{base.digest}-r{REVISION}.json"
    try:
        return tuple(Grown(*row[:5], tuple(row[5])) for row in json.loads(path.read_bytes()))
    except (OSError, ValueError, TypeError):
        path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(path.with_suffix(".lock")):
            found = extracted(base, some)
            write_atomic(path, json.dumps(found, ensure_ascii=False, separators=(",", ":")))
        return found


def extracted(base: KnowledgeGraph, some: Sequence[Order]) -> tuple[Grown, ...]:
    """What `grown` keeps, extracted now."""
    steps = Constructor(ConstructOptions(domain="manufacturing", values=False), Gazetteer(base))
    said: dict[tuple[str, str, str], dict[str, Any]] = {}
    for order, built in zip(some, steps.extract_many(Document(order.text, party=order.machine) for order in some), strict=True):
        for triple, fact in {fact.triple: fact for fact in built.triples if _wanted(fact)}.items():
            noted = said.setdefault(triple, {"method": fact.method, "orders": 0, "machines": set()})
            noted["orders"] += 1
            noted["machines"].add(order.machine)
    kept = {triple: noted for triple, noted in said.items() if noted["orders"] >= LEAST_ORDERS}
    return tuple(Grown(*triple, noted["method"], noted["orders"], tuple(sorted(noted["machines"]))) for triple, noted in sorted(kept.items()))


def _wanted(fact: Extracted) -> bool:
    return fact.relation in RELATIONS and not fact.tail.value and not fact.head.value

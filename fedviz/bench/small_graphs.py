"""The small graphs that measurements of link prediction use, out of PyKEEN's wheel, which is fetched here where it is missing and by nobody else (730 kB)."""

import numpy as np

from fedviz.carriers.fetch import fetch
from fedviz.carriers.store import carrier_path
from fedviz.kg.embed.triples import Indexed, Parts, indexed

NAMES = ("umls", "kinships", "nations")


def small_graph(name: str) -> tuple[Indexed, Parts]:
    """A graph of `NAMES` with its published parts. `CarrierError` where it cannot be fetched."""
    fetch(["small-graphs"])
    read = {}
    for part in ("train", "valid", "test"):
        lines = carrier_path("small-graphs", f"{name}-{part}.txt").read_text("utf-8").splitlines()
        read[part] = [tuple(line.split("\t")) for line in lines if line]
    graph = indexed(triple for rows in read.values() for triple in rows)  # type: ignore[misc]
    place, kind = {key: number for number, key in enumerate(graph.entities)}, {key: number for number, key in enumerate(graph.relations)}
    rows = {part: np.array([(place[head], kind[relation], place[tail]) for head, relation, tail in some], dtype=np.int64) for part, some in read.items()}
    return graph, Parts(**rows)

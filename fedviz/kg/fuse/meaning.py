"""Vectors of names, from what the data folder keeps of a graph's names."""

from collections.abc import Callable, Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from fedviz.kg.graph import KnowledgeGraph
from fedviz.kg.vectors import Embed, make_vectors, names_of


def remembering(
    graphs: Iterable[KnowledgeGraph], encoder: str, embed: Embed, progress: Callable[[int, int], None] = lambda done, total: None
) -> Embed:
    """`embed` with the names of these graphs known beforehand: their vectors are made now where the data folder lacks them (`kg.vectors.make_vectors`, key `encoder`)."""
    known: dict[str, NDArray[np.floating]] = {}
    for graph in graphs:
        forms = [form for form, _entity in names_of(graph)]
        if forms:
            known.update(zip(forms, make_vectors(graph, encoder, embed, progress), strict=True))

    def looked_up(texts: Sequence[str]) -> NDArray[np.float32]:
        fresh = [text for text in dict.fromkeys(texts) if text not in known]
        if fresh:
            known.update(zip(fresh, embed(fresh), strict=True))
        if not texts:
            return np.zeros((0, 1), np.float32)
        return np.stack([np.asarray(known[text], dtype=np.float32) for text in texts])

    return looked_up

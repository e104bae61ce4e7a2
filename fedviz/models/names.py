"""MiniLM for the names of graphs: what fusion compares meanings by."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from fedviz.carriers.fetch import is_present
from fedviz.kg.fuse.meaning import remembering
from fedviz.kg.graph import KnowledgeGraph
from fedviz.kg.vectors import Embed

ENCODER = "minilm-l6"


def of_minilm(graphs: Sequence[KnowledgeGraph], progress: Callable[[int, int], None] = lambda done, total: None) -> Embed | None:
    """Unit vectors of names by MiniLM, with those of these graphs from the data folder (made now where they are missing); None where MiniLM is not fetched."""
    return remembering(graphs, ENCODER, _embed, progress) if is_present("minilm") else None


def _embed(texts: Sequence[str]) -> NDArray[np.float32]:
    from fedviz.models.minilm import MiniLMOptions, load
    from fedviz.models.vectors import unit_vectors

    return unit_vectors(load(MiniLMOptions()), texts)

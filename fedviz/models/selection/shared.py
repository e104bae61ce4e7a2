"""How alike two texts are as the graph sees them: the information content that what they name has in common.

A text's set holds its linked entities and all their ancestors. The likeness of two sets is the weighted Jaccard index, the information content of what both hold over
that of what either holds (Resnik 1995 for the content, Pesquita et al. 2008, simGIC, for the index): 1 for the same entities, 0 for nothing in common.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from fedviz.kg.graph import KnowledgeGraph
from fedviz.scenarios.base import Ints, ScenarioData
from fedviz.scenarios.linked import entities_of

Reals = NDArray[np.float64]


def closed_sets(data: ScenarioData, rows: Ints) -> list[frozenset[str]]:
    """For each training row its linked entities with their ancestors; empty where nothing is linked."""
    linked = entities_of(data)[0]
    return [frozenset(key for entity in linked[row] for key in (entity, *data.graph.ancestors(entity))) for row in rows]


def likeness(graph: KnowledgeGraph, sets: Sequence[frozenset[str]]) -> Reals:
    """simGIC of every pair [texts, texts]; 0 wherever one of the two names nothing, also on the diagonal."""
    from scipy.sparse import csr_matrix  # here, since whoever lists options need not wait for it

    keys = sorted(frozenset().union(*sets)) if sets else []
    place = {key: number for number, key in enumerate(keys)}
    weights = np.array([graph.information_content(key) for key in keys])
    ends = np.cumsum([0, *map(len, sets)])
    columns = np.array([place[key] for some in sets for key in sorted(some)], np.int64)
    held = csr_matrix((np.ones(len(columns)), columns, ends), shape=(len(sets), len(keys)))
    both = (held.multiply(weights) @ held.T).toarray() if keys else np.zeros((len(sets), len(sets)))
    alone = np.diag(both)
    either = alone[:, None] + alone[None, :] - both
    return np.divide(both, either, out=np.zeros_like(both), where=either > 1e-12)


def content(graph: KnowledgeGraph, sets: Sequence[frozenset[str]]) -> Reals:
    """How much the graph knows of each text [texts]: the summed information content of its set."""
    return np.array([sum(graph.information_content(key) for key in sorted(some)) for some in sets])

"""Directions of a taxonomy: its entities as a few numbers, from its structure alone."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from fedviz.kg.graph import KnowledgeGraph


class Space:
    """A vector per entity, from a truncated SVD of the matrix (entity, ancestor) weighted by information content."""

    def __init__(self, graph: KnowledgeGraph, dimensions: int) -> None:
        from scipy.sparse import csr_matrix
        from scipy.sparse.linalg import LinearOperator, eigsh

        keys = sorted(graph.entities)
        self._row = {key: row for row, key in enumerate(keys)}
        rows, columns, values = [], [], []
        for key in keys:
            for above in graph.ancestors(key):
                rows.append(self._row[key])
                columns.append(self._row[above])
                values.append(graph.information_content(above))
        self.dimensions = min(dimensions, len(keys) - 1)
        matrix = csr_matrix((values, (rows, columns)), shape=(len(keys), len(keys)), dtype=np.float64)
        if self.dimensions:
            # The right singular vectors are the eigenvectors of A'A. Not `svds`: where it starts again it draws with an unseeded generator.
            gram = LinearOperator(matrix.shape, matvec=lambda x: matrix.T @ (matrix @ x), dtype=np.float64)
            _, right = eigsh(gram, k=self.dimensions, v0=np.ones(len(keys)), rng=np.random.default_rng(0))
            self._vectors = np.ascontiguousarray(right, dtype=np.float32)
        else:
            self._vectors = np.zeros((len(keys), 0), np.float32)

    def vector(self, entity: str) -> NDArray[np.float32]:
        """The vector [dimensions] of an entity."""
        return self._vectors[self._row[entity]]


@lru_cache(maxsize=8)
def space(graph: KnowledgeGraph, dimensions: int) -> Space:
    """The space of a graph, computed once per process."""
    return Space(graph, dimensions)

"""DistMult and TransE: a triple's score, and its gradient, from one vector for each entity and each relation.

Both score a candidate by a *query*: the vector that the known end and the relation make. So a whole table of candidates is one product of matrices.

- TransE (Bordes et al. 2013, Translating Embeddings for Modeling Multi-relational Data): score = margin - |h + r - t|, Euclidean.
- DistMult (Yang et al. 2015, arXiv:1412.6575): score = sum(h * r * t). It cannot tell a relation from its inverse.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fedviz.core import seeds
from fedviz.core.errors import UnknownNameError
from fedviz.kg.embed.triples import Rows

Vectors = NDArray[np.float32]
Tables = Mapping[str, Vectors]
"""`ENTITY`: float32 [entities, width]; `RELATION`: float32 [relations, width]."""
ENTITY, RELATION = "entity", "relation"
_TINY = 1e-9


@dataclass(frozen=True)
class Model:
    """How triples are scored. `translates`: TransE, else DistMult; `margin`: the score of a perfect translation; `spread`: half width of the first vectors."""

    name: str
    translates: bool
    margin: float
    spread: float

    def start(self, entities: int, relations: int, width: int, seed: int) -> dict[str, Vectors]:
        """The first tables, uniform in +-`spread`; the same for the same seed."""
        random = seeds.generator(seed, "embed", "start", self.name)
        return {
            ENTITY: random.uniform(-self.spread, self.spread, (entities, width)).astype(np.float32),
            RELATION: random.uniform(-self.spread, self.spread, (relations, width)).astype(np.float32),
        }

    def query(self, known: Vectors, relation: Vectors, tail_is_known: bool) -> Vectors:
        """What candidates are held against [n, width]: by the tail (to rank heads) or by the head (to rank tails)."""
        if self.translates:
            return known - relation if tail_is_known else known + relation
        return known * relation

    def scores(self, query: Vectors, candidates: Vectors) -> Vectors:
        """Every query against every candidate [n, m]; higher is likelier."""
        if self.translates:
            return self.margin - _distances(query, candidates)
        return query @ candidates.T

    def paired(self, tables: Tables, rows: Rows) -> Vectors:
        """The score of each triple [n]."""
        head, relation, tail = tables[ENTITY][rows[:, 0]], tables[RELATION][rows[:, 1]], tables[ENTITY][rows[:, 2]]
        if self.translates:
            return self.margin - np.linalg.norm(head + relation - tail, axis=1)
        return np.einsum("nd,nd,nd->n", head, relation, tail)

    def pulls(self, query: Vectors, candidates: Vectors, weights: Vectors) -> tuple[Vectors, Vectors]:
        """Gradients of `sum(weights * scores(query, candidates))` by the query [n, width] and by the candidates [m, width]."""
        if not self.translates:
            return weights @ candidates, weights.T @ query
        share = weights / np.maximum(_distances(query, candidates), _TINY)
        return share @ candidates - share.sum(1, keepdims=True) * query, share.T @ query - share.sum(0)[:, None] * candidates

    def through(self, pull: Vectors, known: Vectors, relation: Vectors, tail_is_known: bool) -> tuple[Vectors, Vectors]:
        """The gradient by the query, carried on to the known end and to the relation."""
        if self.translates:
            return pull, -pull if tail_is_known else pull
        return pull * relation, pull * known


def _distances(query: Vectors, candidates: Vectors) -> Vectors:
    squares = (query**2).sum(1)[:, None] + (candidates**2).sum(1)[None, :] - 2 * (query @ candidates.T)
    return np.sqrt(np.maximum(squares, 0))


MODELS = {model.name: model for model in (Model("distmult", False, 0.0, 0.1), Model("transe", True, 6.0, 0.5))}
"""What can be trained, by name."""


def model_of(name: str) -> Model:
    """The model of that name; `UnknownNameError` lists the known ones."""
    if name not in MODELS:
        raise UnknownNameError("embedding model", name, MODELS)
    return MODELS[name]

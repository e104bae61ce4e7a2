"""How well held-out triples are found: filtered ranks, MRR and Hits@k (Bordes et al. 2013, section 4.2), ties counted at their mean.

For a held-out (h, r, t) all candidate tails are ranked by the score of (h, r, ?), and all heads by (?, r, t). *Filtered*: another answer that is known to
be true does not stand before it. A tie counts half (the realistic rank of Berrendorf et al. 2020, arXiv:2002.06914), so that a constant scorer
is no better than a random one.
"""

import numpy as np
from numpy.typing import NDArray

from fedviz.core.types import Record
from fedviz.kg.embed.models import ENTITY, RELATION, Model, Tables
from fedviz.kg.embed.triples import Known, Rows

_CHUNK = 256


class Ranking(Record):
    """Means over `count` ranks (two for each held-out triple), each in [0, 1]; `chance`: the MRR that a random scorer is expected to have."""

    count: int
    mrr: float
    hits_1: float
    hits_3: float
    hits_10: float
    chance: float


def ranks(model: Model, tables: Tables, rows: Rows, known: Known, candidates: Rows | None = None) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """(filtered rank from 1, candidates left by the filter) of each held-out triple's tail, then of each one's head: two arrays [2n].

    `candidates`: entities that may be answers (None: all); the true answer always is one.
    """
    entities, relations = tables[ENTITY], tables[RELATION]
    if not len(rows):
        return np.zeros(0), np.zeros(0, dtype=np.int64)
    pool = np.arange(len(entities)) if candidates is None else np.unique(candidates)
    found: list[NDArray[np.float64]] = []
    left: list[NDArray[np.int64]] = []
    for tail_is_known in (False, True):
        for start in range(0, len(rows), _CHUNK):
            part = rows[start : start + _CHUNK]
            given, answer = (part[:, 2], part[:, 0]) if tail_is_known else (part[:, 0], part[:, 2])
            query = model.query(entities[given], relations[part[:, 1]], tail_is_known)
            scores = model.scores(query, entities[pool])
            true = np.diagonal(model.scores(query, entities[answer]))
            kind = part[:, 1][:, None]
            others = known.holds(pool[None, :], kind, given[:, None]) if tail_is_known else known.holds(given[:, None], kind, pool[None, :])
            open_ = ~(others | (pool[None, :] == answer[:, None]))
            above = (open_ & (scores > true[:, None])).sum(1)
            ties = (open_ & (scores == true[:, None])).sum(1)
            found.append(1 + above + ties / 2)
            left.append(1 + open_.sum(1))
    return np.concatenate(found), np.concatenate(left)


def ranking(found: NDArray[np.float64], left: NDArray[np.int64]) -> Ranking:
    """The means over what `ranks` gave; zeros where it gave nothing."""
    if not len(found):
        return Ranking(count=0, mrr=0, hits_1=0, hits_3=0, hits_10=0, chance=0)
    harmonic = np.concatenate([[0.0], np.cumsum(1 / np.arange(1, left.max() + 1))])
    return Ranking(
        count=len(found), mrr=float((1 / found).mean()), hits_1=float((found <= 1).mean()), hits_3=float((found <= 3).mean()),
        hits_10=float((found <= 10).mean()), chance=float((harmonic[left] / left).mean()),
    )  # fmt: skip


def judged(model: Model, tables: Tables, rows: Rows, known: Known, candidates: Rows | None = None) -> Ranking:
    """MRR and Hits@k of held-out triples."""
    return ranking(*ranks(model, tables, rows, known, candidates))

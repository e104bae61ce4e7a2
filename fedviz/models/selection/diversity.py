"""A diverse part: the texts that stand best for all of the client's texts, by what they name.

Facility location, `F(S) = sum over texts of the greatest likeness to a chosen one`, made large greedily, which comes within 1 - 1/e of the best
(Nemhauser, Wolsey and Fisher 1978; Wei, Iyer and Bilmes 2015, Submodularity in Data Subset Selection, ICML).
"""

import math
from collections.abc import Sequence
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from fedviz.core import seeds
from fedviz.core.i18n import N_
from fedviz.core.options import Options
from fedviz.models.selection.base import SelectionEntry
from fedviz.models.selection.shared import Reals, closed_sets, likeness
from fedviz.scenarios.base import Ints, ScenarioData


class DiversityOptions(Options):
    """How much is kept."""

    name: Literal["diversity"] = "diversity"
    share: Annotated[float, Field(gt=0, le=1, title="Share of the texts", description="So much of its texts a client trains on, the same in every round.")] = 0.5


class Diverse:
    """The chosen texts of each client, worked out once."""

    def __init__(self, options: DiversityOptions, data: ScenarioData, shards: Sequence[Ints], rounds: int, seed: int) -> None:
        self._place: dict[int, int] = {}
        self._share = options.share
        for client, rows in enumerate(shards):
            order = greedy(likeness(data.graph, closed_sets(data, rows)), math.ceil(options.share * len(rows) - 1e-9))
            rest = seeds.generator(seed, "diversity", client).permutation(np.setdiff1d(np.arange(len(rows)), order))  # where nothing gains any more, chance decides
            self._place |= {int(rows[position]): rank for rank, position in enumerate([*order, *map(int, rest)])}

    def rows(self, number: int, client: int, rows: Ints) -> Ints:
        """The texts that were chosen first among those that the client holds in this round."""
        wanted = math.ceil(self._share * len(rows) - 1e-9)
        if wanted >= len(rows):
            return rows
        return np.sort(np.array(sorted(rows, key=lambda row: self._place[int(row)])[:wanted], np.int64))


def greedy(alike: Reals, wanted: int) -> list[int]:
    """At most `wanted` places in the order in which each adds most to F, the smaller place first of equals; fewer where nothing adds any more. `alike` [n, n]."""
    best, chosen = np.zeros(len(alike)), list[int]()
    while len(chosen) < wanted:
        gains = np.maximum(alike - best, 0).sum(1)
        gains[chosen] = 0.0
        place = int(gains.argmax()) if len(gains) else 0
        if not len(gains) or gains[place] <= 1e-12:
            break
        chosen.append(place)
        best = np.maximum(best, alike[place])
    return chosen


DIVERSITY = SelectionEntry(
    "diversity",
    N_("A diverse part"),
    N_("Clients train on the texts that stand best for all of theirs, by the entities that they name."),
    DiversityOptions,
    equation=r"S_k = \arg\max_{|S| \le s n_k} \sum_{i \in D_k} \max_{j \in S} \mathrm{sim}(i, j), \quad \mathrm{sim} = \frac{\mathrm{IC}(A(i) \cap A(j))}{\mathrm{IC}(A(i) \cup A(j))}",
    paper="Wei, Iyer and Bilmes 2015, Submodularity in Data Subset Selection and Active Learning, ICML",
    when=N_("It saves work where many texts say the same, at a small loss. Texts that name nothing are taken last, and with few texts every one counts."),
    build=Diverse,
)

"""A curriculum by the graph: a client begins with the texts of which the graph knows most (or least), and gains the rest over the rounds.

Bengio et al. 2009, Curriculum Learning (ICML): from the easy to the hard, where what the graph knows of a text stands for easy.
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
from fedviz.models.selection.shared import closed_sets, content
from fedviz.scenarios.base import Ints, ScenarioData


class CoverageOptions(Options):
    """Which texts come first, and how fast the others follow."""

    name: Literal["coverage"] = "coverage"
    first: Annotated[Literal["known", "unknown"], Field(title="What comes first", description="Known: the texts of which the graph knows most, the curriculum proper. Unknown: the reverse, a control.")] = "known"
    start: Annotated[float, Field(gt=0, le=1, title="Share at the start", description="So much of its texts a client trains on in the first round.")] = 0.3
    until: Annotated[float, Field(ge=0, le=1, title="All of them after", description="The share of the rounds after which every text takes part. 1: only in the last round; 0: from the second on.")] = 0.5


class Curriculum:
    """The order of each client's texts, worked out once."""

    def __init__(self, options: CoverageOptions, data: ScenarioData, shards: Sequence[Ints], rounds: int, seed: int) -> None:
        self._options, self._rounds = options, rounds
        self._place: dict[int, int] = {}
        for client, rows in enumerate(shards):
            known = content(data.graph, closed_sets(data, rows))
            chance = seeds.generator(seed, "coverage", client).random(len(rows))  # among texts of which it knows as much
            order = np.lexsort((chance, -known if options.first == "known" else known))
            self._place |= {int(rows[position]): rank for rank, position in enumerate(order)}

    def rows(self, number: int, client: int, rows: Ints) -> Ints:
        """The first of the client's texts in its order, as many as the round lets in."""
        wanted = math.ceil(self.share(number) * len(rows) - 1e-9)
        if wanted >= len(rows):
            return rows
        return np.sort(np.array(sorted(rows, key=lambda row: self._place[int(row)])[: max(1, wanted)], np.int64))

    def share(self, number: int) -> float:
        """The share of the texts that take part in round `number`."""
        last = max(2, math.ceil(self._options.until * self._rounds))
        return min(1.0, self._options.start + (1 - self._options.start) * (number - 1) / (last - 1))


COVERAGE = SelectionEntry(
    "coverage",
    N_("Curriculum by what the graph knows"),
    N_("Clients begin with the texts of which the graph knows most, and the others join over the rounds."),
    CoverageOptions,
    equation=r"D_k^t = \text{first } \lceil s_t n_k \rceil \text{ of } D_k \text{ by } \textstyle\sum_{e \in A(x)} \mathrm{IC}(e), \quad s_t = \min\big(1, s_1 + (1 - s_1)\tfrac{t - 1}{T_0 - 1}\big)",
    paper="Bengio et al. 2009, Curriculum Learning, ICML",
    when=N_("It helps where much of what clients hold is noise that names nothing, and early rounds set the direction. Where all texts are linked alike, it only postpones work."),
    build=Curriculum,
)

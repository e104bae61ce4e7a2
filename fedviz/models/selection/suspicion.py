"""Suspicion: texts whose label contradicts what the graph says are left out.

Two witnesses. The classes that a text's entities lead to, where the graph leads to classes; and the labels of the client's other texts, each counting as much as
the two have in common in the graph (simGIC), which is label propagation by one step (Zhu and Ghahramani 2002). A text's suspicion is what both say for
the best other class, less what they say for its own. Nothing of another client is looked at.
"""

import math
from collections.abc import Sequence
from typing import Annotated, Literal, NamedTuple

import numpy as np
from pydantic import Field

from fedviz.core.i18n import N_
from fedviz.core.options import Options
from fedviz.models.selection.base import SelectionEntry
from fedviz.models.selection.shared import Reals, closed_sets, likeness
from fedviz.scenarios.base import Ints, ScenarioData

_SHARP = 3.0
"""The power of the likeness that a neighbour's label counts with: near ones decide."""


class SuspicionOptions(Options):
    """How many are left out."""

    name: Literal["suspicion"] = "suspicion"
    share: Annotated[float, Field(ge=0, lt=1, title="Share to leave out", description="At most so much of a client's texts, the most suspicious first. Only texts are left out for which the graph speaks more for another class than for their own.")] = 0.1
    from_round: Annotated[int, Field(ge=1, le=1000, title="From round", description="Before it, clients train on all of their texts.")] = 1


class Suspect(NamedTuple):
    """A training row, whose it is, its label, the class that the graph speaks for instead, and by how much more, in [-1, 1]."""

    row: int
    client: int
    label: int
    instead: int
    score: float


class Trusted:
    """The suspects of each client, worked out once."""

    def __init__(self, options: SuspicionOptions, data: ScenarioData, shards: Sequence[Ints], rounds: int, seed: int) -> None:
        self._options = options
        self._score = {suspect.row: suspect.score for client, rows in enumerate(shards) for suspect in suspects(data, rows, client)}

    def rows(self, number: int, client: int, rows: Ints) -> Ints:
        """The client's texts without the worst suspects; at least one is left."""
        if number < self._options.from_round:
            return rows
        worst = sorted((row for row in map(int, rows) if self._score.get(row, 0.0) > 0), key=lambda row: (-self._score[row], row))
        out = worst[: min(math.floor(self._options.share * len(rows) + 1e-9), len(rows) - 1)]
        return np.setdiff1d(rows, out) if out else rows


def suspects(data: ScenarioData, rows: Ints, client: int = 0) -> list[Suspect]:
    """One client's rows of which the graph says anything, the most suspicious first."""
    sets = closed_sets(data, rows)
    said = _led(data, sets) + _neighbours(likeness(data.graph, sets), data.train.labels[rows], len(data.classes))
    found = []
    for place, row in enumerate(rows):
        if said[place].any():
            label = int(data.train.labels[row])
            others = said[place].copy()
            others[label] = -1.0
            instead = int(others.argmax())
            found.append(Suspect(int(row), client, label, instead, float(said[place, instead] - said[place, label]) / 2))
    return sorted(found, key=lambda suspect: (-suspect.score, suspect.row))


def _led(data: ScenarioData, sets: Sequence[frozenset[str]]) -> Reals:
    """What the texts' own entities say [texts, classes]: one in all, spread over the classes that they lead to; zeros where they lead to none."""
    votes = np.zeros((len(sets), len(data.classes)))
    for place, some in enumerate(sets):
        for key in some & data.class_entities.keys():
            votes[place, data.class_entities[key]] += 1
    return votes / np.maximum(votes.sum(1, keepdims=True), 1)


def _neighbours(alike: Reals, labels: Ints, classes: int) -> Reals:
    """What the other texts' labels say [texts, classes]: one in all, or zeros where no other text has anything in common."""
    near = alike**_SHARP
    np.fill_diagonal(near, 0.0)
    votes = near @ np.eye(classes)[labels] if len(labels) else np.zeros((0, classes))
    return np.divide(votes, votes.sum(1, keepdims=True), out=np.zeros_like(votes), where=votes.sum(1, keepdims=True) > 1e-12)


SUSPICION = SelectionEntry(
    "suspicion",
    N_("Without suspicious labels"),
    N_("Clients leave out texts whose label contradicts what the graph says of them."),
    SuspicionOptions,
    equation=r"s(x) = \tfrac12 \max_{c \ne y} q_c(x) - \tfrac12 q_y(x), \quad q_c(x) = \frac{|\{e \in A(x): C(e) = c\}|}{|\{e \in A(x): C(e)\}|} + \frac{\sum_{j: y_j = c} \mathrm{sim}(x, j)^3}{\sum_j \mathrm{sim}(x, j)^3}",
    paper="Zhu and Ghahramani 2002, Learning from Labeled and Unlabeled Data with Label Propagation, CMU-CALD-02-107",
    when=N_("It helps where labels are wrong and the graph is right. With clean labels it throws away good texts, most of all those of rare classes; with few texts a class, neighbours say little."),
    build=Trusted,
)

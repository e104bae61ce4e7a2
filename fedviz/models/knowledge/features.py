"""Additive evidence with the entities' own numbers: `logits = text + triples + sum over linked entities of gate * V f_e / s(x)`.

`f_e` are the standardised numbers of the entity's picture, series or vector; where they are more than the columns of V, a projection by fixed signs
(Achlioptas 2003), a function of the column's number alone, so that it is the same on every client. `s(x)` is fixed for a text with all its links on:
each entity's share of the logits stays a summand, and removing it leaves the others as they are. V starts at zero.

The mean and the deviation of each column are over all entities of the graph, also those that only test texts name; no label enters them.
"""

import math
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from fedviz.core.i18n import N_
from fedviz.core.types import Triple
from fedviz.kg.graph import CARRIES
from fedviz.kg.link import Mention
from fedviz.models.knowledge.base import KnowledgeInputs, Term, Vectors
from fedviz.models.knowledge.directions import direction
from fedviz.models.knowledge.evidence import Evidence, EvidenceOptions, first_mentions
from fedviz.models.options import KnowledgeEntry


class FeatureOptions(EvidenceOptions):
    """Options of additive evidence with the entities' features."""

    name: Literal["features"] = "features"  # type: ignore[assignment]
    feature_dimensions: Annotated[
        int,
        Field(ge=1, le=4096, title="Dimensions of the features", description="So many columns of the trained matrix V read what an entity carries (a picture, a series, a vector). Longer rows are projected by fixed signs. A graph without features leaves them unused."),
    ] = 64
    feature_strength: Annotated[
        float, Field(ge=0, le=10, title="Strength of the features", description="Length of a text's feature vector, relative to its text vector: how loudly the features speak to V.")
    ] = 1.0


class FeatureEvidence(Evidence):
    """Evidence whose terms have those of features behind them; V's last columns read these."""

    def __init__(self, options: FeatureOptions, inputs: KnowledgeInputs) -> None:
        super().__init__(options, inputs)
        self._columns = options.feature_dimensions
        self._below = options.dimensions
        self._loud = options.feature_strength * math.sqrt(inputs.width)
        self.dimensions = self._below + self._columns

    @cached_property
    def _rows_of(self) -> dict[str, Vectors]:
        """What V reads of each entity that carries features [feature_dimensions], before the text's norm."""
        carried = self.graph.features
        if carried is None:
            return {}
        table = carried.standardised
        if table.shape[1] > self._columns:
            table = table @ np.stack([direction(f"feature {column}", self._columns) for column in range(table.shape[1])])
        else:
            table = np.pad(table, ((0, 0), (0, self._columns - table.shape[1])))
        return dict(zip(carried.ids, table, strict=True))

    def terms(self, mentions: Sequence[Mention], added: Sequence[Triple] = ()) -> list[Term]:
        """The terms of triples, and one more for each linked entity that carries features: (entity, features, entity)."""
        beside = np.zeros(self._columns, np.float32)
        terms = [Term(t.triple, t.mention, t.gate, t.weight, t.prior, np.concatenate((t.features, beside))) for t in super().terms(mentions, added)]
        first = first_mentions(mentions)
        scale, below, none = self._scale(first), np.zeros(self._below, np.float32), np.zeros(self._classes, np.float32)
        for entity, position in first.items():
            if entity in self._rows_of:
                row = np.concatenate((below, self._rows_of[entity] * np.float32(scale)))
                terms.append(Term(Triple(entity, CARRIES, entity), position, self.gate(mentions[position].score), 1.0, none, row))
        return terms

    def sums(self, texts: Sequence[str], progress: Callable[[int, int], None] = lambda done, total: None) -> tuple[Vectors, Vectors]:
        """Summed features [texts, dimensions + feature_dimensions] and priors [texts, classes]."""
        triples, priors = super().sums(texts, progress)
        carried = np.zeros((len(texts), self._columns), np.float32)
        for row, mentions in enumerate(self.mentions(texts)) if self._rows_of else ():
            first = first_mentions(mentions)
            scale = self._scale(first)
            for entity, position in first.items():
                if entity in self._rows_of:
                    carried[row] += np.float32(self.gate(mentions[position].score) * scale) * self._rows_of[entity]
        return np.concatenate((triples, carried), axis=1), priors

    def _scale(self, entities: dict[str, int]) -> float:
        """The text's frozen norm: its feature vector, all gates open, gets `feature_strength` times the length of a text vector."""
        length = float(np.linalg.norm(sum((self._rows_of[entity] for entity in entities if entity in self._rows_of), np.zeros(self._columns))))
        return self._loud / length if length > 1e-9 else self._loud


FEATURES = KnowledgeEntry(
    "features",
    N_("Triple evidence and features"),
    N_("As additive triple evidence; besides, what a linked entity carries (a picture, a series, a vector of numbers) adds one summand to the logits. For graphs of your own that have features."),
    FeatureOptions,
    FeatureEvidence,
)

"""Who holds which triples: a graph dealt to parties by relation or at random, each party with its own entities, relations and held-out triples."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from fedviz.core import seeds
from fedviz.core.errors import InputError
from fedviz.kg.embed.models import ENTITY, RELATION, Tables
from fedviz.kg.embed.triples import Indexed, Known, Parts, Rows, split

MIN_TRIPLES = 20


@dataclass(frozen=True, eq=False)
class Party:
    """One party's graph. `places[ENTITY]`, `places[RELATION]`: which of the whole graph's names it holds (sorted); `parts`: its triples by its own numbers, places in these.

    `known`: every triple of the whole graph between its own entities, by its own numbers, so that no answer that is true anywhere counts as wrong.
    """

    places: dict[str, Rows]
    parts: Parts
    known: Known

    def count(self, table: str) -> int:
        """How many entities or relations it holds."""
        return len(self.places[table])

    def mine(self, tables: Tables) -> dict[str, np.ndarray]:
        """Its rows of tables over the whole graph."""
        return {name: tables[name][self.places[name]] for name in (ENTITY, RELATION)}

    def whole(self, rows: Rows) -> Rows:
        """Triples by the numbers of the whole graph."""
        return np.stack([self.places[ENTITY][rows[:, 0]], self.places[RELATION][rows[:, 1]], self.places[ENTITY][rows[:, 2]]], axis=1)


def deal(graph: Indexed, parties: int, by: str, share: float, seed: int, held_out: float = 0.15) -> tuple[Party, ...]:
    """Deal a graph to parties. `by` "relation": each relation, with all its triples, to one party (the largest first, to whoever has least); `by` "triple": each triple at random.

    `share`: the part of its triples that a party keeps. `held_out`: of these, the part for checks, and as many for judgement. `InputError` where a party gets too few.
    """
    random = seeds.generator(seed, "embeddings", "deal", by)
    if by == "relation":
        owner = np.zeros(len(graph.relations), dtype=np.int64)
        load = np.zeros(parties)
        counts = np.bincount(graph.rows[:, 1], minlength=len(graph.relations))
        for kind in sorted(range(len(graph.relations)), key=lambda kind: -counts[kind] * random.uniform(0.5, 1)):
            owner[kind] = int(load.argmin())
            load[owner[kind]] += counts[kind]
        owners = owner[graph.rows[:, 1]]
    elif by == "triple":
        owners = random.integers(parties, size=len(graph.rows))
    else:
        raise InputError(f"A graph is dealt by relation or by triple, but got {by[:80]!r}.")
    held = [graph.rows[owners == number] for number in range(parties)]
    kept = [rows[np.sort(random.permutation(len(rows))[: round(share * len(rows))])] for rows in held]
    return owned(graph, kept, seed, held_out)


def owned(graph: Indexed, held: Sequence[Rows], seed: int, held_out: float = 0.15) -> tuple[Party, ...]:
    """Parties that hold these triples of the graph, which may overlap; as `deal`. `InputError` where one has too few."""
    least = min(map(len, held), default=0)
    if least < MIN_TRIPLES:
        raise InputError(f"Each party must hold at least {MIN_TRIPLES} triples, but one holds {least}.")
    return tuple(_party(graph, rows, held_out, seeds.derive(seed, "embeddings", number)) for number, rows in enumerate(held))


def pooled(graph: Indexed, parties: Sequence[Party]) -> Party:
    """One party that holds what all of them hold; what any of them holds out, it does not learn from either."""
    joined = Parts(*(np.concatenate([party.whole(getattr(party.parts, part)) for party in parties]) for part in ("train", "valid", "test")))
    places = {ENTITY: np.arange(len(graph.entities)), RELATION: np.arange(len(graph.relations))}
    return Party(places, joined, Known(graph.rows, len(graph.entities), len(graph.relations)))


def _party(graph: Indexed, rows: Rows, held_out: float, seed: int) -> Party:
    places = {ENTITY: np.unique(rows[:, [0, 2]]), RELATION: np.unique(rows[:, 1])}
    true = graph.rows[np.isin(graph.rows[:, 0], places[ENTITY]) & np.isin(graph.rows[:, 2], places[ENTITY]) & np.isin(graph.rows[:, 1], places[RELATION])]
    return Party(places, split(_own(rows, places), held_out, seed), Known(_own(true, places), len(places[ENTITY]), len(places[RELATION])))


def _own(rows: Rows, places: dict[str, Rows]) -> Rows:
    return np.stack([np.searchsorted(places[name], rows[:, column]) for column, name in enumerate((ENTITY, RELATION, ENTITY))], axis=1).astype(np.int64)

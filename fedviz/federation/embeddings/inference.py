"""What a server infers of a party's triples from the table that the party sends: an attack on FedE, and the same on FedR.

The server knows a few triples of the party (`hints` of each relation: public, or told by somebody). What it was sent is fixed; what it was not sent, it
fits to the hints with the party's own loss. With FedE the entities are sent and one vector a relation is missing; with FedR the relations are sent and all
entities are missing. Then it scores the party's other triples against corrupted ones. The control fits to the same hints with the rows of the sent table
permuted, so that what the hints tell alone is not counted as leakage. After the reconstruction attack of Zhang et al. 2022 (FedR, arXiv:2203.09553), section 3.
"""

from typing import NamedTuple

import numpy as np
from scipy.stats import rankdata

from fedviz.core import seeds
from fedviz.federation.embeddings.parties import Party
from fedviz.kg.embed.models import ENTITY, RELATION, Tables, model_of
from fedviz.kg.embed.training import EmbedOptions, Trainer
from fedviz.kg.embed.triples import Known, Rows

_EPOCHS = 40


class Inferred(NamedTuple):
    """Areas under the ROC curve: a triple of the party's training against a corrupted one; the same with the sent rows permuted; and for `triples` how many it was measured."""

    auc: float
    control: float
    triples: int


def infer(party: Party, sent: Tables, options: EmbedOptions, hints: int, seed: int) -> Inferred:
    """Attack what a party sent: its entities (FedE), its relations (FedR), or nothing (then only the hints speak). `sent` holds rows by the party's own numbers."""
    random = seeds.generator(seed, "embeddings", "attack")
    known, hidden = _hinted(party.parts.train, hints, random)
    false = hidden.copy()
    false[:, 2] = random.integers(party.count(ENTITY), size=len(false))
    false = false[~party.known.holds(false[:, 0], false[:, 1], false[:, 2])]
    permuted = {name: table[random.permutation(len(table))] for name, table in sent.items()}
    return Inferred(_auc(party, sent, known, hidden, false, options, seed), _auc(party, permuted, known, hidden, false, options, seed), len(hidden))


def area(true: np.ndarray, false: np.ndarray) -> float:
    """The area under the ROC curve: how often a true one scores above a false one, a tie counted half. 0.5 where either is empty."""
    if not len(true) or not len(false):
        return 0.5
    ranks = rankdata(np.concatenate([true, false]))[: len(true)]
    return float((ranks.sum() - len(true) * (len(true) + 1) / 2) / (len(true) * len(false)))


def _hinted(rows: Rows, hints: int, random: np.random.Generator) -> tuple[Rows, Rows]:
    """Up to `hints` triples of each relation, and all others of the relations that have any left."""
    shuffled = rows[random.permutation(len(rows))]
    order = np.argsort(shuffled[:, 1], kind="stable")
    kinds = shuffled[order, 1]
    within = np.arange(len(kinds)) - np.searchsorted(kinds, kinds)
    return shuffled[order[within < hints]], shuffled[order[within >= hints]]


def _auc(party: Party, sent: Tables, known: Rows, hidden: Rows, false: Rows, options: EmbedOptions, seed: int) -> float:
    model = model_of(options.model)
    tables = model.start(party.count(ENTITY), party.count(RELATION), options.width, seeds.derive(seed, "embeddings", "attacker"))
    tables.update({name: table.copy() for name, table in sent.items()})
    attacker = Trainer(model, options.model_copy(update={"seed": seed}), tables, fixed=tuple(sent))
    seen = Known(known, party.count(ENTITY), party.count(RELATION))
    for number in range(_EPOCHS):
        attacker.epoch(known, seen, number)
    return area(model.paired(attacker.tables, hidden), model.paired(attacker.tables, false))

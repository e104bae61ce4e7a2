"""Training of embeddings: negative sampling, Adagrad on the rows that a batch touches, and early stopping by the MRR of held-out triples.

Loss: cross-entropy of the true end against sampled ones (sampled softmax, Kadlec et al. 2017, Knowledge Base Completion: Baselines Strike Back). The
corruptions of a batch are shared, so that they cost one product of matrices; one that is itself a known triple counts nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Annotated, Literal

import numpy as np
from pydantic import Field
from threadpoolctl import ThreadpoolController

from fedviz.core import seeds
from fedviz.core.i18n import N_
from fedviz.core.options import Options
from fedviz.kg.embed.models import ENTITY, RELATION, Model, Tables, Vectors, model_of
from fedviz.kg.embed.ranking import Ranking, judged
from fedviz.kg.embed.triples import Known, Parts, Rows


class EmbedOptions(Options):
    """How embeddings are trained."""

    model: Annotated[Literal["distmult", "transe"], Field(title=N_("Embedding"), description=N_("How a triple is scored: `distmult` by a product of three vectors, `transe` by a shift from head to tail."))] = "transe"
    width: Annotated[int, Field(ge=4, le=512, title=N_("Width"), description=N_("Numbers in the vector of each entity and relation."))] = 32
    rate: Annotated[float, Field(gt=0, le=10, title=N_("Rate of learning"), description=N_("Step width of Adagrad."))] = 0.1
    batch: Annotated[int, Field(ge=1, le=100_000, title=N_("Batch of triples"), description=N_("True triples in a training step."))] = 256
    negatives: Annotated[int, Field(ge=1, le=10_000, title=N_("Negatives"), description=N_("Entities that are put in the place of the right one in each step."))] = 128
    decay: Annotated[float, Field(ge=0, le=10, title=N_("Weight decay"), description=N_("How strongly the vectors of each true triple are drawn to zero, against learning by heart."))] = 0.01
    epochs: Annotated[int, Field(ge=1, le=10_000, title=N_("Epochs at most"), description=N_("How often every triple is learned from, unless training stops earlier."))] = 100
    patience: Annotated[int, Field(ge=1, le=1000, title=N_("Patience"), description=N_("Training stops when held-out triples have not been ranked better for so many checks."))] = 3
    every: Annotated[int, Field(ge=1, le=1000, title=N_("Epochs between checks"), description=N_("Held-out triples are ranked after so many epochs."))] = 10
    seed: Annotated[int, Field(ge=0, title=N_("Seed"), description=N_("All randomness follows from it."))] = 0


@dataclass(eq=False)
class Trainer:
    """Tables that learn from triples, with Adagrad's memory of every row. `tables` may be exchanged between epochs; those in `fixed` do not learn."""

    model: Model
    options: EmbedOptions
    tables: dict[str, Vectors]
    memory: dict[str, Vectors] = field(default_factory=dict)
    fixed: tuple[str, ...] = ()

    def epoch(self, rows: Rows, known: Known, number: int, candidates: Rows | None = None) -> float:
        """Learn once from every triple, in an order that seed and `number` give; the mean loss. Negatives come from `candidates` (None: all entities)."""
        random = seeds.generator(self.options.seed, "embed", "epoch", number)
        pool = np.arange(len(self.tables[ENTITY])) if candidates is None else candidates
        total = 0.0
        with _threads().limit(limits=1, user_api="blas"):  # products this small only wait for each other on several threads
            for batch in np.array_split(random.permutation(len(rows)), max(1, -(-len(rows) // self.options.batch))):
                total += sum(self._step(rows[batch], pool[random.integers(len(pool), size=self.options.negatives)], known, side) for side in (False, True))
        return total / max(1, 2 * len(rows))

    def _step(self, rows: Rows, negatives: Rows, known: Known, tail_is_known: bool) -> float:
        """One step against corrupted tails, or heads; the sum of the losses."""
        entities, relations = self.tables[ENTITY], self.tables[RELATION]
        given, answer = (rows[:, 2], rows[:, 0]) if tail_is_known else (rows[:, 0], rows[:, 2])
        known_end, relation, right = entities[given], relations[rows[:, 1]], entities[answer]
        query = self.model.query(known_end, relation, tail_is_known)
        true, false = self.model.paired(self.tables, rows), self.model.scores(query, entities[negatives])
        kind, one, other = rows[:, 1][:, None], given[:, None], negatives[None, :]
        taboo = known.holds(other, kind, one) if tail_is_known else known.holds(one, kind, other)
        top = np.maximum(true, false.max(1))
        own, wrong = np.exp(true - top), np.where(taboo, 0, np.exp(false - top[:, None]))
        whole = own + wrong.sum(1)
        pull_true, pull_false = 1 - own / whole, -wrong / whole[:, None]
        loss = float(-np.log(own / whole).sum())
        to_query, to_negatives = self.model.pulls(query, entities[negatives], pull_false.astype(np.float32))
        by_query, by_right = _own(self.model, query, right, pull_true.astype(np.float32))
        to_known, to_relation = self.model.through(to_query + by_query, known_end, relation, tail_is_known)
        shrink = self.options.decay
        self._move(ENTITY, np.concatenate([given, answer, negatives]), np.concatenate([to_known - shrink * known_end, by_right - shrink * right, to_negatives]))
        self._move(RELATION, rows[:, 1], to_relation - shrink * relation)
        return loss

    def _move(self, table: str, places: Rows, pulls: Vectors) -> None:
        """Adagrad (Duchi et al. 2011) uphill on the rows at `places`; what falls on one row is added up first."""
        if table in self.fixed:
            return
        order = np.argsort(places, kind="stable")
        sorted_places = places[order]
        first = np.flatnonzero(np.r_[True, sorted_places[1:] != sorted_places[:-1]])
        touched, summed = sorted_places[first], np.add.reduceat(pulls[order], first, axis=0)
        past = self.memory.setdefault(table, np.zeros_like(self.tables[table]))
        past[touched] += summed**2
        self.tables[table][touched] += self.options.rate * summed / (np.sqrt(past[touched]) + 1e-8)


@dataclass(frozen=True, eq=False)
class Trained:
    """Tables at their best check, with the MRR of each check, and how they rank the triples that nothing was decided by."""

    model: Model
    tables: Tables
    checks: tuple[float, ...]
    epochs: int
    valid: Ranking
    test: Ranking


def train(parts: Parts, entities: int, relations: int, options: EmbedOptions, progress: Callable[[int, int], None] = lambda done, total: None) -> Trained:
    """Train until the MRR of `parts.valid` stops growing, and judge the best tables on `parts.test`. What `progress` raises ends the training."""
    model = model_of(options.model)
    trainer = Trainer(model, options, model.start(entities, relations, options.width, options.seed))
    seen = Known(parts.train, entities, relations)
    every = Known(np.concatenate([parts.train, parts.valid, parts.test]), entities, relations)
    best, checks, number = {name: table.copy() for name, table in trainer.tables.items()}, [], 0
    valid = judged(model, best, parts.valid, every)
    for number in range(1, options.epochs + 1):
        trainer.epoch(parts.train, seen, number)
        progress(number, options.epochs)
        if number % options.every and number < options.epochs:
            continue
        now = judged(model, trainer.tables, parts.valid, every)
        checks.append(now.mrr)
        if now.mrr > valid.mrr or not now.count:
            best, valid = {name: table.copy() for name, table in trainer.tables.items()}, now
        elif len(checks) - 1 - int(np.argmax(checks)) >= options.patience:
            break
    return Trained(model, best, tuple(checks), number, valid, judged(model, best, parts.test, every))


@cache
def _threads() -> ThreadpoolController:
    """The libraries of this process that have threads, looked for once."""
    return ThreadpoolController()


def _own(model: Model, query: Vectors, right: Vectors, pull: Vectors) -> tuple[Vectors, Vectors]:
    """Gradients of `sum(pull * score(query, right))`, each query against its own answer."""
    if not model.translates:
        return pull[:, None] * right, pull[:, None] * query
    way = right - query
    step = pull[:, None] * way / np.maximum(np.linalg.norm(way, axis=1, keepdims=True), 1e-9)
    return step, -step

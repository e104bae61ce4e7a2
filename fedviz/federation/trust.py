"""How far the graph can be trusted: cross-validation by the federation, before the first round.

Every client deals its training texts into folds. For each fold and each share of the graph that is tried, the clients train a head on the
others by FedAvg, the language model frozen, and count the loss on what they held out (Stone 1974, Cross-Validatory Choice and
Assessment of Statistical Predictions). Only heads and four sums a client travel: loss, hits, loss saved against no graph, and its square. The share with the least
loss is kept, if it saves more than the standard error of what it saves on the same texts (after the rule of one standard error, Breiman et al. 1984,
Classification and Regression Trees); else the least of the graph is, so that a graph which says nothing, or a little by chance, is not trusted. A graph
that is wrong is found out here, since what it says does not hold on texts that it was not fitted to.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from fedviz.core import seeds
from fedviz.core.config import RunConfig
from fedviz.core.types import GraphTrust, TrustTried
from fedviz.federation.task import EVALUATION_BATCH, FitSettings, fit
from fedviz.models.learner import Batch, Learner

FOLDS = 3
ROUNDS = 10
"""At most so many rounds of training for each share and fold. After fewer a head is not fitted yet, and the more of the graph the faster it fits: that would look like truth."""
SHARES = (0.0, 0.25, 0.5, 1.0)


def validated(config: RunConfig, learner: Learner, shards: Sequence[NDArray[np.int64]], progress: Callable[[int, int], None] = lambda done, total: None) -> GraphTrust:
    """The shares that err least on held-out texts. Absent and failing clients take no part. The learner has its first weights again when this returns.

    Class evidence is tried whole and not at all, what V reads in steps; what the graph does not say in any training text is not tried.
    """
    away = {*config.federation.absent_clients, *config.federation.faulty_clients}
    own = [rows for client, rows in enumerate(shards) if client not in away and len(rows)]
    head = _Head(learner, own)
    tried = [(evidence, structure) for evidence in ((0.0, 1.0) if head.evidence else (1.0,)) for structure in (SHARES if head.structure else (1.0,))]
    if len(tried) == 1:
        return GraphTrust()
    folds = [seeds.generator(config.seed, "trust", client).permutation(len(rows)) % FOLDS for client, rows in enumerate(own)]
    federation = config.federation
    settings = FitSettings(federation.local_epochs, federation.batch_size, federation.learning_rate, federation.optimizer)
    found: list[TrustTried] = []
    least: dict[int, float] = {}
    for evidence, structure in tried:  # the least of the graph comes first
        losses: dict[int, float] = {}
        right = 0.0
        for fold in range(FOLDS):
            progress(len(found) * FOLDS + fold, len(tried) * FOLDS)
            kept = [rows[part != fold] for rows, part in zip(own, folds, strict=True)]
            head.train(kept, evidence, structure, settings, min(ROUNDS, federation.rounds), seeds.derive(config.seed, "trust", fold))
            for rows, part in zip(own, folds, strict=True):
                some, hits = head.measure(rows[part == fold], evidence, structure)
                losses |= some
                right += hits
        least = least or losses
        saved = np.array([least[row] - loss for row, loss in losses.items()])
        error = float(saved.std(ddof=1) / len(saved) ** 0.5) if len(saved) > 1 else 0.0
        found.append(TrustTried(evidence=evidence, structure=structure, loss=float(np.mean(list(losses.values()))), accuracy=right / len(losses), texts=len(losses), saved=float(saved.mean()), saved_error=error))
    progress(len(tried) * FOLDS, len(tried) * FOLDS)
    learner.load(learner.initial)
    best = kept_of(found)
    return GraphTrust(evidence=best.evidence, structure=best.structure, tried=tuple(found))


def kept_of(tried: Sequence[TrustTried]) -> TrustTried:
    """What is kept of all that was tried, of which the first is the least of the graph."""
    best = min(tried, key=lambda one: (one.loss, one.evidence + one.structure))
    return best if best.saved > best.saved_error else tried[0]


class _Head:
    """The head of a learner over what its encoder says of the texts before any training."""

    def __init__(self, learner: Learner, own: Sequence[NDArray[np.int64]]) -> None:
        self._learner = learner
        learner.load(learner.initial)
        self._vectors: dict[int, Tensor] = {}
        self.evidence = self.structure = False
        with torch.no_grad():
            for rows in own:
                for batch in learner.batches("train", rows, EVALUATION_BATCH):  # type: ignore[arg-type]
                    self._vectors |= dict(zip(batch.rows.tolist(), learner.features(batch), strict=True))
                    self.evidence |= bool(batch.priors.any())
                    self.structure |= bool(batch.features.any())

    def train(self, kept: Sequence[NDArray[np.int64]], evidence: float, structure: float, settings: FitSettings, rounds: int, seed: int) -> None:
        """FedAvg over the clients' rows; the learner then holds the mean model."""

        def objective(learner: Learner, batch: Batch) -> tuple[Tensor, Tensor]:
            loss = learner.loss(*self._scaled(batch, evidence, structure))
            return loss, loss

        arrays = dict(self._learner.initial)
        total = sum(map(len, kept))
        for number in range(rounds if total else 0):
            mean = {name: np.zeros_like(values) for name, values in arrays.items()}
            for client, rows in enumerate(kept):
                self._learner.load(arrays)
                fit(self._learner, rows, settings, seeds.derive(seed, number, client), objective=objective)  # type: ignore[arg-type]
                for name, values in self._learner.arrays().items():
                    mean[name] += values * np.float32(len(rows) / total)
            arrays = mean
        self._learner.load(arrays)

    @torch.no_grad()
    def measure(self, rows: NDArray[np.int64], evidence: float, structure: float) -> tuple[dict[int, float], float]:
        """The loss of each row in nats and how many of them are right."""
        losses: dict[int, float] = {}
        right = 0.0
        for batch in self._learner.batches("train", rows, EVALUATION_BATCH):  # type: ignore[arg-type]
            logits = self._learner.model(*self._scaled(batch, evidence, structure)).double()
            losses |= dict(zip(batch.rows.tolist(), torch.nn.functional.cross_entropy(logits, batch.labels, reduction="none").tolist(), strict=True))
            right += float((logits.argmax(1) == batch.labels).sum())
        return losses, right

    def _scaled(self, batch: Batch, evidence: float, structure: float) -> tuple[Batch, Tensor]:
        """The batch with so much of the graph, and the vectors of its texts."""
        vectors = torch.stack([self._vectors[row] for row in batch.rows.tolist()])
        return replace(batch, features=batch.features * structure, priors=batch.priors * evidence), vectors

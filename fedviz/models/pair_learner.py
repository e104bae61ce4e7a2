"""A model that learns which halves of texts belong together: the halves go in, and what comes out says which second half follows a first one."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, normalize

from fedviz.core.seeds import generator as seeded
from fedviz.core.types import Split
from fedviz.models.encoder import Encoder
from fedviz.models.families import Tokens
from fedviz.models.trained import Measured, Trained, in_order

_SENTENCES = re.compile(r"(?<=[.!?;])\s+")


def halves(text: str) -> tuple[str, str]:
    """A text in two: between the sentences nearest to its middle, or between words where it is one sentence; the second is empty for a single word."""
    parts, glue = [part for part in _SENTENCES.split(text) if part], " "
    if len(parts) < 2:
        parts = text.split()
    cut = max(1, len(parts) // 2)
    return glue.join(parts[:cut]), glue.join(parts[cut:])


@dataclass(frozen=True)
class PairBatch:
    """Halves as the encoder reads them: firsts and then seconds, or, joined, `follows` [n] says which of the pairs are a text's own."""

    inputs: list
    follows: Tensor | None
    texts: int

    def __len__(self) -> int:
        """How many texts."""
        return self.texts


class PairModel(nn.Module):
    """An encoder, and for joined halves a head of two classes that begins at zero."""

    def __init__(self, encoder: Encoder, joined: bool) -> None:
        super().__init__()
        self.encoder = encoder
        self.head = nn.Linear(encoder.width, 2).to(encoder.frozen.device) if joined else None
        if self.head is not None:
            nn.init.zeros_(self.head.weight)
            nn.init.zeros_(self.head.bias)


class PairLearner(Trained):
    """Halves of the texts of a scenario, ready to train on. `temperature` divides cosines; it has no place where halves are joined.

    Joined, half of the texts get the second half of another text among the rows that are asked for, which are one client's.
    """

    counted = (1, 2)

    def __init__(
        self, model: PairModel, classes: tuple[str, ...], parts: Mapping[Split, Sequence[tuple[Tokens, Tokens]]], known: Mapping[Tokens, Tensor], total: int, temperature: float, seed: int
    ) -> None:
        self._parts, self._known, self.temperature, self._seed = parts, known, temperature, seed
        self._causal = model.encoder.frozen.family.causal
        super().__init__(model, classes, total)

    def batches(self, split: Split, indices: Sequence[int], batch_size: int, generator: np.random.Generator | None = None) -> Iterator[PairBatch]:
        """The texts at `indices` in batches: shuffled by `generator`, or without one from short to long."""
        parts = self._parts[split]
        order = in_order(indices, [len(first) + len(second) for first, second in parts], generator)
        for start in range(0, len(order), batch_size):
            rows = [int(row) for row in order[start : start + batch_size]]
            yield self._together(rows, split, order, generator) if self.model.head is not None else self._apart([parts[row] for row in rows])

    def _apart(self, pairs: Sequence[tuple[Tokens, Tokens]]) -> PairBatch:
        read = [first for first, _second in pairs] + [second for _first, second in pairs]
        return PairBatch([self._known.get(tokens, tokens) for tokens in read], None, len(pairs))

    def _together(self, rows: Sequence[int], split: Split, among: Sequence[int], generator: np.random.Generator | None) -> PairBatch:
        parts, read, follows = self._parts[split], list[Tokens](), list[int]()
        for row in rows:
            chance = generator if generator is not None else seeded(self._seed, split, row)
            other = row if chance.random() < 0.5 or len(among) < 2 else row_beside(row, among, chance)
            first, second = parts[row][0], parts[other][1]
            read.append((*first[:-1], *second) if self._causal else (*first, *second[1:]))
            follows.append(int(other == row))
        return PairBatch(read, torch.tensor(follows), len(rows))

    def scores(self, batch: PairBatch) -> tuple[Tensor, Tensor]:
        """Logits [n, candidates] and which candidate belongs to each: two classes, or the second halves of the batch."""
        vectors = self.model.encoder(batch.inputs)
        if batch.follows is not None:
            return self.model.head(vectors), batch.follows.to(vectors.device)
        firsts, seconds = normalize(vectors[: batch.texts]), normalize(vectors[batch.texts :])
        return firsts @ seconds.T / self.temperature, torch.arange(batch.texts, device=vectors.device)

    def objective(self, batch: PairBatch, features: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Mean cross-entropy in nats, twice; of halves apart the mean of both directions. `features` are read anew, since they say nothing of who belongs to whom."""
        scores, wanted = self.scores(batch)
        loss = cross_entropy(scores, wanted)
        if batch.follows is None:
            loss = (loss + cross_entropy(scores.T, wanted)) / 2
        return loss, loss

    @torch.no_grad()
    def measure(self, batch: PairBatch) -> Measured:
        """How many second halves are wrong and right."""
        scores, wanted = self.scores(batch)
        right = int((scores.argmax(1) == wanted).sum())
        return Measured(len(wanted), cross_entropy(scores.double(), wanted, reduction="sum").item(), np.array([[len(wanted) - right, right]], np.int64))


def row_beside(row: int, among: Sequence[int], chance: np.random.Generator) -> int:
    """Another of the rows `among`, of which there are at least two."""
    while (other := int(among[int(chance.integers(len(among)))])) == row:
        pass
    return other

"""Words from the gradients of head and adapters, by optimisation, where the embeddings are frozen and no row of them travels.

Two searches after one another, as in LAMP (Balunovic et al. 2022, arXiv 2202.08827), which continues DLG (Zhu, Liu and Han 2019, arXiv 1906.08935): dummy
embeddings are moved until their gradients point where those seen point (cosine distance, and a term that keeps the embeddings as long as the
vocabulary's are), and read as the nearest tokens; then single tokens are exchanged as long as the sentence's vector comes nearer (the exchanges are
ranked by the gradient, as in HotFlip, Ebrahimi et al. 2018, arXiv 1712.06751; LAMP exchanges places and asks a language model, which is not done
here). The attacker is told the number of tokens and has read the label.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.nn.functional import cosine_similarity, cross_entropy

from fedviz.core.seeds import generator
from fedviz.federation.leakage.subject import Arrays, Subject
from fedviz.models.families import BERT, Tokens


@dataclass(frozen=True)
class Effort:
    """How long is searched: steps of the dummy embeddings, rounds of exchanges, and exchanges tried in each."""

    steps: int = 120
    exchanges: int = 60
    tried: int = 32
    rate: float = 0.02
    length_term: float = 0.1


class _Search:
    """One search for a sentence of `length` tokens with class `label`; `ends`: its first and last token, where every text has them."""

    def __init__(self, subject: Subject, seen: Arrays, label: int, length: int, ends: tuple[Tokens, Tokens], seed: int) -> None:
        self.model = subject.learner([], []).model
        self.embeddings = self.model.encoder.embeddings or self.model.encoder.frozen.backbone.embeddings
        self.layers = [*self.model.encoder.frozen.layers, *self.model.encoder.layers]
        self.table = self.embeddings.word_embeddings.weight.detach()
        self.weights = [weight for name, weight in sorted(self.model.named_parameters()) if name in seen]
        self.seen = [torch.from_numpy(seen[name]) for name in sorted(seen)]
        row = torch.from_numpy(-seen["head.weight"][label])
        self.vector = row / row.norm()
        self.label = torch.tensor([label])
        self.start, self.stop = len(ends[0]), length - len(ends[1])
        draw = generator(seed, "leakage", "inversion")
        self.draw = draw
        self.tokens = np.array([*ends[0], *draw.integers(0, len(self.table), self.stop - self.start), *ends[1]])

    def pooled(self, rows: Tensor, lengths: Sequence[int]) -> Tensor:
        """Unit vectors [texts, d] of texts whose word vectors lie one after the other in `rows`."""
        positions = torch.tensor([[place for length in lengths for place in range(length)]])
        hidden = self.embeddings(inputs_embeds=rows[None], position_ids=positions)[0]
        pooled = BERT.pool_packed(BERT.run_packed(self.layers, hidden, lengths), lengths)
        return pooled / pooled.norm(dim=1, keepdim=True)

    def moved(self, effort: Effort) -> None:
        """Move dummy embeddings by their gradients' distance from those seen, and read the nearest tokens."""
        dummy = self.table[self.tokens].clone().requires_grad_(True)
        optimizer = torch.optim.Adam([dummy], lr=effort.rate)
        typical = self.table.norm(dim=1).mean()
        scale = self.model.encoder.width**0.5
        for _ in range(effort.steps):
            loss = cross_entropy(self.model.head(scale * self.pooled(dummy, [len(self.tokens)])), self.label)
            found = torch.autograd.grad(loss, self.weights, create_graph=True)
            far = sum((1 - cosine_similarity(one.flatten(), other.flatten(), 0) for one, other in zip(found, self.seen, strict=True) if other.any()), torch.zeros(()))
            far = far + effort.length_term * (dummy.norm(dim=1).mean() - typical) ** 2
            optimizer.zero_grad()
            (dummy.grad,) = torch.autograd.grad(far, [dummy])
            dummy.grad[: self.start] = 0
            dummy.grad[self.stop :] = 0
            optimizer.step()
        unit = self.table / self.table.norm(dim=1, keepdim=True).clamp_min(1e-9)
        self.tokens[self.start : self.stop] = (dummy.detach()[self.start : self.stop] @ unit.T).argmax(1).numpy()

    def exchanged(self, effort: Effort) -> float:
        """Exchange single tokens as long as the sentence's vector comes nearer; its cosine at the end."""
        best = -1.0
        for _ in range(effort.exchanges):
            rows = self.table[self.tokens].clone().requires_grad_(True)
            cosine = self.pooled(rows, [len(self.tokens)])[0] @ self.vector
            best = max(best, float(cosine.detach()))
            (slope,) = torch.autograd.grad(cosine, [rows])
            gains = slope[self.start : self.stop] @ self.table.T
            top = torch.topk(gains.flatten(), 8 * effort.tried).indices.numpy()
            chosen = self.draw.choice(top, effort.tried, replace=False)
            trial = np.tile(self.tokens, (effort.tried, 1))
            trial[np.arange(effort.tried), self.start + chosen // len(self.table)] = chosen % len(self.table)
            with torch.no_grad():
                scores = self.pooled(self.table[trial.reshape(-1)], [len(self.tokens)] * effort.tried) @ self.vector
            if float(scores.max()) > best:
                best = float(scores.max())
                self.tokens = trial[int(scores.argmax())]
        return best


@dataclass(frozen=True)
class Guess:
    """The tokens that a search ended with, in their order, and the cosine of their sentence's vector with the one seen."""

    tokens: Tokens
    cosine: float


def searched(subject: Subject, seen: Arrays, label: int, length: int, ends: tuple[Tokens, Tokens], seed: int, effort: Effort = Effort()) -> Guess:
    """Search for a sentence of `length` tokens whose gradients are those seen, by name; only the head and adapters are compared."""
    with sdpa_kernel(SDPBackend.MATH):  # the others have no second derivative
        search = _Search(subject, seen, label, length, ends, seed)
        search.moved(effort)
        cosine = search.exchanged(effort)
    return Guess(tuple(int(token) for token in search.tokens), cosine)


def overlap(guess: Sequence[int], truth: Sequence[int], special: frozenset[int]) -> tuple[float, float]:
    """Recall and precision of the distinct tokens of a guess, without those that stand in every text."""
    found, there = set(guess) - special, set(truth) - special
    return len(found & there) / max(len(there), 1), len(found & there) / max(len(found), 1)

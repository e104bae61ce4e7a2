"""A language model that writes: one token a step with its probability and what else it might have been, for several prompts and adapters at once.

Keys and values of what was read are kept (Pope et al. 2022, Efficiently Scaling Transformer Inference, arXiv 2211.05102), so that a token costs one pass of
one token. The weights are those of the backbone, in the same memory; adapters come on top of them row by row.
"""

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, scaled_dot_product_attention

from fedviz.core.config import RunConfig
from fedviz.core.errors import InputError
from fedviz.core.seeds import derive
from fedviz.models.backbone import Backbone
from fedviz.models.families import Tokens
from fedviz.models.generation.adapters import Adapter, Rows, sharing
from fedviz.models.generation.chat import end_token
from fedviz.models.heads import LanguageHead
from fedviz.models.loading import backbone_of
from fedviz.models.shapes import LINEAR

MOST_TOKENS = 1024
"""Prompt and answer together, in tokens."""
LEAST = 4
"""So many tokens there must be room for behind a prompt."""
ALTERNATIVES = 5


@dataclass(frozen=True)
class Sampling:
    """How tokens are chosen: the likeliest with temperature 0, else by chance from the seed; at most `most` of them."""

    temperature: float = 0.0
    seed: int = 0
    most: int = 48


class Written(NamedTuple):
    """A token: its id, the probability that the model gave it (at temperature 1), and the likeliest tokens there with theirs, best first."""

    token: int
    probability: float
    likeliest: tuple[tuple[int, float], ...]


class Writer:
    """Writes behind prompts, with or without adapters. Safe between threads: each step of a batch has the model alone. `InputError` for a model that reads both ways."""

    def __init__(self, backbone: Backbone) -> None:
        if not backbone.family.causal or backbone.vocabulary is None or backbone.vocabulary.text is None:
            raise InputError(f"A model that writes must read from left to right, but {backbone.key!r} does not.")
        self.backbone = backbone
        self.end = end_token(backbone)
        # tokens of prompt and answer together: the tokenizer cuts at the model's last place
        self.room = min(MOST_TOKENS, len(backbone.tokenize(["a " * MOST_TOKENS], MOST_TOKENS)[0]))
        self._rows = Rows()
        self._layers = sharing(backbone.layers, backbone.family.targets[LINEAR], self._rows)
        self._head = LanguageHead(backbone, backbone.family.words(backbone.embeddings), train=False)
        self._lock = threading.Lock()

    def write(self, prompts: Sequence[Tokens], adapters: Sequence[Adapter | None], sampling: Sampling = Sampling()) -> Iterator[tuple[Written | None, ...]]:  # noqa: B008 - frozen
        """For each step one token a row, None for rows that have ended; the end token itself is not told.

        What a row writes does not depend on the others but for rounding, and its chance only on the seed. `InputError` for a prompt that is too long.
        """
        lengths = [len(tokens) for tokens in prompts]
        if max(lengths) + LEAST > self.room:
            raise InputError(f"A prompt must have at most {self.room - LEAST} tokens for this model, but this one has {max(lengths)} or more.")
        most = min(sampling.most, self.room - max(lengths))
        generators = [torch.Generator().manual_seed(derive(sampling.seed, "write")) for _ in prompts]
        cache = _Cache(lengths, max(lengths) + most)
        logits = self._step(cache, _padded(prompts, self.backbone.family.pad), adapters)
        open_rows = [True] * len(prompts)
        for number in range(most):
            chosen = [_choose(row, sampling.temperature, generator) for row, generator in zip(logits, generators, strict=True)]
            open_rows = [alive and one.token != self.end for alive, one in zip(open_rows, chosen, strict=True)]
            if not any(open_rows):
                return
            yield tuple(one if alive else None for one, alive in zip(chosen, open_rows, strict=True))
            if number + 1 < most:
                logits = self._step(cache, torch.tensor([[one.token] for one in chosen]), adapters)

    def losses(self, prompts: Sequence[Tokens], answers: Sequence[Tokens], adapters: Sequence[Adapter | None]) -> list[tuple[float, int]]:
        """For each row the summed cross-entropy of the answer's tokens behind the prompt, in nats, and how many they are; a prompt has at least one token."""
        texts = [(*prompt, *answer) for prompt, answer in zip(prompts, answers, strict=True)]
        lengths = [len(text) for text in texts]
        states = self._states(_Cache(lengths, max(lengths)), _padded(texts, self.backbone.family.pad), adapters)
        found = []
        with torch.no_grad():
            for row, (prompt, answer) in enumerate(zip(prompts, answers, strict=True)):
                logits = self._head(self._final(states[row, len(prompt) - 1 : lengths[row] - 1]))
                found.append((float(cross_entropy(logits.double(), torch.tensor(answer), reduction="sum")), len(answer)))
        return found

    def text(self, tokens: Sequence[int]) -> str:
        """What tokens say, one after the other."""
        return self.backbone.vocabulary.text(tokens)  # type: ignore[union-attr, misc]

    def _step(self, cache: "_Cache", ids: Tensor, adapters: Sequence[Adapter | None]) -> Tensor:
        """Logits [rows, tokens of the vocabulary] behind each row's last real token."""
        lengths = cache.lengths if cache.filled == 0 else None
        states = self._states(cache, ids, adapters)
        rows = torch.arange(len(ids))
        picked = states[rows, torch.tensor(lengths) - 1] if lengths is not None else states[:, -1]
        with torch.no_grad():
            return self._head(self._final(picked))

    def _final(self, states: Tensor) -> Tensor:
        return states if self.backbone.final is None else self.backbone.final(states)

    @torch.no_grad()
    def _states(self, cache: "_Cache", ids: Tensor, adapters: Sequence[Adapter | None]) -> Tensor:
        """What the last layer says of `ids` [rows, n] behind what the cache holds: [rows, n, width]. The cache grows by them."""
        family, (count, n) = self.backbone.family, ids.shape
        places, allowed = cache.grown(n)
        with self._lock:
            self._rows.set(adapters)
            hidden = family.look_up(self.backbone.embeddings, ids, places + family.first_position).flatten(0, 1)
            for number, layer in enumerate(self._layers):
                q, k, v = (rows.view(count, n, heads, -1).transpose(1, 2) for rows, heads in family.heads(layer, hidden))
                q, k = family.turned_at(q, k, places)
                k, v = cache.kept(number, k, v)
                mixed = scaled_dot_product_attention(q, k, v, attn_mask=allowed, enable_gqa=k.shape[1] != q.shape[1])
                hidden = family.finish(layer, mixed.transpose(1, 2).reshape(count * n, -1), hidden)
        return hidden.view(count, n, -1)


_writers: dict[str, Writer] = {}
_writing = threading.Lock()


def kept_writer(config: RunConfig) -> Writer:
    """The pretrained model of a configuration, ready to write; the last one is kept, since it is as large as its model. `CarrierError` where it is not fetched, `InputError` for one that cannot write."""
    backbone = backbone_of(config)
    with _writing:
        if backbone.key not in _writers:
            made = Writer(backbone)
            _writers.clear()
            _writers[backbone.key] = made
        return _writers[backbone.key]


class _Cache:
    """Keys and values of every layer, [rows, heads, room, size]; rows are padded behind their prompt, and the padding is never seen."""

    def __init__(self, lengths: Sequence[int], room: int) -> None:
        self.lengths = list(lengths)
        self.filled = 0
        self._room = room
        self._longest = max(lengths)
        self._held: list[tuple[Tensor, Tensor]] = []

    def grown(self, n: int) -> tuple[Tensor, Tensor]:
        """Places [rows, n] of the next n tokens, and which of all tokens so far each may see [rows, 1, n, tokens]."""
        first, self.filled = self.filled, self.filled + n
        lengths, columns = torch.tensor(self.lengths)[:, None], torch.arange(self.filled)
        real = (columns < lengths) | (columns >= self._longest)
        if first == 0:
            return columns.expand(len(lengths), n), real[:, None, None, :] & torch.ones(n, n, dtype=torch.bool).tril() | torch.eye(n, dtype=torch.bool)
        return lengths + torch.arange(first - self._longest, self.filled - self._longest), real[:, None, None, :]

    def kept(self, layer: int, key: Tensor, value: Tensor) -> tuple[Tensor, Tensor]:
        """All keys and values of a layer with these at the end."""
        if layer == len(self._held):
            shape = (*key.shape[:2], self._room, key.shape[3])
            self._held.append((key.new_empty(shape), value.new_empty(shape)))
        for held, new in zip(self._held[layer], (key, value), strict=True):
            held[:, :, self.filled - key.shape[2] : self.filled] = new
        keys, values = self._held[layer]
        return keys[:, :, : self.filled], values[:, :, : self.filled]


def _padded(texts: Sequence[Tokens], pad: int) -> Tensor:
    longest = max(map(len, texts))
    return torch.tensor([[*text, *[pad] * (longest - len(text))] for text in texts])


def _choose(logits: Tensor, temperature: float, generator: torch.Generator) -> Written:
    """One token by logits [vocabulary]."""
    likely = logits.softmax(0)
    best = likely.topk(min(ALTERNATIVES, len(likely)))
    chosen = int(best.indices[0]) if temperature <= 0 else int(torch.multinomial((logits / temperature).softmax(0), 1, generator=generator))
    return Written(chosen, float(likely[chosen]), tuple(zip(best.indices.tolist(), best.values.tolist(), strict=True)))


class Piece(NamedTuple):
    """A token as a reader sees it: the text that it adds, its probability, and the likeliest tokens there with theirs."""

    text: str
    probability: float
    likeliest: tuple[tuple[str, float], ...]


def pieces(writer: Writer, written: Sequence[Written]) -> tuple[Piece, ...]:
    """Tokens one after the other as text. A letter that several tokens make up comes with the last of them."""
    found, done = [], ""
    for number, one in enumerate(written):
        whole = writer.text([other.token for other in written[: number + 1]])
        if number + 1 < len(written):
            whole = whole.rstrip("\ufffd")  # half a letter so far
        found.append(Piece(whole[len(done) :], one.probability, tuple((writer.text([token]), value) for token, value in one.likeliest)))
        done = whole
    return tuple(found)

"""What frozen layers say about texts, computed in fixed shapes, so that a text's bits never depend on its company."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import torch
from torch import Tensor

from fedviz.models import compute
from fedviz.models.backbone import Backbone
from fedviz.models.cache import SHARED, ActivationCache
from fedviz.models.families import Tokens, device_of

CHUNK_TEXTS = 8
CHUNK_TEXTS_CUDA = 256
LENGTH_STEP = 8


class FrozenLayers:
    """The embeddings and the lowest `depth` layers of a backbone.

    With `pooled`, the result per text is its vector [width], behind the final norm where there is one; otherwise its activations at its true length
    [tokens, width]. Always float32; `bf16` computes them in bfloat16.
    """

    def __init__(self, backbone: Backbone, depth: int, *, pooled: bool, bf16: bool = False, cache: ActivationCache = SHARED) -> None:
        self.backbone = backbone
        self.layers = backbone.layers[:depth]
        self.pooled = pooled
        self.bf16 = bf16
        self.cache = cache
        self.key = (backbone.key, depth, pooled, bf16)
        self.device = device_of(backbone.embeddings)
        self.chunk = CHUNK_TEXTS if self.device.type == "cpu" else CHUNK_TEXTS_CUDA
        self.family = backbone.family

    @torch.no_grad()
    def activations(self, tokens: Sequence[Tokens], progress: Callable[[int, int], None] = lambda done, total: None) -> list[Tensor]:
        """One tensor per text, from the cache where it holds the text.

        A text is computed in a chunk of `CHUNK_TEXTS` texts (on a graphics processor more) padded to the same multiple of `LENGTH_STEP` tokens; a chunk
        that is not full is filled up. The shape of the arithmetic is then a function of the text alone, and so are its
        bits: a run that finds half of its texts in the cache ends with the same weights as one that finds none.
        """
        found = {text: self.cache.get((self.key, text)) for text in set(tokens)}
        missing = sorted((text for text, value in found.items() if value is None), key=lambda text: (_ceiling(len(text)), text))
        done = len(found) - len(missing)
        progress(done, len(found))
        chunks = _chunks(missing, self.chunk)
        shares = compute.shares(len(chunks))
        with ThreadPoolExecutor(shares.workers, "fedviz-encode", compute.take, (shares.threads,)) as pool:
            computed = [pool.submit(self._whole_chunk, chunk) for chunk in chunks]
            try:
                for chunk, future in zip(chunks, computed, strict=True):
                    for text, value in zip(chunk, future.result(), strict=False):
                        # A clone owns its memory: a view would keep the whole chunk alive.
                        found[text] = value.clone()
                        self.cache.put((self.key, text), found[text])
                    done += len(chunk)
                    progress(done, len(found))
            finally:
                pool.shutdown(cancel_futures=True)
        return [found[text] for text in tokens]

    def _whole_chunk(self, chunk: Sequence[Tokens]) -> list[Tensor]:
        with torch.no_grad():  # gradients are switched off by thread
            return self._compute([*chunk, *[chunk[-1]] * (self.chunk - len(chunk))])

    @torch.no_grad()
    def alone(self, tokens: Sequence[Tokens]) -> list[Tensor]:
        """The same of each text by itself, not filled up and not remembered: for single texts that somebody types."""
        return [self._compute([text])[0] for text in tokens]

    def _compute(self, tokens: Sequence[Tokens]) -> list[Tensor]:
        lengths = [len(text) for text in tokens]
        with torch.autocast(self.device.type, dtype=torch.bfloat16, enabled=self.bf16):
            hidden = self.family.run_padded(self.layers, self.family.embed_padded(self.backbone.embeddings, tokens, _ceiling(max(lengths))), lengths).float()
        if self.pooled:
            return list(self.backbone.vectors_padded(hidden, lengths, self.backbone.final))
        return [row[:n] for row, n in zip(hidden, lengths, strict=True)]

    @torch.no_grad()
    def now(self, tokens: Sequence[Tokens], padded_to: int | None) -> Tensor:
        """The activations computed afresh, for the uncached paths: packed [sum of lengths, width], or [texts, padded_to, width]; pooled [texts, width]."""
        lengths = [len(text) for text in tokens]
        if padded_to is None:
            hidden = self.family.run_packed(self.layers, self.family.embed(self.backbone.embeddings, tokens), lengths)
            return self.backbone.vectors_packed(hidden, lengths, self.backbone.final) if self.pooled else hidden
        hidden = self.family.run_padded(self.layers, self.family.embed_padded(self.backbone.embeddings, tokens, padded_to), lengths)
        return self.backbone.vectors_padded(hidden, lengths, self.backbone.final) if self.pooled else hidden


def _ceiling(length: int) -> int:
    return -(-length // LENGTH_STEP) * LENGTH_STEP


def _chunks(texts: Sequence[Tokens], most: int) -> list[list[Tokens]]:
    """Up to `most` neighbours of the same padded length; `texts` are sorted by it."""
    chunks: list[list[Tokens]] = []
    for text in texts:
        if chunks and len(chunks[-1]) < most and _ceiling(len(chunks[-1][0])) == _ceiling(len(text)):
            chunks[-1].append(text)
        else:
            chunks.append([text])
    return chunks

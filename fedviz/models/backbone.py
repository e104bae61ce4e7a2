"""A pretrained encoder as the learner needs it: embeddings, layers, and texts to token ids."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention

Tokens = tuple[int, ...]


@dataclass(frozen=True)
class Backbone:
    """A BERT encoder whose weights nobody changes: whoever trains a part trains a copy.

    `key` names the weights (two backbones with one key are equal to the bit); `tokenize(texts, max_tokens)` gives token ids
    with the special tokens, at least one per text. `pretrained` is False where the weights are random.
    """

    key: str
    embeddings: nn.Module
    layers: tuple[nn.Module, ...]
    width: int
    tokenize: Callable[[Sequence[str], int], list[Tokens]]
    pretrained: bool = True

    @property
    def parameters(self) -> int:
        """Number of weights of embeddings and layers."""
        return sum(p.numel() for module in (self.embeddings, *self.layers) for p in module.parameters())


def embed(embeddings: nn.Module, tokens: Sequence[Tokens]) -> Tensor:
    """Input vectors of several texts one after the other, without padding: [sum of lengths, width]."""
    ids = torch.tensor([[i for text in tokens for i in text]], dtype=torch.long)
    positions = torch.tensor([[i for text in tokens for i in range(len(text))]], dtype=torch.long)
    return embeddings(input_ids=ids, position_ids=positions)[0]


def embed_padded(embeddings: nn.Module, tokens: Sequence[Tokens], length: int) -> Tensor:
    """Input vectors padded to `length` tokens: [texts, length, width]; id 0 pads."""
    ids = torch.zeros((len(tokens), length), dtype=torch.long)
    for row, text in enumerate(tokens):
        ids[row, : len(text)] = torch.tensor(text)
    return embeddings(input_ids=ids)


def run_packed(layers: Sequence[nn.Module], hidden: Tensor, lengths: Sequence[int]) -> Tensor:
    """Layers over texts that lie one after the other in `hidden` [sum of lengths, width].

    Only attention, which relates the tokens of one text, sees a padded view; all that works token by token (nine tenths of
    the arithmetic) runs on real tokens only. Same function of the texts as `run_padded`, another order of additions.
    """
    mask = key_mask(lengths, max(lengths))
    real = mask.flatten().nonzero()[:, 0]
    for layer in layers:
        attention = layer.attention.self
        q, k, v = (_pad(linear(hidden), real, mask.shape, attention.num_attention_heads) for linear in (attention.query, attention.key, attention.value))
        mixed = scaled_dot_product_attention(q, k, v, attn_mask=mask[:, None, None, :]).transpose(1, 2)
        rows = mixed.reshape(mask.numel(), -1).index_select(0, real)
        hidden = layer.feed_forward_chunk(layer.attention.output(rows, hidden))
    return hidden


def _pad(rows: Tensor, real: Tensor, shape: torch.Size, heads: int) -> Tensor:
    """Packed rows as padded heads [texts, heads, longest, width / heads]; `real` says where the rows go."""
    padded = rows.new_zeros((shape.numel(), rows.shape[1])).index_copy(0, real, rows)
    return padded.view(*shape, heads, -1).transpose(1, 2)


def run_padded(layers: Sequence[nn.Module], hidden: Tensor, lengths: Sequence[int]) -> Tensor:
    """The layers' own forward over a padded batch [texts, length, width]."""
    mask = key_mask(lengths, hidden.shape[1])[:, None, None, :]
    for layer in layers:
        hidden = layer(hidden, attention_mask=mask)
    return hidden


def key_mask(lengths: Sequence[int], longest: int) -> Tensor:
    """True where a token is real: bool [texts, longest]."""
    return torch.arange(longest)[None, :] < torch.tensor(lengths)[:, None]


def mean_packed(hidden: Tensor, lengths: Sequence[int]) -> Tensor:
    """Mean over each text's tokens: [texts, width]."""
    return torch.stack([part.mean(0) for part in hidden.split(list(lengths))])


def mean_padded(hidden: Tensor, lengths: Sequence[int]) -> Tensor:
    """Mean over each text's real tokens: [texts, width]."""
    mask = key_mask(lengths, hidden.shape[1]).to(hidden.dtype)[:, :, None]
    return (hidden * mask).sum(1) / mask.sum(1)

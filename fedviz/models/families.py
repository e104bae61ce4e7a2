"""The families of transformers: how each embeds tokens, relates them, and says in one vector what it has read.

BERT and RoBERTa see the whole text at every token, and the mean over the tokens is the text's vector. The GPT family (GPT-2, Llama) sees what stands before a
token, so that the last token alone has seen all: its vector is the text's. Every family runs in two ways that are one function of the texts: `run_padded` by the
layers' own forward, `run_packed` without arithmetic on padding. Padding stands at the end of a text.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention

from fedviz.models.shapes import TARGETS

Tokens = tuple[int, ...]
Heads = tuple[tuple[Tensor, int], tuple[Tensor, int], tuple[Tensor, int]]
"""Query, key and value rows [sum of lengths, heads * size], each with its number of heads."""


class Family:
    """What the families share. `pad`: the token id that fills up; `targets`: names of the linear maps that adapters may sit on, by how many are meant."""

    name: str = ""
    causal = False
    pad = 0
    first_position = 0
    targets: Mapping[str, tuple[str, ...]] = {}

    def embed(self, embeddings: nn.Module, tokens: Sequence[Tokens]) -> Tensor:
        """Input vectors of several texts one after the other, without padding: [sum of lengths, width]."""
        ids = torch.tensor([[i for text in tokens for i in text]], dtype=torch.long)
        places = torch.tensor([[self.first_position + i for text in tokens for i in range(len(text))]], dtype=torch.long)
        device = device_of(embeddings)
        return self.look_up(embeddings, ids.to(device), places.to(device))[0]

    def embed_padded(self, embeddings: nn.Module, tokens: Sequence[Tokens], length: int) -> Tensor:
        """Input vectors padded to `length` tokens: [texts, length, width]."""
        ids = torch.full((len(tokens), length), self.pad, dtype=torch.long)
        for row, text in enumerate(tokens):
            ids[row, : len(text)] = torch.tensor(text)
        ids = ids.to(device_of(embeddings))
        return self.look_up(embeddings, ids, torch.arange(self.first_position, self.first_position + length, device=ids.device)[None].expand_as(ids))

    def run_packed(self, layers: Sequence[nn.Module], hidden: Tensor, lengths: Sequence[int]) -> Tensor:
        """Layers over texts that lie one after the other in `hidden` [sum of lengths, width].

        Only attention, which relates the tokens of one text, sees a padded view; all that works token by token (nine tenths of
        the arithmetic) runs on real tokens only. Same function of the texts as `run_padded`, another order of additions.
        """
        mask, real = real_tokens(lengths, hidden.device)
        allowed = self.allowed(mask)
        for layer in layers:
            q, k, v = (_pad(rows, real, mask.shape, heads) for rows, heads in self.heads(layer, hidden))
            q, k = self.turned(q, k)
            mixed = scaled_dot_product_attention(q, k, v, attn_mask=allowed, enable_gqa=k.shape[1] != q.shape[1]).transpose(1, 2)
            hidden = self.finish(layer, mixed.reshape(mask.numel(), -1).index_select(0, real), hidden)
        return hidden

    def read_packed(self, layers: Sequence[nn.Module], hidden: Tensor, lengths: Sequence[int]) -> Tensor:
        """`pool_packed` of `run_packed`. Of the highest layer of a causal family only the texts' last tokens are asked, so that nothing but keys and values is computed for the others."""
        if not self.causal or not len(layers):
            return self.pool_packed(self.run_packed(layers, hidden, lengths), lengths)
        layer, hidden = layers[-1], self.run_packed(layers[:-1], hidden, lengths)
        mask, real = real_tokens(lengths, hidden.device)
        last = torch.tensor(lengths, device=hidden.device).cumsum(0) - 1
        (q, many), *seen = self.heads(layer, hidden, last)
        k, v = (_pad(rows, real, mask.shape, few) for rows, few in seen)
        q = q.view(len(lengths), 1, many, -1).transpose(1, 2)
        q, k = self.turned_at(q, q, torch.tensor(lengths, device=hidden.device)[:, None] - 1)[0], self.turned(k, k)[1]
        mixed = scaled_dot_product_attention(q, k, v, attn_mask=mask[:, None, None, :], enable_gqa=k.shape[1] != q.shape[1])
        return self.finish(layer, mixed.reshape(len(lengths), -1), hidden.index_select(0, last))

    def run_padded(self, layers: Sequence[nn.Module], hidden: Tensor, lengths: Sequence[int]) -> Tensor:
        """The layers' own forward over a padded batch [texts, length, width]."""
        allowed = self.allowed(key_mask(lengths, hidden.shape[1], hidden.device))
        for layer in layers:
            hidden = self.layer(layer, hidden, allowed)
        return hidden

    def pool_packed(self, hidden: Tensor, lengths: Sequence[int]) -> Tensor:
        """A vector for each text: the mean over its tokens, or its last token's where the family is causal. [texts, width]."""
        if self.causal:
            return hidden[torch.tensor(lengths, device=hidden.device).cumsum(0) - 1]
        return torch.stack([part.mean(0) for part in hidden.split(list(lengths))])

    def pool_padded(self, hidden: Tensor, lengths: Sequence[int]) -> Tensor:
        """The same of a padded batch [texts, length, width]."""
        if self.causal:
            return hidden[torch.arange(len(lengths), device=hidden.device), torch.tensor(lengths, device=hidden.device) - 1]
        mask = key_mask(lengths, hidden.shape[1], hidden.device).to(hidden.dtype)[:, :, None]
        return (hidden * mask).sum(1) / mask.sum(1)

    def allowed(self, mask: Tensor) -> Tensor:
        """Which keys a query may see, from `mask` [texts, longest]: every real one, or for a causal family those up to itself, which no padding precedes."""
        return torch.ones_like(mask[:1]).expand(mask.shape[1], -1).tril()[None, None] if self.causal else mask[:, None, None, :]

    def look_up(self, embeddings: nn.Module, ids: Tensor, places: Tensor) -> Tensor:
        """Input vectors [texts, length, width] of token ids at places, both [texts, length]."""
        return embeddings(input_ids=ids, position_ids=places)

    def words(self, embeddings: Any) -> nn.Parameter:
        """The table of the tokens' own vectors [tokens, width]."""
        return embeddings.word_embeddings.weight

    def turned(self, query: Tensor, key: Tensor) -> tuple[Tensor, Tensor]:
        """Queries and keys [texts, heads, length, size] with their places, where the family tells them there."""
        return query, key

    def turned_at(self, query: Tensor, key: Tensor, places: Tensor) -> tuple[Tensor, Tensor]:
        """The same for tokens at `places` [texts, length], counted from 0."""
        return query, key

    def heads(self, layer: Any, hidden: Tensor, asking: Tensor | None = None) -> Heads:
        """Queries, keys and values of packed rows; queries of the rows `asking` alone, where some are named."""
        raise NotImplementedError

    def finish(self, layer: Any, mixed: Tensor, hidden: Tensor) -> Tensor:
        """What a layer makes of packed rows once attention has mixed them."""
        raise NotImplementedError

    def layer(self, layer: Any, hidden: Tensor, allowed: Tensor) -> Tensor:
        """A layer's own forward."""
        return layer(hidden, attention_mask=allowed)


class Bert(Family):
    """Devlin et al., BERT: Pre-training of Deep Bidirectional Transformers for Language Understanding (arXiv 1810.04805)."""

    name = "bert"
    targets = TARGETS["bert"]

    def __init__(self, pad: int = 0) -> None:
        self.pad = pad

    def heads(self, layer: Any, hidden: Tensor, asking: Tensor | None = None) -> Heads:
        attention = layer.attention.self
        q, k, v = ((linear(rows), attention.num_attention_heads) for linear, rows in ((attention.query, _of(hidden, asking)), (attention.key, hidden), (attention.value, hidden)))
        return q, k, v

    def finish(self, layer: Any, mixed: Tensor, hidden: Tensor) -> Tensor:
        return layer.feed_forward_chunk(layer.attention.output(mixed, hidden))


class Roberta(Bert):
    """Liu et al., RoBERTa: A Robustly Optimized BERT Pretraining Approach (arXiv 1907.11692). Its places count from the one behind the padding's."""

    name = "roberta"

    def __init__(self, pad: int = 1) -> None:
        self.pad = pad
        self.first_position = pad + 1


class Gpt2(Family):
    """Radford et al., Language Models are Unsupervised Multitask Learners (2019). Embeddings are an `nn.ModuleDict` of `tokens` and `places`."""

    name = "gpt2"
    causal = True
    targets = TARGETS["gpt2"]

    def look_up(self, embeddings: Any, ids: Tensor, places: Tensor) -> Tensor:
        return embeddings["tokens"](ids) + embeddings["places"](places)

    def words(self, embeddings: Any) -> nn.Parameter:
        return embeddings["tokens"].weight

    def heads(self, layer: Any, hidden: Tensor, asking: Tensor | None = None) -> Heads:
        q, k, v = ((rows, layer.attn.num_heads) for rows in layer.attn.c_attn(layer.ln_1(hidden)).chunk(3, dim=-1))
        return (_of(q[0], asking), q[1]), k, v  # one map says all three

    def finish(self, layer: Any, mixed: Tensor, hidden: Tensor) -> Tensor:
        hidden = hidden + layer.attn.c_proj(mixed)
        return hidden + layer.mlp(layer.ln_2(hidden))


class Llama(Family):
    """Touvron et al., LLaMA (arXiv 2302.13971): places are turns of queries and keys (`rotary`), several queries share a key (grouped-query attention)."""

    name = "llama"
    causal = True
    targets = TARGETS["llama"]

    def __init__(self, rotary: nn.Module) -> None:
        self.rotary = rotary

    def look_up(self, embeddings: nn.Module, ids: Tensor, places: Tensor) -> Tensor:
        return embeddings(ids)

    def words(self, embeddings: Any) -> nn.Parameter:
        return embeddings.weight

    def turned(self, query: Tensor, key: Tensor) -> tuple[Tensor, Tensor]:
        from transformers.models.llama.modeling_llama import apply_rotary_pos_emb

        return apply_rotary_pos_emb(query, key, *self._turns(query, query.shape[2]))

    def turned_at(self, query: Tensor, key: Tensor, places: Tensor) -> tuple[Tensor, Tensor]:
        from transformers.models.llama.modeling_llama import apply_rotary_pos_emb

        return apply_rotary_pos_emb(query, key, *self.rotary(query, places))

    def heads(self, layer: Any, hidden: Tensor, asking: Tensor | None = None) -> Heads:
        attention, hidden = layer.self_attn, layer.input_layernorm(hidden)
        q, k, v = ((rows, rows.shape[-1] // attention.head_dim) for rows in (attention.q_proj(_of(hidden, asking)), attention.k_proj(hidden), attention.v_proj(hidden)))
        return q, k, v

    def finish(self, layer: Any, mixed: Tensor, hidden: Tensor) -> Tensor:
        hidden = hidden + layer.self_attn.o_proj(mixed)
        return hidden + layer.mlp(layer.post_attention_layernorm(hidden))

    def layer(self, layer: Any, hidden: Tensor, allowed: Tensor) -> Tensor:
        return layer(hidden, attention_mask=allowed, position_embeddings=self._turns(hidden, hidden.shape[1]))

    def _turns(self, like: Tensor, length: int) -> tuple[Tensor, Tensor]:
        return self.rotary(like, torch.arange(length, device=like.device)[None])


BERT = Bert()


def key_mask(lengths: Sequence[int], longest: int, device: torch.device) -> Tensor:
    """True where a token is real: bool [texts, longest]."""
    return torch.arange(longest, device=device)[None, :] < torch.tensor(lengths, device=device)[:, None]


def real_tokens(lengths: Sequence[int], device: torch.device) -> tuple[Tensor, Tensor]:
    """Where a padded batch is real: bool [texts, longest], and the places of the packed rows in it when it is flat."""
    mask = key_mask(lengths, max(lengths), device)
    return mask, mask.flatten().nonzero()[:, 0]


def device_of(module: nn.Module) -> torch.device:
    """Where a module's weights are."""
    return next(module.parameters()).device


def _of(hidden: Tensor, asking: Tensor | None) -> Tensor:
    return hidden if asking is None else hidden.index_select(0, asking)


def _pad(rows: Tensor, real: Tensor, shape: torch.Size, heads: int) -> Tensor:
    """Packed rows as padded heads [texts, heads, longest, size]; `real` says where the rows go."""
    padded = rows.new_zeros((shape.numel(), rows.shape[1])).index_copy(0, real, rows)
    return padded.view(*shape, heads, -1).transpose(1, 2)

"""A pretrained language model as the learner needs it: embeddings, layers, how its family reads, and texts to token ids."""

import copy
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import torch
from torch import Tensor, nn

from fedviz.core.errors import ConfigError
from fedviz.models.families import BERT, Family, Tokens
from fedviz.models.vocabulary import Marked, Vocabulary


@dataclass(frozen=True)
class Backbone:
    """A transformer whose weights nobody changes: whoever trains a part trains a copy.

    `key` names the weights (two backbones with one key are equal to the bit); `tokenize(texts, max_tokens)` gives token ids
    with the special tokens, at least one per text. `pretrained` is False where the weights are random. `final`: the norm behind
    the last layer of a causal family, which works token by token and so may wait until a text's last token is picked. `vocabulary`: its
    tokens, None where nobody has described them. `head()` reads the stored weights of its language-model head, under the names of `fedviz.models.heads`; none where it has none. `folder`: where its configuration
    and its tokenizer lie in Hugging Face's form, None where it has none; `prefix`: what stands before every text; `centre`: what the unit vectors of all texts share [width], which is taken from them before a
    head reads them, None where they share little.
    """

    key: str
    embeddings: nn.Module
    layers: tuple[nn.Module, ...]
    width: int
    tokenize: Callable[[Sequence[str], int], list[Tokens]]
    pretrained: bool = True
    family: Family = BERT
    final: nn.Module | None = None
    vocabulary: Vocabulary | None = None
    head: Callable[[], Mapping[str, Tensor]] = dict
    folder: Path | None = None
    prefix: str = ""
    centre: Tensor | None = None

    @property
    def parameters(self) -> int:
        """Number of weights of embeddings, layers and final norm."""
        return sum(p.numel() for module in (self.embeddings, *self.layers, self.final) if module is not None for p in module.parameters())

    def marked(self, text: str, max_tokens: int) -> Marked:
        """A text's tokens, as `tokenize` gives them, with their places in it. `ConfigError` where nobody has described them."""
        if self.vocabulary is None:
            raise ConfigError(f"A model's tokens must be described before words can be explained, but those of {self.key!r} are not.")
        return self.vocabulary.mark([text], max_tokens)[0]

    def scaled(self, pooled: Tensor) -> Tensor:
        """Vectors [texts, width] as a head reads them: of one direction each, without what all texts share, and of length sqrt(width), whatever the width."""
        if self.centre is not None:
            pooled = pooled / pooled.norm(dim=1, keepdim=True).clamp_min(1e-12) - self.centre
        return pooled * (math.sqrt(self.width) / pooled.norm(dim=1, keepdim=True).clamp_min(1e-12))

    def vectors_packed(self, hidden: Tensor, lengths: Sequence[int], final: nn.Module | None) -> Tensor:
        """The texts' vectors [texts, width] from what the last layer says [sum of lengths, width]; `final`: this backbone's norm, or a trained copy."""
        return self.normed(self.family.pool_packed(hidden, lengths), final)

    def normed(self, pooled: Tensor, final: nn.Module | None) -> Tensor:
        """Pooled rows [texts, width] behind the final norm, where there is one."""
        return pooled if final is None else final(pooled)

    def vectors_padded(self, hidden: Tensor, lengths: Sequence[int], final: nn.Module | None) -> Tensor:
        """The same from a padded batch [texts, length, width]."""
        return self.normed(self.family.pool_padded(hidden, lengths), final)


def placed(backbone: Backbone, device: str) -> Backbone:
    """The same weights where they are to be computed with. `ConfigError` where this machine has no such device."""
    if device == "cpu":
        return backbone
    if not torch.cuda.is_available():
        raise ConfigError(f"`device` must be one that this machine has, but got device={device} and torch finds no graphics processor.")
    torch.backends.cuda.enable_cudnn_sdp(False)  # it plans anew for every length that it meets: 12 ms a layer and step, `bench gpu` says
    return _moved(backbone, device)


@lru_cache(maxsize=2)
def _moved(backbone: Backbone, device: str) -> Backbone:
    embeddings, layers, final, family = (copy.deepcopy(part) for part in (backbone.embeddings, nn.ModuleList(backbone.layers), backbone.final, backbone.family))
    for module in (embeddings, layers, final, *(part for part in vars(family).values() if isinstance(part, nn.Module))):
        if module is not None:
            module.to(device)
    centre = None if backbone.centre is None else backbone.centre.to(device)
    return replace(backbone, key=f"{backbone.key}@{device}", embeddings=embeddings, layers=tuple(layers), final=final, family=family, centre=centre)

"""A tiny BERT with random weights and hashed words, for tests and for looking at the machinery. It knows no language."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from fedviz import __version__
from fedviz.core.i18n import N_
from fedviz.models.imports import IMPORTS
from fedviz.models.options import Facts, ModelEntry, ModelOptions
from fedviz.models.shapes import Shape, bert

if TYPE_CHECKING:  # torch is heavy, and reading a configuration needs none of it
    from fedviz.models.backbone import Backbone
    from fedviz.models.families import Tokens
    from fedviz.models.vocabulary import Vocabulary

_WORDS = re.compile(r"\w+")
_START = 1


class ToyOptions(ModelOptions):
    """Options of the toy model: the shared ones, and the size of the random network."""

    name: Literal["toy"] = "toy"
    width: Annotated[int, Field(ge=8, le=128, multiple_of=4, title="Width", description="Length of the vectors inside the tiny random network.")] = 64
    layers: Annotated[int, Field(ge=1, le=6, title="Layers", description="Layers of the tiny random network.")] = 2
    lora_layers: Annotated[int, Field(ge=1, le=6, title="LoRA layers", description="How many of the top layers carry adapters. The layers below stay frozen, so their activations can be computed once.")] = 1
    max_tokens: Annotated[int, Field(ge=8, le=512, title="Longest text in tokens", description="Texts are cut after this many tokens.")] = 32


def hash_tokens(texts: Sequence[str], max_tokens: int, vocabulary: int = 2048) -> list[Tokens]:
    """Words to ids by BLAKE2b: id 0 pads, id 1 starts each text, words share the rest (collisions are part of a toy)."""
    return [(_START, *(_word_id(word, vocabulary) for word in _WORDS.findall(text.lower())[: max_tokens - 1])) for text in texts]


def hash_vocabulary(size: int = 2048) -> Vocabulary:
    """The ids of hashed words, which nobody can read back. Id 0 pads, and where a word is hidden it stands for that: padding is never read."""
    from fedviz.models.vocabulary import Marked, Vocabulary

    def mark(texts: Sequence[str], max_tokens: int) -> list[Marked]:
        found = [[match.span() for match in _WORDS.finditer(text.lower())][: max_tokens - 1] for text in texts]
        read = hash_tokens(texts, max_tokens, size)
        gaps = [[text[max(a - 1, 0) : b + 1] == "[MASK]" for a, b in spans] for text, spans in zip(texts, found, strict=True)]
        seen = [(tokens[0], *(0 if gap else token for token, gap in zip(tokens[1:], some, strict=True))) for tokens, some in zip(read, gaps, strict=True)]
        return [Marked(tokens, (-1, *range(len(spans))), ((0, 0), *spans)) for tokens, spans in zip(seen, found, strict=True)]

    return Vocabulary(size, 0, frozenset((0, _START)), mark, lambda tokens: [f"#{token}" for token in tokens])


def _word_id(word: str, vocabulary: int) -> int:
    return 2 + int.from_bytes(hashlib.blake2b(word.encode(), digest_size=4).digest(), "little") % (vocabulary - 2)


@lru_cache(maxsize=4)
def _backbone(width: int, layers: int) -> Backbone:
    import torch

    with IMPORTS:
        from transformers import BertConfig, BertModel

    from fedviz.models.backbone import Backbone

    config = BertConfig(vocab_size=2048, hidden_size=width, num_hidden_layers=layers, num_attention_heads=4, intermediate_size=2 * width, max_position_embeddings=512, attn_implementation="sdpa")
    model = BertModel(config, add_pooling_layer=False).eval()
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for name, weight in sorted(model.named_parameters()):
            if "LayerNorm" not in name and not name.endswith("bias"):
                weight.normal_(0.0, 1.0 if "word_embeddings" in name else 0.1, generator=generator)
            weight.requires_grad_(False)
    return Backbone(f"toy-{width}x{layers}", model.embeddings, tuple(model.encoder.layer), width, hash_tokens, pretrained=False, vocabulary=hash_vocabulary())


def load(options: ToyOptions) -> Backbone:
    """The toy of that size; the same size gives the same random weights."""
    return _backbone(options.width, options.layers)


def shape(options: ToyOptions) -> Shape:
    """The toy's size as its options ask for."""
    return bert(options.width, options.layers, 2 * options.width, 2048, 512)


def facts(options: ToyOptions) -> Facts:
    """Licence, languages and version."""
    return Facts("Apache-2.0", N_("none, since its weights are random"), f"fedviz {__version__}")


TOY = ModelEntry("toy", N_("Toy encoder"), N_("A random network of two small layers that hashes words. It knows no language, costs milliseconds, and is here for tests and for watching the machinery."), ToyOptions, load, shape, facts)

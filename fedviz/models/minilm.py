"""all-MiniLM-L6: a pretrained sentence encoder of 22.7 million weights, from its carrier. It comes without the head that its masked tokens were read with.

Wang et al., MiniLM: Deep Self-Attention Distillation for Task-Agnostic Compression of Pre-Trained Transformers (2020).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from fedviz.carriers.store import carrier_path
from fedviz.core.i18n import N_
from fedviz.models.imports import IMPORTS
from fedviz.models.options import Facts, ModelEntry, ModelOptions, carrier_facts
from fedviz.models.shapes import Shape, bert

if TYPE_CHECKING:  # torch is heavy, and reading a configuration needs none of it
    from fedviz.models.backbone import Backbone
    from fedviz.models.families import Tokens


class MiniLMOptions(ModelOptions):
    """Options of MiniLM: the shared ones, with adapters in at most its six layers."""

    name: Literal["minilm"] = "minilm"
    lora_layers: Annotated[int, Field(ge=1, le=6, title="LoRA layers", description="How many of the top layers carry adapters. The layers below stay frozen, so their activations can be computed once.")] = 2


def load(options: MiniLMOptions) -> Backbone:
    """MiniLM from its carrier's folder, read once per process; raises `CarrierError` where it was not fetched."""
    return from_folder(str(carrier_path("minilm", "")))


@lru_cache(maxsize=2)
def from_folder(folder: str) -> Backbone:
    """MiniLM from a folder with `config.json`, `model.safetensors` and `tokenizer.json`."""
    import torch
    from safetensors.torch import load_file
    from tokenizers import Tokenizer

    with IMPORTS:
        from transformers import BertConfig, BertModel

    from fedviz.models.backbone import Backbone
    from fedviz.models.vocabulary import Marked, Vocabulary, marked

    config = BertConfig.from_json_file(str(Path(folder) / "config.json"))
    config._attn_implementation = "sdpa"
    with torch.device("meta"):  # no random weights that the next lines would overwrite
        model = BertModel(config, add_pooling_layer=False)
    stored = load_file(str(Path(folder) / "model.safetensors"))
    model.load_state_dict({name: weight for name, weight in stored.items() if not name.startswith("pooler.")}, assign=True, strict=False)
    model.embeddings.position_ids = torch.arange(config.max_position_embeddings)[None]
    model.embeddings.token_type_ids = torch.zeros((1, config.max_position_embeddings), dtype=torch.long)
    model.eval().requires_grad_(False)
    tokenizer = Tokenizer.from_file(str(Path(folder) / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()

    def mark(texts: Sequence[str], max_tokens: int) -> list[Marked]:
        return [marked(encoding, max_tokens) for encoding in tokenizer.encode_batch(list(texts))]

    def tokenize(texts: Sequence[str], max_tokens: int) -> list[Tokens]:
        # A cut text keeps its end token, as with the tokenizer's own truncation.
        encoded = (encoding.ids for encoding in tokenizer.encode_batch(list(texts)))
        return [tuple(ids) if len(ids) <= max_tokens else (*ids[: max_tokens - 1], ids[-1]) for ids in encoded]

    special = frozenset(tokenizer.token_to_id(token) for token in ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"))
    read = Vocabulary(config.vocab_size, tokenizer.token_to_id("[MASK]"), special, mark, lambda tokens: [tokenizer.id_to_token(token) or "" for token in tokens])
    return Backbone("minilm-l6", model.embeddings, tuple(model.encoder.layer), config.hidden_size, tokenize, vocabulary=read, folder=Path(folder))


@lru_cache(maxsize=1)
def _tokenizer() -> Any:
    from tokenizers import Tokenizer

    return Tokenizer.from_file(str(carrier_path("minilm", "tokenizer.json")))


def pieces(tokens: Sequence[int]) -> list[str]:
    """The words and parts of words (`##...`) that token ids stand for; raises `CarrierError` where the model was not fetched."""
    return [_tokenizer().id_to_token(token) or "" for token in tokens]


def shape(options: MiniLMOptions) -> Shape:
    """MiniLM's size."""
    return bert(384, 6, 1536, 30522, 512)


def facts(options: MiniLMOptions) -> Facts:
    """Licence, languages and version."""
    return carrier_facts("minilm", N_("texts in English"))


MINILM = ModelEntry(
    "minilm",
    N_("MiniLM"),
    N_("A pretrained sentence encoder with six layers and 22.7 million weights, small enough to fine-tune on a laptop."),
    MiniLMOptions,
    load,
    shape,
    facts,
    ("minilm",),
    reads=("en",),
)

"""A language model that begins with nothing: random weights of a chosen size, and a tokenizer that the run's own clients train together from counts of words."""

from __future__ import annotations

import hashlib
import json
import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field, model_validator

from fedviz import __version__
from fedviz.core.errors import ConfigError
from fedviz.core.i18n import N_
from fedviz.core.seeds import derive
from fedviz.models.imports import IMPORTS
from fedviz.models.options import Facts, ModelEntry, ModelOptions
from fedviz.models.shapes import Shape, shape_of

if TYPE_CHECKING:  # torch is heavy, and reading a configuration needs none of it
    from fedviz.core.config import RunConfig
    from fedviz.models.backbone import Backbone

_KEPT = 4


class ScratchOptions(ModelOptions):
    """Options of a model from scratch: the shared ones, its family and size, and how its tokenizer comes about."""

    name: Literal["scratch"] = "scratch"
    family: Annotated[Literal["bert", "roberta", "gpt2", "llama"], Field(title="Family", description="BERT and RoBERTa see the whole text at every token, GPT-2 and Llama what stands before it.")] = "roberta"
    width: Annotated[int, Field(ge=8, le=512, multiple_of=8, title="Width", description="Length of the vectors inside the network.")] = 128
    layers: Annotated[int, Field(ge=1, le=12, title="Layers", description="Layers of the network.")] = 2
    heads: Annotated[int, Field(ge=1, le=16, title="Heads", description="In so many parts attention works side by side; they must divide the width into even parts.")] = 4
    vocabulary: Annotated[int, Field(ge=300, le=32000, title="Vocabulary", description="At most so many pieces of words are learned.")] = 4000
    least_count: Annotated[int, Field(ge=1, le=1000, title="Least count", description="A client sends the counts of those words only that occur so often in its texts: rarer ones, as names of people, stay at home, and are read as smaller pieces.")] = 3
    most_per_text: Annotated[int, Field(ge=0, le=100, title="Most per text", description="A text counts a word at most so often, so that no text lifts a word above the threshold alone. 0: as often as it is there.")] = 1
    tuning: Annotated[Literal["head", "lora", "full"], Field(title="What is trained", description="Every weight, since random weights know nothing; adapters or the head alone leave them random.")] = "full"
    lora_layers: Annotated[int, Field(ge=1, le=12, title="LoRA layers", description="How many of the top layers carry adapters. The layers below stay frozen, so their activations can be computed once.")] = 1
    max_tokens: Annotated[int, Field(ge=8, le=512, title="Longest text in tokens", description="Texts are cut after this many tokens.")] = 64

    @model_validator(mode="after")
    def _divided(self) -> ScratchOptions:
        if self.width % (2 * self.heads):
            raise ValueError(f"`heads` must divide the width into even parts, but got heads={self.heads} with width={self.width}")
        return self


@dataclass(frozen=True)
class Learned:
    """The tokenizer of a run, and for each client how many words it sent and their bytes (a word in UTF-8 and a count of eight bytes)."""

    tokenizer: Any
    sent: tuple[tuple[int, int], ...]


_learned: OrderedDict[str, Learned] = OrderedDict()
_lock = threading.Lock()


def tokenizer_of(config: RunConfig) -> Learned:
    """The tokenizer that the clients of a configuration train, each from the texts that it holds for training; the last few are kept."""
    from fedviz.models.pieces import counted, learned, merged
    from fedviz.scenarios import load as scenarios
    from fedviz.scenarios.pins import versions

    options: ScratchOptions = config.model  # type: ignore[assignment]
    data = config.to_data()
    asked = [options.family, options.vocabulary, options.least_count, options.most_per_text]
    parts = [*asked, data["scenario"], data["texts"], data["partition"], config.federation.clients, config.federation.absent_clients, config.seed, *versions(config)]
    key = hashlib.blake2b(json.dumps(parts, sort_keys=True).encode(), digest_size=16).hexdigest()
    with _lock:
        if key not in _learned:
            scenario = scenarios.load(config)
            held = scenarios.shards(config, scenario).train
            counts = [
                {} if client in config.federation.absent_clients
                else counted(options.family, (scenario.train.texts[row] for row in rows), options.least_count, options.most_per_text)
                for client, rows in enumerate(held)
            ]  # fmt: skip
            sums = merged(counts)
            if not sums:
                raise ConfigError(f"`model.least_count` must leave some client a word to count, but no word occurs so often, with least_count={options.least_count}.")
            sent = tuple((len(one), sum(len(word.encode()) + 8 for word in one)) for one in counts)
            _learned[key] = Learned(learned(options.family, sums, options.vocabulary), sent)
            while len(_learned) > _KEPT:
                _learned.popitem(last=False)
        return _learned[key]


def load_for(config: RunConfig) -> Backbone:
    """The random model of a configuration over the tokenizer of its clients; the same configuration and seed give the same bits."""
    from fedviz.models.backbone import Backbone
    from fedviz.models.folders import parts, tokens_of, vocabulary

    options: ScratchOptions = config.model  # type: ignore[assignment]
    tokenizer = tokenizer_of(config).tokenizer
    model = random_model(options, tokenizer, derive(config.seed, "scratch"))
    family, embeddings, layers, final = parts(model)
    read = vocabulary(tokenizer, family, model.config)
    pieces = hashlib.blake2b(json.dumps(tokenizer.get_vocab(), sort_keys=True).encode(), digest_size=8).hexdigest()
    key = f"scratch-{options.family}-{options.width}x{options.layers}x{options.heads}-{pieces}-{config.seed}"
    return Backbone(key, embeddings, layers, options.width, tokens_of(read), False, family, final, read)


def random_model(options: ScratchOptions, tokenizer: Any, seed: int) -> Any:
    """The family's own class with normal weights of deviation 0.02, as their papers begin; norms are one, biases zero."""
    import torch

    with IMPORTS:
        from transformers import BertConfig, BertModel, GPT2Config, GPT2Model, LlamaConfig, LlamaModel, RobertaConfig, RobertaModel

    shape: dict[str, Any] = {
        "vocab_size": len(tokenizer), "hidden_size": options.width, "num_hidden_layers": options.layers, "num_attention_heads": options.heads,
        "intermediate_size": 4 * options.width, "max_position_embeddings": 520, "attn_implementation": "sdpa",
        "pad_token_id": tokenizer.pad_token_id, "bos_token_id": tokenizer.bos_token_id, "eos_token_id": tokenizer.eos_token_id,
    }  # fmt: skip
    model: Any
    if options.family == "gpt2":
        model = GPT2Model(GPT2Config(**shape))
    elif options.family == "llama":
        model = LlamaModel(LlamaConfig(**shape))
    else:
        settings, kind = (BertConfig, BertModel) if options.family == "bert" else (RobertaConfig, RobertaModel)
        model = kind(settings(**shape), add_pooling_layer=False)
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, weight in sorted(model.named_parameters()):
            if weight.ndim > 1:
                weight.normal_(0.0, 0.02, generator=generator)
            else:
                weight.fill_(0.0 if name.endswith("bias") else 1.0)
    return model.eval().requires_grad_(False)


def load(options: ScratchOptions) -> Backbone:
    """Not without clients: `ConfigError` says so."""
    raise ConfigError("`model` scratch must learn its tokenizer from the clients of a run, so that it can be loaded with a run's configuration alone.")


def shape(options: ScratchOptions) -> Shape:
    """Its size where the clients' words fill the whole vocabulary; the real one is known once they have counted."""
    sizes = {"hidden_size": options.width, "num_hidden_layers": options.layers, "num_attention_heads": options.heads, "intermediate_size": 4 * options.width, "vocab_size": options.vocabulary, "max_position_embeddings": 520}
    named = {"n_embd": options.width, "n_layer": options.layers, "n_positions": 520} if options.family == "gpt2" else {}
    return shape_of({"model_type": options.family, **sizes, **named})


def facts(options: ScratchOptions) -> Facts:
    """Licence, languages and version."""
    return Facts("Apache-2.0", N_("that of the clients' texts"), f"fedviz {__version__}")


SCRATCH = ModelEntry(
    "scratch",
    N_("From scratch"),
    N_("Random weights of a size of your choice, and a tokenizer that the clients train together: they send counts of words, and no text."),
    ScratchOptions,
    load,
    shape,
    facts,
    load_for=load_for,
    sent=lambda config: tokenizer_of(config).sent,
)

"""The shapes of a model's weights by its family, from its configuration alone: what an estimate needs, without torch and without the weights."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

QUERY_VALUE, ATTENTION, LINEAR = "query and value", "attention", "all linear"
_BERT_TARGETS = {QUERY_VALUE: ("query", "value"), ATTENTION: ("query", "key", "value", "attention.output.dense"), LINEAR: ("query", "key", "value", "dense")}
TARGETS: dict[str, dict[str, tuple[str, ...]]] = {
    "bert": _BERT_TARGETS,
    "roberta": _BERT_TARGETS,
    "gpt2": {QUERY_VALUE: ("c_attn",), ATTENTION: ("c_attn", "attn.c_proj"), LINEAR: ("c_attn", "c_proj", "c_fc")},
    "llama": {
        QUERY_VALUE: ("q_proj", "v_proj"),
        ATTENTION: ("q_proj", "k_proj", "v_proj", "o_proj"),
        LINEAR: ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"),
    },
}
"""By family: the ends of the names of the linear maps that adapters may sit on, by how many are meant."""
_DEFAULTS: dict[str, dict[str, int | None]] = {
    "bert": {"hidden_size": 768, "num_hidden_layers": 12, "intermediate_size": 3072, "vocab_size": 30522, "max_position_embeddings": 512, "type_vocab_size": 2},
    "roberta": {"hidden_size": 768, "num_hidden_layers": 12, "intermediate_size": 3072, "vocab_size": 50265, "max_position_embeddings": 512, "type_vocab_size": 2},
    "gpt2": {"n_embd": 768, "n_layer": 12, "n_inner": None, "vocab_size": 50257, "n_positions": 1024},
    "llama": {"hidden_size": 4096, "num_hidden_layers": 32, "intermediate_size": 11008, "vocab_size": 32000, "num_attention_heads": 32},
}
"""What a config.json leaves out because it is its class' default."""

Arrays = dict[str, tuple[int, ...]]


@dataclass(frozen=True)
class Linear:
    """A linear map of a layer. `stored_across`: its weight is [inputs, outputs], as GPT-2 keeps it."""

    outputs: int
    inputs: int
    bias: bool = True
    stored_across: bool = False


@dataclass(frozen=True)
class Shape:
    """A model in numbers of units. `embeddings`: arrays by name, the tokens' first; `linears` and `norms` (name -> whether it has a bias) of one layer; `final`: arrays of the norm behind the last one."""

    family: str
    width: int
    layers: int
    inner: int
    embeddings: Arrays
    linears: Mapping[str, Linear]
    norms: Mapping[str, bool]
    final: Arrays = field(default_factory=dict)

    @property
    def layer_weights(self) -> int:
        """Weights of the matrices of one layer: what a token is multiplied with."""
        return sum(linear.inputs * linear.outputs for linear in self.linears.values())

    @property
    def parameters(self) -> int:
        """Number of all weights."""
        return sum(map(math.prod, self.arrays().values()))

    @property
    def vocabulary(self) -> int:
        """Number of tokens."""
        return next(iter(self.embeddings.values()))[0]

    def arrays(self) -> Arrays:
        """Every weight by its name in an encoder that trains all."""
        return dict(self._arrays())

    def adapters(self, layers: int, rank: int, where: str) -> Arrays:
        """The adapters in so many top layers by their names, on the linear maps that `where` means."""
        found: Arrays = {}
        for start, linear in self._targets(layers, where):
            found |= {f"{start}.lora_A.default.weight": (rank, linear.inputs), f"{start}.lora_B.default.weight": (linear.outputs, rank)}
        return found

    def adapted(self, layers: int, where: str) -> Arrays:
        """What may be added to the frozen matrices under those adapters, by name."""
        return {f"{start}.base_layer.delta": (linear.outputs, linear.inputs) for start, linear in self._targets(layers, where)}

    def _targets(self, layers: int, where: str) -> Iterator[tuple[str, Linear]]:
        """Name and size of the linear maps that carry adapters."""
        for name, linear in self.linears.items():
            if any(f".{name}".endswith(f".{target}") for target in TARGETS[self.family][where]):
                for layer in range(layers):
                    yield f"layers.{layer}.{name}", linear

    def _arrays(self) -> Iterator[tuple[str, tuple[int, ...]]]:
        yield from self.embeddings.items()
        for layer in range(self.layers):
            for name, linear in self.linears.items():
                shape = (linear.outputs, linear.inputs)
                yield f"layers.{layer}.{name}.weight", shape[::-1] if linear.stored_across else shape
                if linear.bias:
                    yield f"layers.{layer}.{name}.bias", (linear.outputs,)
            for name, bias in self.norms.items():
                yield f"layers.{layer}.{name}.weight", (self.width,)
                if bias:
                    yield f"layers.{layer}.{name}.bias", (self.width,)
        yield from self.final.items()


def shape_of(config: Mapping[str, Any]) -> Shape:
    """The shape of the model that a `config.json` describes; `KeyError`, `TypeError` or `ValueError` where it describes none."""
    kind = "roberta" if config["model_type"] == "xlm-roberta" else str(config["model_type"])
    given = _DEFAULTS[kind] | {key: value for key, value in config.items() if value is not None}
    if kind == "gpt2":
        return _gpt2(*(int(given[key]) for key in ("n_embd", "n_layer", "vocab_size", "n_positions")), inner=given["n_inner"])
    width, layers, inner, vocabulary = (int(given[key]) for key in ("hidden_size", "num_hidden_layers", "intermediate_size", "vocab_size"))
    if kind == "llama":
        heads = int(given["num_attention_heads"])
        size, shared = int(given.get("head_dim") or width // heads), int(given.get("num_key_value_heads") or heads)
        return _llama(width, layers, inner, vocabulary, heads * size, shared * size, bool(given.get("attention_bias")), bool(given.get("mlp_bias")))
    return bert(width, layers, inner, vocabulary, int(given["max_position_embeddings"]), int(given["type_vocab_size"]), kind)


def bert(width: int, layers: int, inner: int, vocabulary: int, places: int, types: int = 2, family: str = "bert") -> Shape:
    """BERT and RoBERTa, which have the same weights."""
    tables = {"word": vocabulary, "position": places, "token_type": types}
    embeddings: Arrays = {f"embeddings.{table}_embeddings.weight": (rows, width) for table, rows in tables.items()}
    embeddings |= {"embeddings.LayerNorm.weight": (width,), "embeddings.LayerNorm.bias": (width,)}
    linears = {f"attention.self.{part}": Linear(width, width) for part in ("query", "key", "value")}
    linears |= {"attention.output.dense": Linear(width, width), "intermediate.dense": Linear(inner, width), "output.dense": Linear(width, inner)}
    return Shape(family, width, layers, inner, embeddings, linears, {"attention.output.LayerNorm": True, "output.LayerNorm": True})


def _gpt2(width: int, layers: int, vocabulary: int, places: int, inner: int | None) -> Shape:
    inner = int(inner or 4 * width)
    maps = {"attn.c_attn": (3 * width, width), "attn.c_proj": (width, width), "mlp.c_fc": (inner, width), "mlp.c_proj": (width, inner)}
    return Shape(
        "gpt2", width, layers, inner, {"embeddings.tokens.weight": (vocabulary, width), "embeddings.places.weight": (places, width)},
        {name: Linear(*sides, stored_across=True) for name, sides in maps.items()}, {"ln_1": True, "ln_2": True}, {"final.weight": (width,), "final.bias": (width,)},
    )  # fmt: skip


def _llama(width: int, layers: int, inner: int, vocabulary: int, queries: int, keys: int, attention_bias: bool, mlp_bias: bool) -> Shape:
    maps = {"q_proj": (queries, width), "k_proj": (keys, width), "v_proj": (keys, width), "o_proj": (width, queries)}
    linears = {f"self_attn.{name}": Linear(*sides, bias=attention_bias) for name, sides in maps.items()}
    linears |= {f"mlp.{name}": Linear(*sides, bias=mlp_bias) for name, sides in {"gate_proj": (inner, width), "up_proj": (inner, width), "down_proj": (width, inner)}.items()}
    norms = {"input_layernorm": False, "post_attention_layernorm": False}
    return Shape("llama", width, layers, inner, {"embeddings.weight": (vocabulary, width)}, linears, norms, {"final.weight": (width,)})

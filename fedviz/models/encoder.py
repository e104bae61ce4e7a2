"""The text side of the model: frozen layers below, trained layers above, a vector per text.

LoRA: Hu et al., LoRA: Low-Rank Adaptation of Large Language Models (arXiv 2106.09685), injected by peft into linear maps
of the top layers. Dropout is off everywhere, so that cached and uncached training are the same
function of the weights.
"""

import copy
import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from fedviz.core.errors import ConfigError
from fedviz.models.backbone import Backbone
from fedviz.models.families import Family, Tokens, key_mask
from fedviz.models.frozen import FrozenLayers
from fedviz.models.imports import IMPORTS
from fedviz.models.options import ModelOptions

Progress = Callable[[int, int], None]


class Encoder(nn.Module):
    """Texts to unit vectors times sqrt(width) (components of size one, whatever the width): [texts, width].

    `inputs(tokens)` gives what `forward` reads: cached activations per text, or the tokens themselves where nothing is
    cached. Only the trained layers are parameters of this module. `based`: a federation adds to the matrices under the adapters
    (`Based`).
    """

    def __init__(self, backbone: Backbone, options: ModelOptions, seed: int, based: bool = False) -> None:
        super().__init__()
        depth = len(backbone.layers)
        if options.tuning == "lora" and options.lora_layers > depth:
            raise ConfigError(f"`lora_layers` must be at most the model's {depth} layers, but got lora_layers={options.lora_layers}.")
        frozen = {"head": depth, "lora": depth - options.lora_layers, "full": 0}[options.tuning]
        self.width = backbone.width
        self.padded_to = None if options.bucket else options.max_tokens
        self.train_bf16 = options.train_bf16
        self.cached = options.cache and options.tuning != "full"
        self.frozen = FrozenLayers(backbone, frozen, pooled=frozen == depth, bf16=options.bf16)
        self.layers = nn.ModuleList(copy.deepcopy(layer) for layer in backbone.layers[frozen:])
        self.embeddings = copy.deepcopy(backbone.embeddings) if options.tuning == "full" else None
        self.final = copy.deepcopy(backbone.final) if options.tuning == "full" else backbone.final
        if options.tuning == "full":
            self.requires_grad_(True)
        elif options.tuning == "lora":
            _inject_lora(self.layers, backbone.family, options, seed)
            if based:
                _add_deltas(self.layers)
        self.eval()

    def inputs(self, tokens: Sequence[Tokens], progress: Progress = lambda done, total: None, remember: bool = True) -> list[Tensor] | list[Tokens]:
        """What `forward` reads, one entry per text. `remember` fills the cache where this encoder has one; without, a lone text is computed as it is."""
        if not self.cached:
            return list(tokens)
        return self.frozen.activations(tokens, progress) if remember else self.frozen.alone(tokens)

    def forward(self, inputs: Sequence[Tensor] | Sequence[Tokens]) -> Tensor:
        """Vectors [texts, width] of the entries that `inputs` made, in 32 bits."""
        with torch.autocast(self.frozen.device.type, dtype=torch.bfloat16, enabled=self.train_bf16):
            pooled = self._pooled(inputs).float()
        return self.frozen.backbone.scaled(pooled)

    def _pooled(self, inputs: Sequence[Tensor] | Sequence[Tokens]) -> Tensor:
        if self.frozen.pooled:
            return torch.stack(list(inputs)) if self.cached else self.frozen.now(inputs, self.padded_to)
        lengths = [len(entry) for entry in inputs]
        hidden = self._bottom(inputs, lengths)
        backbone, family = self.frozen.backbone, self.frozen.family
        if self.padded_to is None:
            return backbone.normed(family.read_packed(self.layers, hidden, lengths), self.final)
        return backbone.vectors_padded(family.run_padded(self.layers, hidden, lengths), lengths, self.final)

    def states(self, inputs: Sequence[Tensor] | Sequence[Tokens]) -> Tensor:
        """What the last layer says of every token, texts one after the other: [sum of lengths, width], in 32 bits; the final norm of a causal family is still to come."""
        lengths, family = [len(entry) for entry in inputs], self.frozen.family
        with torch.autocast(self.frozen.device.type, dtype=torch.bfloat16, enabled=self.train_bf16):
            hidden = self._bottom(inputs, lengths)
            if self.padded_to is None:
                return family.run_packed(self.layers, hidden, lengths).float()
            return family.run_padded(self.layers, hidden, lengths)[key_mask(lengths, self.padded_to, hidden.device)].float()

    def _bottom(self, inputs: Sequence[Tensor] | Sequence[Tokens], lengths: Sequence[int]) -> Tensor:
        """Activations below the trained layers: packed, or padded to `padded_to`."""
        if isinstance(inputs[0], Tensor):
            if self.padded_to is None:
                return torch.cat(list(inputs))
            hidden = inputs[0].new_zeros((len(inputs), self.padded_to, self.width))
            for row, entry in enumerate(inputs):
                hidden[row, : lengths[row]] = entry
            return hidden
        if self.embeddings is not None:
            family = self.frozen.family
            return family.embed(self.embeddings, inputs) if self.padded_to is None else family.embed_padded(self.embeddings, inputs, self.padded_to)
        return self.frozen.now(inputs, self.padded_to)


def _inject_lora(layers: nn.ModuleList, family: Family, options: ModelOptions, seed: int) -> None:
    """Adapters in `layers`: B is zero, A uniform in +-1/sqrt(inputs) (peft's own rule) from a generator of our own."""
    with IMPORTS:
        from peft import LoraConfig, inject_adapter_in_model

    targets = list(family.targets[options.lora_targets])
    stored_across = family.name == "gpt2"  # its maps keep their weights as [inputs, outputs]
    inject_adapter_in_model(LoraConfig(r=options.lora_rank, lora_alpha=options.lora_alpha, lora_dropout=0.0, target_modules=targets, fan_in_fan_out=stored_across), layers)
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, weight in sorted(layers.named_parameters()):
            if "lora_A" in name:
                bound = 1.0 / math.sqrt(weight.shape[1])
                weight.copy_(torch.empty(weight.shape).uniform_(-bound, bound, generator=generator))  # drawn by the processor wherever the weights are


class Based(nn.Module):
    """A frozen linear map to whose matrix something is added: `delta` [outputs, inputs], which nobody trains here. `across`: it keeps its matrix as [inputs, outputs]."""

    def __init__(self, base: nn.Module, across: bool) -> None:
        super().__init__()
        self.weight, self.bias, self._across = base.weight, base.bias, across
        self.delta = nn.Parameter(torch.zeros(tuple(reversed(base.weight.shape)) if across else tuple(base.weight.shape)), requires_grad=False)

    def forward(self, inputs: Tensor) -> Tensor:
        """The map with what is added."""
        return nn.functional.linear(inputs, (self.weight.T if self._across else self.weight) + self.delta, self.bias)


def _add_deltas(layers: nn.ModuleList) -> None:
    for module in layers.modules():
        if hasattr(module, "lora_A"):
            module.base_layer = Based(module.base_layer, module.fan_in_fan_out)

"""A trained model in Hugging Face's form, for programs that know nothing of fedviz: the text encoder as the library has it, and what turns its vectors into classes.

`model.safetensors` and `config.json` are the encoder with its adapters merged into the weights, or `adapter_model.safetensors` and `adapter_config.json` are the
adapters alone, as peft reads them. `classifier.safetensors` holds every other trained array under fedviz's name (`head.weight` [classes, width], `head.bias`
[classes], with a graph `graph.weight` [classes, dimensions]) and the adapters as they were trained; `classifier.json` says how a text is read.
"""

import copy
import json
import math
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from safetensors.torch import save_file
from torch import Tensor, nn

from fedviz.core.errors import InputError
from fedviz.models.folders import library_config, library_model, parts, weights_digest
from fedviz.models.imports import IMPORTS
from fedviz.models.learner import Classifier
from fedviz.models.start import ABOUT, FORMAT, WEIGHTS

TOKENIZER = ("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "vocab.txt", "vocab.json", "merges.txt")
LICENCE = "LICENSE"


def check_exportable(model: Classifier) -> Path:
    """The folder that the model's configuration and tokenizer come from; `InputError` where it has none."""
    backbone = model.encoder.frozen.backbone
    if backbone.folder is None:
        raise InputError(f"A model must have a tokenizer that other programs can load, but {backbone.key!r} hashes its words and has none; train MiniLM or another pretrained model to export it.")
    return backbone.folder


def text_model(model: Classifier) -> Any:
    """The encoder as the transformers library's own model, in float32, adapters merged into the weights they belong to."""
    hosted = library_model(check_exportable(model))
    _family, embeddings, layers, final = parts(hosted)
    encoder = model.encoder
    for target, trained in zip(layers[len(layers) - len(encoder.layers) :], encoder.layers, strict=True):
        target.load_state_dict(_merged(trained))
    if encoder.embeddings is not None:
        embeddings.load_state_dict(encoder.embeddings.state_dict())
        if final is not None and encoder.final is not None:
            final.load_state_dict(encoder.final.state_dict())
    return hosted


def about(model: Classifier, classes: tuple[str, ...], max_tokens: int) -> dict[str, Any]:
    """How a text is read and its vector becomes logits, as plain data: what `classifier.json` says of the model itself."""
    source = check_exportable(model)
    backbone, config = model.encoder.frozen.backbone, library_config(source)
    family = backbone.family
    end = None
    if family.causal:
        (ids,) = backbone.tokenize(["a"], max_tokens)
        end = ids[-1]
    return {
        "format": FORMAT,
        "classes": list(classes),
        "pooling": "last" if family.causal else "mean",
        "scale": math.sqrt(backbone.width),
        "max_tokens": min(max_tokens, config.max_position_embeddings - family.first_position),
        "end": end,
        "prefix": backbone.prefix,
        "centre": None if backbone.centre is None else backbone.centre.tolist(),
        "base": weights_digest(source),
    }


def write_text_model(model: Classifier, into: Path, adapter: bool, base: str) -> None:
    """Write encoder or adapters, the other trained arrays and the tokenizer. `base`: what the adapters' file calls the model below them."""
    source = check_exportable(model)
    if adapter:
        _write_adapter(model, into, base)
    else:
        text_model(model).save_pretrained(into, safe_serialization=True)
    kept = {name: weight.detach().contiguous().clone() for name, weight in model.named_parameters() if weight.requires_grad and (not name.startswith("encoder.") or "lora_" in name)}
    save_file(kept, into / WEIGHTS, {"format": "pt"})
    for name in (*TOKENIZER, LICENCE):
        if (source / name).is_file():
            shutil.copyfile(source / name, into / name)


def write_about(into: Path, facts: Mapping[str, Any]) -> None:
    """Write `classifier.json`."""
    (into / ABOUT).write_text(json.dumps(facts, ensure_ascii=False, indent=1) + "\n", "utf-8")


class Whole(nn.Module):
    """Token ids and mask, both [texts, tokens], to the text's logits [texts, classes]: encoder, pooling, scaling and head in one."""

    def __init__(self, model: Classifier) -> None:
        super().__init__()
        self.encoder = text_model(model)
        self.encoder.config.use_cache = False
        self.head = copy.deepcopy(model.head)
        self.causal = model.encoder.frozen.family.causal
        self.backbone = model.encoder.frozen.backbone
        self.eval().requires_grad_(False)

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """Logits; padding stands at the end."""
        hidden = self.encoder(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        if self.causal:
            places = (attention_mask.sum(1, keepdim=True) - 1)[:, :, None].expand(-1, 1, hidden.shape[-1])
            pooled = hidden.gather(1, places)[:, 0]
        else:
            mask = attention_mask[:, :, None].to(hidden.dtype)
            pooled = (hidden * mask).sum(1) / mask.sum(1)
        return self.head(self.backbone.scaled(pooled))


def _merged(layer: nn.Module) -> dict[str, Tensor]:
    """The state of a layer as the library has it, with `W + (alpha / rank) B A` for W."""
    with IMPORTS:
        from peft.tuners.lora import LoraLayer

    state = {name.replace(".base_layer.", "."): value.detach().clone() for name, value in layer.state_dict().items() if ".lora_" not in name}
    for name, module in layer.named_modules():
        if isinstance(module, LoraLayer):
            state[f"{name}.weight"] += module.get_delta_weight("default").detach()
    return state


def _write_adapter(model: Classifier, into: Path, base: str) -> None:
    """The adapters under the names that peft gives them in the library's model."""
    with IMPORTS:
        from peft import LoraConfig
        from peft.tuners.lora import LoraLayer

    hosted = library_model(check_exportable(model))
    names = {id(module): name for name, module in hosted.named_modules()}
    layers = parts(hosted)[2]
    found = {
        f"{names[id(target)]}.{name}": module
        for target, trained in zip(layers[len(layers) - len(model.encoder.layers) :], model.encoder.layers, strict=True)
        for name, module in trained.named_modules()
        if isinstance(module, LoraLayer)
    }
    if not found:
        raise InputError("An adapter folder needs a model that was trained with `model.tuning` lora, but this one has no adapters; export the whole model instead.")
    first = next(iter(found.values()))
    LoraConfig(
        r=first.r["default"], lora_alpha=first.lora_alpha["default"], lora_dropout=0.0, target_modules=sorted(found), fan_in_fan_out=model.encoder.frozen.family.name == "gpt2",
        base_model_name_or_path=base, inference_mode=True,
    ).save_pretrained(into)  # fmt: skip
    arrays = {f"base_model.model.{name}.lora_{part}.weight": getattr(module, f"lora_{part}")["default"].weight.detach().contiguous() for name, module in found.items() for part in "AB"}
    save_file(arrays, into / "adapter_model.safetensors", {"format": "pt"})

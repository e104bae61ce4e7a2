"""SmolLM2-135M-Instruct: a small language model of the GPT family, from its carrier.

Ben Allal et al., SmolLM2: When Smol Goes Big - Data-Centric Training of a Small Language Model (arXiv 2502.02737). The carrier holds it in GGUF with 4 bits
a weight, which takes many seconds to read: it is written once as safetensors, and loads in less than two seconds afterwards.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from fedviz.core.i18n import N_
from fedviz.models.converted import converted
from fedviz.models.folders import from_folder
from fedviz.models.imports import IMPORTS
from fedviz.models.options import Facts, ModelEntry, ModelOptions, carrier_facts
from fedviz.models.shapes import Shape, shape_of

if TYPE_CHECKING:  # torch is heavy, and reading a configuration needs none of it
    from fedviz.models.backbone import Backbone

KEY = "smollm2-135m"
REVISION = 1
"""Raised where `convert` writes something else."""


class SmolLM2Options(ModelOptions):
    """Options of SmolLM2: the shared ones, with adapters in at most its thirty layers."""

    name: Literal["smollm2"] = "smollm2"
    lora_layers: Annotated[int, Field(ge=1, le=30, title="LoRA layers", description="How many of the top layers carry adapters. The layers below stay frozen, so their activations can be computed once.")] = 4


def folder() -> Path:
    """SmolLM2's folder in Hugging Face's form, converted now where that was not done yet; raises `CarrierError` where it was not fetched."""
    return converted("smollm2", "smollm2.gguf", REVISION, convert)


def load(options: SmolLM2Options) -> Backbone:
    """SmolLM2, read once per process; raises `CarrierError` where it was not fetched."""
    return from_folder(folder(), KEY)


def shape(options: SmolLM2Options) -> Shape:
    """SmolLM2's size."""
    return shape_of({"model_type": "llama", "hidden_size": 576, "num_hidden_layers": 30, "intermediate_size": 1536, "vocab_size": 49152, "num_attention_heads": 9, "num_key_value_heads": 3})


def facts(options: SmolLM2Options) -> Facts:
    """Licence, languages and version."""
    return carrier_facts("smollm2", N_("texts in English"))


def convert(file: Path, into: Path) -> None:
    """Write the language model of a GGUF file with its tokenizer as a folder; weights as float32, which need no conversion at each load."""
    import torch
    from safetensors.torch import save_file

    with IMPORTS:
        from transformers import AutoModelForCausalLM, AutoTokenizer
        from transformers.utils.logging import disable_progress_bar

    disable_progress_bar()
    where = {"gguf_file": file.name, "local_files_only": True}
    model = AutoModelForCausalLM.from_pretrained(str(file.parent), dtype=torch.float32, **where)
    plain = model.config.to_dict()
    plain.pop("quantization_config", None)  # of the file that was read, not of what is written: with it the library refuses to write
    type(model.config).from_dict(plain).save_pretrained(into)
    tied = "lm_head.weight"  # the embeddings again
    save_file({name: weight.contiguous() for name, weight in model.state_dict().items() if name != tied}, into / "model.safetensors", {"format": "pt"})
    AutoTokenizer.from_pretrained(str(file.parent), **where).save_pretrained(into)


SMOLLM2 = ModelEntry(
    "smollm2",
    N_("SmolLM2"),
    N_("A small language model of the GPT family with 30 layers and 134.5 million weights. It reads from left to right, can write, and costs six times as much as MiniLM."),
    SmolLM2Options,
    load,
    shape,
    facts,
    ("smollm2",),
    folder,
    reads=("en",),
)

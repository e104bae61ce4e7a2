"""Small random models of each family's real class, in folders like those of real ones. For tests only: they know no language."""

from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer, models, pre_tokenizers, processors
from transformers import (
    BertConfig,
    BertForMaskedLM,
    GPT2Config,
    GPT2LMHeadModel,
    LlamaConfig,
    LlamaForCausalLM,
    PreTrainedTokenizerFast,
    RobertaConfig,
    RobertaForMaskedLM,
)

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *["the", "a", "patient", "has", "pain", "in", "knee", "fever", "cough", "no", "pump", "leaks", "bucket", "broken", "is", "and", "of", "with", "strong", "since", "days"], *"bcdefghijklmnopqrstuvwxyz"]
FAMILIES = ("bert", "roberta", "gpt2", "llama")


def small_folder(family: str, folder: Path, width: int = 16, layers: int = 3, seed: int = 0) -> Path:
    """Write a random model of a family with a tokenizer of words; gives the folder."""
    torch.manual_seed(seed)
    shape: dict[str, Any] = {"vocab_size": len(WORDS), "hidden_size": width, "num_hidden_layers": layers, "num_attention_heads": 4, "intermediate_size": 2 * width, "max_position_embeddings": 64}
    model: Any
    if family == "bert":
        model = BertForMaskedLM(BertConfig(**shape, pad_token_id=0))
    elif family == "roberta":
        model = RobertaForMaskedLM(RobertaConfig(**shape, pad_token_id=0, bos_token_id=2, eos_token_id=3))
    elif family == "gpt2":
        model = GPT2LMHeadModel(GPT2Config(vocab_size=len(WORDS), n_embd=width, n_layer=layers, n_head=4, n_positions=64, bos_token_id=3, eos_token_id=3))
    else:
        model = LlamaForCausalLM(LlamaConfig(**shape, num_key_value_heads=2, bos_token_id=2, eos_token_id=3, pad_token_id=0))
    for name, weight in model.named_parameters():
        if weight.ndim > 1:
            torch.nn.init.normal_(weight, std=0.3)
        elif "norm" not in name.lower() and "ln_" not in name:
            torch.nn.init.normal_(weight, std=0.1)
    model.save_pretrained(folder, safe_serialization=True)
    tokenizer = Tokenizer(models.WordLevel({word: i for i, word in enumerate(WORDS)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    if family in ("bert", "roberta"):
        tokenizer.post_processor = processors.TemplateProcessing(single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 2), ("[SEP]", 3)])
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="[PAD]", unk_token="[UNK]", cls_token="[CLS]", sep_token="[SEP]", mask_token="[MASK]", eos_token="[SEP]"
    ).save_pretrained(folder)
    return folder

"""Any installed causal language model as a writer of text: a local folder, or a hub id that lies in the hub's cache already. Nothing is downloaded, no code of a model is run."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from fedviz.core.errors import InputError
from fedviz.models.imports import IMPORTS

MAX_NEW_TOKENS = 96


def generator(name: str) -> Callable[[str], str]:
    """Prompt -> what the model writes behind it, greedily, so that the same prompt gives the same words. `InputError` in one sentence where no such model is installed."""
    model, tokenizer = _loaded(name)
    return lambda prompt: _written(model, tokenizer, prompt)


@lru_cache(maxsize=1)
def _loaded(name: str) -> tuple[Any, Any]:
    with IMPORTS:
        from transformers import AutoModelForCausalLM, AutoTokenizer
    try:
        tokenizer = AutoTokenizer.from_pretrained(name, local_files_only=True, trust_remote_code=False)
        model = AutoModelForCausalLM.from_pretrained(name, local_files_only=True, trust_remote_code=False, use_safetensors=True)
    except Exception as error:  # the library raises nearly anything for a folder that holds no model
        raise InputError(
            f"No causal language model is installed under {name[:80]!r} ({type(error).__name__}): name a folder with its configuration, tokenizer and safetensors weights, or a hub id whose files are on this machine already."
        ) from None
    return model.eval().requires_grad_(False), tokenizer


def _written(model: Any, tokenizer: Any, prompt: str) -> str:
    import torch

    longest = int(getattr(model.config, "max_position_embeddings", 0) or 1024)
    new = max(1, min(MAX_NEW_TOKENS, longest // 2))
    ids = tokenizer(prompt, return_tensors="pt").input_ids[:, -(longest - new) :]  # the sentence stands at the end
    if not ids.shape[1]:
        return ""
    end = tokenizer.eos_token_id if tokenizer.eos_token_id is not None else model.config.eos_token_id
    with torch.no_grad():
        found = model.generate(ids, attention_mask=torch.ones_like(ids), max_new_tokens=new, do_sample=False, pad_token_id=end if isinstance(end, int) else 0)
    return str(tokenizer.decode(found[0, ids.shape[1] :], skip_special_tokens=True))

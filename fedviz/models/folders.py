"""A language model from a folder in Hugging Face's form: `config.json`, weights in safetensors, a fast tokenizer. No code of a model is run, no pickle is opened."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fedviz.core.errors import InputError, out_of_memory
from fedviz.models.imports import IMPORTS

if TYPE_CHECKING:  # torch is heavy, and naming a model needs none of it
    from torch import Tensor

    from fedviz.models.backbone import Backbone
    from fedviz.models.families import Family, Tokens
    from fedviz.models.vocabulary import Vocabulary

KINDS = ("bert", "roberta", "xlm-roberta", "gpt2", "llama")
"""The values of `model_type` that can take part."""
PICKLES = ("pytorch_model.bin", "pytorch_model.bin.index.json", "model.pt", "model.pth")


def settings_of(folder: Path) -> dict[str, Any]:
    """The `config.json` of the model in a folder. `InputError` where it holds none, or that of a model that cannot take part."""
    try:
        settings = json.loads((folder / "config.json").read_text("utf-8"))
        kind = settings["model_type"]
    except (OSError, ValueError, KeyError, TypeError):
        raise InputError(f"A model's folder must hold a config.json that names its model_type, but {folder.name!r} holds none.") from None
    if kind not in KINDS:
        raise InputError(f"A model must be one of {', '.join(KINDS)}, but that in {folder.name!r} is {str(kind)[:40]!r}.")
    return settings


def kind_of(folder: Path) -> str:
    """`model_type` of the model in a folder. `InputError` where it holds none, one that cannot take part, or no weights that are safe to open."""
    kind = settings_of(folder)["model_type"]
    if not any(folder.glob("*.safetensors")):
        pickled = next((name for name in PICKLES if (folder / name).exists()), None)
        why = f"only {pickled}, a pickle, which could run code when it is opened" if pickled else "no weights"
        raise InputError(f"A model's weights must be stored as safetensors, but {folder.name!r} holds {why}.")
    return str(kind)


@lru_cache(maxsize=2)
def from_folder(folder: Path, key: str, prefix: str = "") -> Backbone:
    """The model of a folder under the name `key`, in float32, read once per process; it reads every text behind `prefix`. `InputError` where weights or tokenizer are damaged or do not belong together."""
    kind = kind_of(folder)
    with IMPORTS:
        from transformers import AutoTokenizer

    from fedviz.models.backbone import Backbone

    try:
        tokenizer = AutoTokenizer.from_pretrained(str(folder), local_files_only=True, trust_remote_code=False, use_fast=True)
        model, told = _opened(folder, kind, attn_implementation="sdpa", output_loading_info=True)
    except Exception as error:  # the library raises nearly anything for files that are not what their names say
        if out_of_memory(error):
            raise
        raise InputError(f"The model in {folder.name!r} could not be read ({type(error).__name__}): its weights, configuration and tokenizer must be whole and belong together.") from None
    if told["missing_keys"]:
        raise InputError(f"A model's folder must hold all its weights, but {sorted(told['missing_keys'])[0]!r} is missing in {folder.name!r}.")
    model.eval().requires_grad_(False)
    rows = model.get_input_embeddings().weight.shape[0]
    if len(tokenizer) > rows:
        raise InputError(f"A tokenizer must not know more tokens than its model, but that in {folder.name!r} knows {len(tokenizer):,} and the model {rows:,}.")
    family, embeddings, layers, final = parts(model)
    read = vocabulary(tokenizer, family, model.config, prefix)
    return Backbone(key, embeddings, layers, model.config.hidden_size, tokens_of(read), True, family, final, read, lambda: _head(folder, kind, model.config), folder, prefix)


def parts(model: Any) -> tuple[Family, Any, tuple[Any, ...], Any]:
    """Family, embeddings, layers and final norm of a model of the library."""
    from torch import nn

    from fedviz.models.families import Bert, Gpt2, Llama, Roberta

    kind = model.config.model_type
    if kind == "gpt2":
        return Gpt2(), nn.ModuleDict({"tokens": model.wte, "places": model.wpe}), tuple(model.h), model.ln_f
    if kind == "llama":
        return Llama(model.rotary_emb), model.embed_tokens, tuple(model.layers), model.norm
    family = Bert(model.config.pad_token_id or 0) if kind == "bert" else Roberta(model.config.pad_token_id)  # what fills up is also the empty text of an explanation
    return family, model.embeddings, tuple(model.encoder.layer), None


def tokens_of(vocabulary: Vocabulary) -> Callable[[Sequence[str], int], list[Tokens]]:
    """Texts to token ids."""
    return lambda texts, max_tokens: [text.tokens for text in vocabulary.mark(texts, max_tokens)]


def vocabulary(tokenizer: Any, family: Family, config: Any, prefix: str = "") -> Vocabulary:
    """A fast tokenizer as a vocabulary. A cut text keeps its end token; a causal model reads the end token behind every text, at which it has seen all of it. Every text is read behind `prefix`."""
    from fedviz.models.vocabulary import Marked, Vocabulary, marked

    end = None if not family.causal else tokenizer.eos_token_id if tokenizer.eos_token_id is not None else config.eos_token_id
    longest = config.max_position_embeddings - family.first_position

    def mark(texts: Sequence[str], max_tokens: int) -> list[Marked]:
        if not texts:
            return []
        found = tokenizer([prefix + text for text in texts], add_special_tokens=not family.causal, truncation=False, padding=False, verbose=False).encodings
        return [marked(encoding, min(max_tokens, longest), end, len(prefix)) for encoding in found]

    def read(tokens: Sequence[int]) -> list[str]:
        return [tokenizer.decode([token]).strip() or tokenizer.convert_ids_to_tokens(token) for token in tokens]

    def text(tokens: Sequence[int]) -> str:
        return str(tokenizer.decode(list(tokens), skip_special_tokens=True, clean_up_tokenization_spaces=False))

    return Vocabulary(len(tokenizer), tokenizer.mask_token_id, frozenset(tokenizer.all_special_ids), mark, read, tokenizer.mask_token or "", text if family.causal else None)


def _head(folder: Path, kind: str, config: Any) -> dict[str, Tensor]:
    """The stored weights of the language-model head, read when somebody asks for them."""
    from safetensors import safe_open

    from fedviz.models.heads import stored_head

    found: dict[str, Tensor] = {}
    for file in sorted(folder.glob("*.safetensors")):
        with safe_open(str(file), "pt") as stored:
            found |= {name: stored.get_tensor(name).float() for name in stored.keys() if name.startswith(("cls.predictions.", "lm_head."))}  # noqa: SIM118 (no dictionary)
    return stored_head(found, kind, bool(config.tie_word_embeddings))


def weights_digest(folder: Path) -> str:
    """Sixteen hex digits over the weights in a folder: the same model has the same ones on every machine."""
    state = hashlib.blake2b(digest_size=8)
    for file in sorted(folder.glob("*.safetensors")):
        with file.open("rb") as opened:
            while piece := opened.read(1 << 20):
                state.update(piece)
    return state.hexdigest()


def library_config(folder: Path) -> Any:
    """The configuration of the model in a folder, as the library reads it."""
    with IMPORTS:
        from transformers import AutoConfig

    return AutoConfig.from_pretrained(str(folder), local_files_only=True, trust_remote_code=False)


def library_model(folder: Path) -> Any:
    """A model of its own of a folder that was read before, as the library's object in float32, for whoever writes it in that form."""
    return _opened(folder, library_config(folder).model_type).eval()


def _opened(folder: Path, kind: str, **asked: Any) -> Any:
    """The library's object of the model of that kind in a folder, in float32 and without a pooler; `asked`: what else the library is told."""
    import torch

    with IMPORTS:
        from transformers import AutoModel
        from transformers.utils.logging import disable_progress_bar, set_verbosity_error

    disable_progress_bar()
    set_verbosity_error()  # what it reports of weights that nobody asked for is no news; what is missing is told by `from_folder`
    pooler = {} if kind in ("gpt2", "llama") else {"add_pooling_layer": False}
    return AutoModel.from_pretrained(str(folder), local_files_only=True, trust_remote_code=False, use_safetensors=True, dtype=torch.float32, **pooler, **asked)

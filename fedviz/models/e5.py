"""multilingual-e5-small: a sentence encoder for a hundred languages, from its carrier.

Wang et al., Multilingual E5 Text Embeddings: A Technical Report (arXiv 2402.05672). A BERT model with the vocabulary of XLM-RoBERTa. Its carrier holds it in a
form of its own with 4 bits a weight, which is written once as safetensors with a tokenizer of the tokenizers library.
"""

from __future__ import annotations

import struct
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from fedviz.core.i18n import N_
from fedviz.models.converted import converted
from fedviz.models.folders import from_folder
from fedviz.models.imports import IMPORTS
from fedviz.models.options import Facts, ModelEntry, ModelOptions, carrier_facts
from fedviz.models.shapes import Shape, bert

if TYPE_CHECKING:  # torch is heavy, and reading a configuration needs none of it
    from fedviz.models.backbone import Backbone

KEY = "e5-small"
PREFIX = "query: "
"""What stands before every text: the model was trained with it, and its card asks for it where texts are compared or classified."""
EVERYDAY = (
    "The weather was fine this morning, so we walked along the river to the old bridge.",
    "She went to the shop to buy bread, milk and some apples for her neighbours.",
    "Der Zug kam zwanzig Minuten zu spät, und auf dem Bahnsteig standen viele Leute.",
    "El año pasado la empresa abrió tres tiendas nuevas en el centro de la ciudad.",
    "Il a lu un livre sur la mer et l'a rendu à la bibliothèque le lendemain.",
    "昨日は友達と公園で弁当を食べて、それから映画を見に行った。",
    "Вчера вечером мы долго говорили о поездке на море и о новой работе.",
    "火车晚点了二十分钟，站台上站着很多人，有的在看书，有的在打电话。",
    "这家公司去年在市中心开了三家新店，今年还打算再开两家。",
    "今天早上天气很好，我们沿着河边一直走到那座老桥。",
    "他昨天读了一本讲海上故事的书，第二天就还给了图书馆。",
    "她去商店买了面包、牛奶和几个苹果，然后回家给邻居做饭。",
)
"""Sentences about nothing in particular, in some of its languages."""
REVISION = 1
"""Raised where `convert` writes something else."""
_HEAD = struct.Struct("<4s8if6iQ")
_PARTS = {"q": "attention.self.query", "k": "attention.self.key", "v": "attention.self.value", "ao": "attention.output.dense", "aln": "attention.output.LayerNorm"}
_PARTS |= {"fi": "intermediate.dense", "fo": "output.dense", "oln": "output.LayerNorm"}


class E5Options(ModelOptions):
    """Options of E5: the shared ones, with adapters in at most its twelve layers."""

    name: Literal["e5-small"] = "e5-small"
    lora_layers: Annotated[int, Field(ge=1, le=12, title="LoRA layers", description="How many of the top layers carry adapters. The layers below stay frozen, so their activations can be computed once.")] = 2


def folder() -> Path:
    """E5's folder in Hugging Face's form, converted now where that was not done yet; raises `CarrierError` where it was not fetched."""
    return converted("e5-small", "e5-small-q4.bin", REVISION, convert)


def load(options: E5Options) -> Backbone:
    """E5, read once per process; raises `CarrierError` where it was not fetched."""
    return _centred(folder())


@lru_cache(maxsize=2)
def _centred(place: Path) -> Backbone:
    """The model of a folder, with the mean of some everyday sentences as what all texts share: its unit vectors have cosines from 0.7 to 1, so that a head on them as they are hardly learns.

    Mu, Viswanath 2018, All-but-the-Top: Simple and Effective Postprocessing for Word Representations (arXiv 1702.01417): their first step.
    """
    import torch

    from fedviz.models.vectors import unit_vectors

    backbone = from_folder(place, KEY, PREFIX)
    return replace(backbone, centre=torch.from_numpy(unit_vectors(backbone, EVERYDAY).mean(0)))


def shape(options: E5Options) -> Shape:
    """E5's size."""
    return bert(384, 12, 1536, 250_037, 512)


def facts(options: E5Options) -> Facts:
    """Licence, languages and version."""
    return carrier_facts("e5-small", N_("about a hundred, among them Chinese, English, German, French, Spanish, Russian and Japanese"))


def convert(file: Path, into: Path) -> None:
    """Write the carrier's file as a BertModel with its tokenizer; weights as float32. `KeyError` where the file is another."""
    with IMPORTS:
        from transformers import BertConfig

    data = file.read_bytes()
    magic, _version, width, layers, heads, inner, vocabulary, places, types, epsilon, block, pieces, _bos, _eos, _pad, unknown, blob = _HEAD.unpack_from(data)
    if magic != b"E5S1" or block != 32:
        raise KeyError(file.name)
    at = _HEAD.size
    offsets = np.frombuffer(data, "<u4", pieces + 1, at).tolist()
    scores = np.frombuffer(data, "<f4", pieces, at + 4 * (pieces + 1)).tolist()
    at += 4 * (2 * pieces + 1)
    words = [data[at + start : at + end].decode("utf-8", "replace") for start, end in zip(offsets, offsets[1:], strict=False)]
    at += blob
    (_count, normalizing) = struct.unpack_from("<iI", data, at)  # a table of NFKC with the rules of nmt, which the tokenizers library knows
    BertConfig(
        vocab_size=vocabulary, hidden_size=width, num_hidden_layers=layers, num_attention_heads=heads, intermediate_size=inner, max_position_embeddings=places,
        type_vocab_size=types, layer_norm_eps=epsilon, pad_token_id=1, bos_token_id=0, eos_token_id=2,
    ).save_pretrained(into)  # fmt: skip
    _write_weights(data, at + 8 + normalizing, width, inner, into / "model.safetensors")
    _write_tokenizer(list(zip(words, scores, strict=True)), unknown, places, into)


def _write_weights(data: bytes, at: int, width: int, inner: int, path: Path) -> None:
    """Every array of the file's directory under its name in a BertModel: 4-bit blocks [rows, columns / 32] or float32."""
    from gguf.constants import GGMLQuantizationType
    from gguf.quants import dequantize
    from safetensors.numpy import save_file

    (count,) = struct.unpack_from("<i", data, at)
    at += 4
    arrays: dict[str, NDArray[np.float32]] = {}
    for _ in range(count):
        (length,) = struct.unpack_from("<H", data, at)
        name = data[at + 2 : at + 2 + length].decode()
        at += 2 + length
        kind, number, offset, size = struct.unpack_from("<BIQQ", data, at)
        at += 21
        columns = inner if name.endswith("fo.w") else width
        if kind == 0:
            values = np.frombuffer(data, "<f4", number, offset)
        else:  # blocks of 32 numbers in 18 bytes, as in GGUF
            values = dequantize(np.frombuffer(data, np.uint8, size, offset).reshape(-1, columns // 32 * 18), GGMLQuantizationType.Q4_0)
        vector = name.endswith(".b") or "ln." in name
        arrays[_name(name)] = np.ascontiguousarray(values.reshape(-1) if vector else values.reshape(-1, columns), dtype=np.float32)
    save_file(arrays, path, {"format": "pt"})


def _name(short: str) -> str:
    """`l0.q.w` -> `encoder.layer.0.attention.self.query.weight`."""
    where, *part = short.split(".")
    if where == "emb":
        table = {"word": "word_embeddings.weight", "pos": "position_embeddings.weight", "type": "token_type_embeddings.weight"}
        return "embeddings." + (table.get(part[0]) or f"LayerNorm.{'weight' if part[1] == 'w' else 'bias'}")
    return f"encoder.layer.{where[1:]}.{_PARTS[part[0]]}.{'weight' if part[1] == 'w' else 'bias'}"


def _write_tokenizer(pieces: list[tuple[str, float]], unknown: int, longest: int, into: Path) -> None:
    """The Unigram tokenizer of XLM-RoBERTa, of which the file keeps the pieces with their scores."""
    from tokenizers import AddedToken, Tokenizer, models, normalizers, pre_tokenizers, processors

    with IMPORTS:
        from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.Unigram(pieces, unknown))
    tokenizer.normalizer = normalizers.Sequence([normalizers.Nmt(), normalizers.NFKC()])
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace()])
    names = {"bos_token": "<s>", "pad_token": "<pad>", "eos_token": "</s>", "unk_token": "<unk>", "mask_token": "<mask>"}
    known = {piece: number for number, (piece, _score) in enumerate(pieces)}
    tokenizer.add_special_tokens([AddedToken(word, special=True, lstrip=word == "<mask>") for word in names.values() if word in known])
    tokenizer.post_processor = processors.TemplateProcessing(single="<s> $A </s>", pair="<s> $A </s> </s> $B </s>", special_tokens=[(word, known[word]) for word in ("<s>", "</s>")])
    given: dict[str, Any] = {name: word for name, word in names.items() if word in known}
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, cls_token="<s>", sep_token="</s>", model_max_length=longest, **given).save_pretrained(into)


E5_SMALL = ModelEntry(
    "e5-small",
    N_("Multilingual E5"),
    N_("A pretrained sentence encoder for a hundred languages, Chinese among them, with twelve layers and 117.5 million weights. It costs twice as much as MiniLM, and is what texts that are not English need."),
    E5Options,
    load,
    shape,
    facts,
    ("e5-small",),
    folder,
    reads=("de", "en", "es", "fr", "ja", "ru", "zh"),
)

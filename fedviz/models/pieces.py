"""A tokenizer that several parties train together: each sends counts of words, the server adds them up and learns the pieces from the sums. No text leaves home.

WordPiece (Schuster and Nakajima 2012) for BERT, byte-pair encoding on bytes (Sennrich et al. 2016, arXiv 1508.07909; Radford et al. 2019) for RoBERTa, GPT-2 and
Llama. Both learn from how often each word occurs and from nothing else, so that counts of which none was left out give the tokenizer that all
texts together give.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain, repeat
from typing import Any

from fedviz.models.imports import IMPORTS

SPECIAL: Mapping[str, tuple[str, ...]] = {
    "bert": ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"),
    "roberta": ("<s>", "<pad>", "</s>", "<unk>", "<mask>"),
    "gpt2": ("<|endoftext|>",),
    "llama": ("<unk>", "<s>", "</s>"),
}
"""Tokens that stand for no text, by family, in the order of their ids."""


def blank(family: str) -> Any:
    """A tokenizer of the family that knows no pieces yet: how it cleans texts and where it cuts words."""
    from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers

    if family == "bert":
        made = Tokenizer(models.WordPiece(unk_token="[UNK]"))
        made.normalizer = normalizers.BertNormalizer(lowercase=True)
        made.pre_tokenizer, made.decoder = pre_tokenizers.BertPreTokenizer(), decoders.WordPiece()
        return made
    made = Tokenizer(models.BPE())
    made.pre_tokenizer, made.decoder = pre_tokenizers.ByteLevel(add_prefix_space=False), decoders.ByteLevel()
    return made


def counted(family: str, texts: Iterable[str], least: int = 1, most: int = 0) -> dict[str, int]:
    """What a client sends: how often each word occurs in its texts, words that occur fewer than `least` times left out.

    A text counts a word at most `most` times (0: as often as it is there), so that one text cannot lift a word above the threshold alone.
    """
    cutter, total = blank(family), Counter[str]()
    for text in texts:
        clean = text if cutter.normalizer is None else cutter.normalizer.normalize_str(text)
        words = Counter(clean[start:end] for _piece, (start, end) in cutter.pre_tokenizer.pre_tokenize_str(clean))
        total.update({word: min(count, most) for word, count in words.items()} if most else words)
    return {word: count for word, count in sorted(total.items()) if count >= least}


def merged(counts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    """The sums over the clients, which is all that the server learns from."""
    total = Counter[str]()
    for one in counts:
        total.update(one)
    return dict(sorted(total.items()))


def learned(family: str, counts: Mapping[str, int], vocabulary: int) -> Any:
    """The tokenizer of a family with at most so many pieces, learned from counts of words, wrapped for `transformers`."""
    return _trained(family, chain.from_iterable(repeat(word, count) for word, count in sorted(counts.items())), counts, vocabulary)


def learned_centrally(family: str, texts: Sequence[str], vocabulary: int) -> Any:
    """The tokenizer that one party with all texts would learn."""
    return _trained(family, texts, counted(family, texts), vocabulary)


def _trained(family: str, words: Iterable[str], known: Iterable[str], vocabulary: int) -> Any:
    """Learned from `words`, or texts; `known` are the different words in them."""
    from tokenizers import models, pre_tokenizers, processors, trainers

    with IMPORTS:
        from transformers import PreTrainedTokenizerFast

    special, made = list(SPECIAL[family]), blank(family)
    if family == "bert":
        # The library numbers characters inside words in an order of chance, and ties between pieces are broken by number: given first, they come in ours.
        inside = [f"##{character}" for character in sorted({character for word in known for character in word[1:]})]
        trainer: Any = trainers.WordPieceTrainer(vocab_size=vocabulary, special_tokens=[*special, *inside], show_progress=False)
    else:
        trainer = trainers.BpeTrainer(vocab_size=vocabulary, special_tokens=special, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False)
    made.train_from_iterator(words, trainer)
    if family == "bert":  # without these characters as tokens of their own
        pieces = made.get_vocab()
        made = blank(family)
        made.model = models.WordPiece(pieces, unk_token="[UNK]")
        made.add_special_tokens(special)
    start, end = {"bert": ("[CLS]", "[SEP]"), "roberta": ("<s>", "</s>")}.get(family, ("", ""))
    if start:
        made.post_processor = processors.TemplateProcessing(single=f"{start} $A {end}", special_tokens=[(token, made.token_to_id(token)) for token in (start, end)])
    names = {
        "bert": {"pad_token": "[PAD]", "unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]", "mask_token": "[MASK]"},
        "roberta": {"pad_token": "<pad>", "unk_token": "<unk>", "bos_token": "<s>", "eos_token": "</s>", "mask_token": "<mask>"},
        "gpt2": {"bos_token": "<|endoftext|>", "eos_token": "<|endoftext|>"},
        "llama": {"unk_token": "<unk>", "bos_token": "<s>", "eos_token": "</s>"},
    }[family]
    return PreTrainedTokenizerFast(tokenizer_object=made, **names)

"""The texts of a measurement under Hugging Face's `Trainer`, with its model, peft's adapters and its optimiser as they come; beside that the same function and start as ours.

Padded to the longest text allowed it takes the texts in our order, and so ends with our weights but for rounding. `grouped` lets it put texts of like length together
and pad a batch to its longest text, in an order of its own. `Trainer` needs accelerate, which peft brings along.
"""

import math
import tempfile
import time
from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from fedviz.bench.training_watch import Watch
from fedviz.bench.training_ways import SEED_PATH, Answer, by_epoch, judged
from fedviz.core.config import RunConfig
from fedviz.core.seeds import derive, generator
from fedviz.models.imports import IMPORTS
from fedviz.models.learner import build_model
from fedviz.models.trained import in_order
from fedviz.scenarios.load import load


class Reads(nn.Module):
    """A model of the library with a head: mean over the tokens (or the last one's, where the family is causal), of one length, then linear."""

    def __init__(self, model: Any, classes: int, causal: bool) -> None:
        super().__init__()
        self.model, self.causal = model, causal
        self.head = nn.Linear(model.config.hidden_size, classes)
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)

    def train(self, mode: bool = True) -> "Reads":
        """Without dropout whatever is asked, as ours: the same function of the weights, and less work."""
        return super().train(False)

    def forward(self, input_ids: Tensor, attention_mask: Tensor, labels: Tensor) -> dict[str, Tensor]:
        """`loss` and `logits`, as `Trainer` wants them."""
        hidden = self.model(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        if self.causal:
            pooled = hidden[torch.arange(len(hidden)), attention_mask.sum(1) - 1]
        else:
            pooled = (hidden * attention_mask[:, :, None]).sum(1) / attention_mask.sum(1, keepdim=True)
        logits = self.head(pooled * (math.sqrt(hidden.shape[2]) / pooled.norm(dim=1, keepdim=True)))
        return {"loss": nn.functional.cross_entropy(logits, labels), "logits": logits}


class OurOrder(torch.utils.data.Sampler[int]):
    """The texts in the order in which `fedviz.federation.task.fit` takes them, pass by pass."""

    def __init__(self, texts: int, seed: int) -> None:
        self._texts, self._seed, self._passes = texts, seed, 0

    def __len__(self) -> int:
        return self._texts

    def __iter__(self) -> Iterator[int]:
        order = in_order(range(self._texts), [0] * self._texts, generator(self._seed, "epoch", self._passes))
        self._passes += 1
        return iter(order.tolist())


def trained(question: Answer) -> Answer:
    """The answer of `fedviz.bench.training_ways`, without a cache to fill."""
    with IMPORTS:
        from transformers import Trainer, TrainerCallback, TrainingArguments

    config, grouped, marks = RunConfig.parse(question["config"]), bool(question["grouped"]), list[float]()
    seed, longest = derive(config.seed, SEED_PATH), config.model.max_tokens  # type: ignore[attr-defined]

    class Marks(TrainerCallback):
        def on_train_begin(self, *args: Any, **kwargs: Any) -> None:
            marks.append(time.process_time())

        on_step_end = on_train_begin

    class InOurOrder(Trainer):
        def _get_train_sampler(self, *args: Any, **kwargs: Any) -> Any:
            return super()._get_train_sampler(*args, **kwargs) if grouped else OurOrder(len(self.train_dataset), seed)

    with Watch() as watch, tempfile.TemporaryDirectory() as place:
        data = load(config)
        model, names, tokenize, pad = _built(config, data)
        rows = [{"input_ids": list(text), "labels": int(label)} for text, label in zip(tokenize(data.train.texts), data.train.labels, strict=True)]
        arguments = TrainingArguments(
            place, num_train_epochs=question["epochs"], per_device_train_batch_size=question["batch"], learning_rate=question["rate"], lr_scheduler_type="constant", max_grad_norm=0.0,
            weight_decay=0.0, use_cpu=True, report_to="none", save_strategy="no", logging_strategy="no", disable_tqdm=True, remove_unused_columns=False,
            train_sampling_strategy="group_by_length" if grouped else "random",
        )  # fmt: skip
        InOurOrder(model, arguments, lambda some: padded(some, pad, None if grouped else longest), rows, callbacks=[Marks()]).train()
    weights = dict(model.named_parameters())
    arrays = {ours: weights[theirs].detach().numpy().copy() for ours, theirs in names.items()}
    return {"fill_s": 0.0, "epochs_s": by_epoch(marks, question["epochs"]), "peak_mb": watch.peak_mb, **judged(question, arrays)}


def padded(rows: Sequence[dict[str, Any]], pad: int, longest: int | None) -> dict[str, Tensor]:
    """A batch as tensors, padded to `longest` tokens, or to its own longest text."""
    longest = longest or max(len(row["input_ids"]) for row in rows)
    ids = [[*row["input_ids"], *[pad] * (longest - len(row["input_ids"]))] for row in rows]
    mask = [[1] * len(row["input_ids"]) + [0] * (longest - len(row["input_ids"])) for row in rows]
    return {"input_ids": torch.tensor(ids), "attention_mask": torch.tensor(mask), "labels": torch.tensor([row["labels"] for row in rows])}


def _built(config: RunConfig, data: Any) -> tuple[Reads, dict[str, str], Any, int]:
    """The library's model with peft's adapters at our start, its names by ours, the tokenizer (texts -> ids) and the id that fills up."""
    with IMPORTS:
        from peft import LoraConfig, get_peft_model

    options: Any = config.model
    ours, _, tokenize, _ = build_model(config, data.classes, data.graph, data.class_entities)
    backbone = ours.encoder.frozen.backbone
    below, depth = len(backbone.layers) - options.lora_layers, len(backbone.layers)
    stack = "layers" if backbone.family.causal else "layer"
    lora = LoraConfig(r=options.lora_rank, lora_alpha=options.lora_alpha, lora_dropout=0.0, target_modules=list(backbone.family.targets[options.lora_targets]), layers_to_transform=list(range(below, depth)), layers_pattern=stack)
    model = Reads(get_peft_model(_library_model(config), lora), len(data.classes), backbone.family.causal)
    theirs = dict(model.named_parameters())
    names = {"head.weight": "head.weight", "head.bias": "head.bias"}
    for name, weight in ours.named_parameters():
        if "lora_" in name:
            _, _, number, rest = name.split(".", 3)  # encoder.layers.NUMBER.REST
            (names[name],) = [other for other in theirs if other.endswith(f"{stack}.{below + int(number)}.{rest}")]
            with torch.no_grad():
                theirs[names[name]].copy_(weight)
    if {name for name, weight in theirs.items() if weight.requires_grad} != set(names.values()):
        raise ValueError("peft's adapters must sit where ours do")
    return model, names, tokenize, backbone.family.pad


def _library_model(config: RunConfig) -> Any:
    """The backbone as the library's own object, with the same weights."""
    with IMPORTS:
        from transformers import AutoModel

    from fedviz.models import scratch, smollm2
    from fedviz.models.minilm import MiniLMOptions
    from fedviz.models.minilm import load as minilm

    options: Any = config.model
    if options.name == "scratch":
        return scratch.random_model(options, scratch.tokenizer_of(config).tokenizer, derive(config.seed, "scratch"))
    folder, kind = (smollm2.folder(), {}) if options.name == "smollm2" else (minilm(MiniLMOptions()).folder, {"add_pooling_layer": False})
    model = AutoModel.from_pretrained(str(folder), local_files_only=True, attn_implementation="sdpa", dtype=torch.float32, **kind)
    model.config.use_cache = False
    return model.eval().requires_grad_(False)

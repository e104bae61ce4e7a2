"""Federations on a graphics processor in bfloat16: tokens a second, the share of the card's peak, and how busy the card was.

Weights are random in the shapes of MiniLM, RoBERTa-base and SmolLM2-135M, and texts are random words of their typical lengths: speed depends on shapes alone, so that
nothing must be fetched. A round is measured whole: messages, strategy, training on every client, evaluation. The first round warms up and is not counted. Floating-point
operations are those of the products of matrices: 2 for each weight and token forward, 2 more for the gradient of what flows, 2 more where the weight itself is trained.
"""

import tempfile
import threading
import time
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from fedviz.bench.report import Result, Say
from fedviz.core.errors import InputError

PEAK = 989e12
"""Dense bfloat16 operations a second of an H100 SXM, from NVIDIA's data sheet."""
TEXTS, TESTS, WORDS, SPECIAL = 4096, 256, 62, 5
SHAPES: dict[str, dict[str, Any]] = {
    "MiniLM": {"kind": "bert", "width": 384, "layers": 6, "inner": 1536, "heads": 12, "vocabulary": 30522, "top": 2},
    "RoBERTa-base": {"kind": "roberta", "width": 768, "layers": 12, "inner": 3072, "heads": 12, "vocabulary": 50265, "top": 4},
    "SmolLM2-135M": {"kind": "llama", "width": 576, "layers": 30, "inner": 1536, "heads": 9, "keys": 3, "vocabulary": 49152, "top": 4},
}
WAYS: dict[str, dict[str, Any]] = {
    "LoRA, layers below cached": {"tuning": "lora", "cache": True},
    "LoRA, nothing cached": {"tuning": "lora", "cache": False},
    "full": {"tuning": "full", "cache": False},
}
LANGUAGE: dict[str, tuple[str, dict[str, Any]]] = {
    "masked, LoRA, nothing cached": ("masked", {"tuning": "lora", "cache": False}),
    "masked, full": ("masked", {"tuning": "full", "cache": False}),
    "causal, LoRA, layers below cached": ("causal", {"tuning": "lora", "cache": True}),
    "causal, full": ("causal", {"tuning": "full", "cache": False}),
}
"""Language objectives, measured with the fewest clients and the larger batch: masked for the shapes that see a whole text, causal for the other."""
CLIENTS, BATCHES, ROUNDS = (8, 64), (16, 64), 3


def measure(quick: bool, say: Say) -> Result:
    """Every shape, way, number of clients and batch. `quick`: MiniLM's shape with adapters alone. `InputError` where torch finds no graphics processor."""
    import torch

    if not torch.cuda.is_available():
        raise InputError("`bench gpu` needs a graphics processor, but torch finds none on this machine.")
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as place:
        for name, shape in list(SHAPES.items())[: 1 if quick else None]:
            folder = written(Path(place) / name, shape)
            for way, options in list(WAYS.items())[: 1 if quick else None]:
                for clients in CLIENTS:
                    for batch in BATCHES:
                        rows.append({"model": name, "way": way, "clients": clients, "batch": batch, **_run(folder, shape, options, clients, batch)})
                        say(_words(rows[-1]))
            for way, (objective, options) in list(LANGUAGE.items())[: 0 if quick else None]:
                if (objective == "causal") == (shape["kind"] == "llama"):
                    rows.append({"model": name, "way": way, "clients": CLIENTS[0], "batch": BATCHES[-1], **_run(folder, shape, options, CLIENTS[0], BATCHES[-1], objective)})
                    say(_words(rows[-1]))
    return Result("gpu", rows, notes=notes(torch.cuda.get_device_name(), torch.__version__))


def _words(row: dict[str, Any]) -> str:
    return " ".join(f"{value:.4g}" if isinstance(value, float) else str(value) for value in row.values())


def notes(card: str, torch: str) -> list[str]:
    """Where and how it was measured."""
    return [
        f"{card}, torch {torch}: {TEXTS} texts of about {WORDS + 2} tokens, {ROUNDS - 1} rounds after the first; everything of a round is in its seconds.",
        "Busy: the share of time in which any kernel ran. Waiting for clients: the share of a round in which the server waits for training; the rest is messages, drift, aggregation and evaluation.",
    ]


def written(folder: Path, shape: dict[str, Any]) -> Path:
    """A model of that shape with random weights and a tokenizer of its words."""
    from tokenizers import Tokenizer, models, pre_tokenizers, processors
    from transformers import AutoConfig, AutoModel, PreTrainedTokenizerFast

    config = AutoConfig.for_model(
        shape["kind"], hidden_size=shape["width"], num_hidden_layers=shape["layers"], intermediate_size=shape["inner"], num_attention_heads=shape["heads"],
        num_key_value_heads=shape.get("keys", shape["heads"]), vocab_size=shape["vocabulary"], pad_token_id=1, eos_token_id=3, bos_token_id=2,
    )  # fmt: skip
    encoder = {} if shape["kind"] == "llama" else {"add_pooling_layer": False}
    AutoModel.from_config(config, **encoder).save_pretrained(folder)
    words = Tokenizer(models.WordLevel({"[UNK]": 0, "[PAD]": 1, "[CLS]": 2, "[SEP]": 3, "[MASK]": 4, **{f"w{i}": i + SPECIAL for i in range(shape["vocabulary"] - SPECIAL)}}, unk_token="[UNK]"))
    words.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    words.post_processor = processors.TemplateProcessing(single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)])
    PreTrainedTokenizerFast(tokenizer_object=words, pad_token="[PAD]", unk_token="[UNK]", mask_token="[MASK]", cls_token="[CLS]", sep_token="[SEP]", eos_token="[SEP]").save_pretrained(folder)
    return folder


def _run(folder: Path, shape: dict[str, Any], options: dict[str, Any], clients: int, batch: int, objective: str = "classify") -> dict[str, Any]:
    """One federation, measured after its first round."""
    import torch

    from fedviz.core import events as e
    from fedviz.federation.rounds import Hooks, Rounds

    experiment = _experiment(folder, shape, options, clients, batch, objective)
    ends: list[tuple[float, float]] = []
    with Busy() as busy:
        torch.cuda.reset_peak_memory_stats()

        def note(event: e.Event) -> None:
            if isinstance(event, e.RoundEnded):
                ends.append((time.perf_counter(), event.phases_s["train"]))
                busy.begin()

        Rounds(experiment, Hooks(emit=note)).run()
    seconds, training = (ends[-1][0] - ends[0][0]) / (ROUNDS - 1), float(np.mean([train for _, train in ends[1:]]))
    learner = experiment.learner
    lengths = [len(entry) for entry in learner._parts["train"].inputs] if objective == "classify" else learner.questions.lengths("train")
    tokens, asked = sum(lengths), {"classify": 0.0, "masked": 0.15, "causal": 1.0}[objective]
    return {
        "seconds a round": seconds, "tokens a second": tokens / seconds, "% of the peak": 100 * tokens * operations(shape, options, asked) / seconds / PEAK,
        "% busy": busy.mean, "% waiting for clients": 100 * training / seconds, "GiB": torch.cuda.max_memory_allocated() / 2**30,
    }  # fmt: skip


def operations(shape: dict[str, Any], options: dict[str, Any], asked: float = 0.0) -> float:
    """Floating-point operations a token of one training step, products of matrices alone. `asked`: share of the tokens whose logits over the vocabulary are computed."""
    width, keys = shape["width"], shape.get("keys", shape["heads"]) * shape["width"] // shape["heads"]
    layer = 2 * width * width + 2 * width * keys + (3 if shape["kind"] == "llama" else 2) * width * shape["inner"]
    top = layer * (shape["layers"] if options["tuning"] == "full" else shape["top"])
    below = 0 if options["tuning"] == "full" or options["cache"] else layer * (shape["layers"] - shape["top"])
    return 2.0 * below + (6.0 if options["tuning"] == "full" else 4.0) * (top + asked * width * shape["vocabulary"])


def _experiment(folder: Path, shape: dict[str, Any], options: dict[str, Any], clients: int, batch: int, objective: str) -> Any:
    from fedviz.core.config import RunConfig
    from fedviz.core.registry import OBJECTIVES
    from fedviz.federation.assemble import Experiment
    from fedviz.scenarios import load as scenarios

    config = RunConfig.parse({
        "scenario": {"name": "toy", "train_texts": 32, "test_texts": 16}, "partition": "iid", "knowledge": "none", "objective": objective,
        "model": {"name": "pretrained", "source": str(folder), "lora_layers": shape["top"], "device": "cuda", "bf16": True, "train_bf16": True, **options},
        "federation": {"clients": clients, "rounds": ROUNDS, "batch_size": batch, "learning_rate": 1e-3, "compare": False},
    })  # fmt: skip
    data, draw = scenarios.load(config), np.random.default_rng(0)

    def texts(count: int) -> Any:
        lengths = np.clip(draw.normal(WORDS, WORDS / 4, count).astype(int), 4, 126)
        made = tuple(" ".join(f"w{word}" for word in draw.integers(0, shape["vocabulary"] - SPECIAL, length)) for length in lengths)
        return replace(data.train, texts=made, labels=draw.integers(0, len(data.classes), count), parties=np.arange(count) % len(data.parties))

    data = replace(data, train=texts(TEXTS), test=texts(TESTS))
    learner = OBJECTIVES.get(objective).prepare(config, data, lambda *_told: None)
    return Experiment(config, data, scenarios.shards(config, data), learner, dict(learner.initial))


class Busy:
    """Samples how busy the card is, four times a second, from `begin` on: the share of time in which any kernel ran, as NVIDIA's driver counts it."""

    def __init__(self) -> None:
        self._samples: list[float] = []
        self._on = self._over = False
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> "Busy":
        self._thread.start()
        return self

    def __exit__(self, *unused: object) -> None:
        self._over = True
        self._thread.join()

    def begin(self) -> None:
        """Count from now on."""
        self._on = True

    @property
    def mean(self) -> float | None:
        """Percent; None where nothing was sampled."""
        return float(np.mean(self._samples)) if self._samples else None

    def _watch(self) -> None:
        import subprocess

        read = partial(subprocess.run, ["nvidia-smi", "--query-gpu=utilization.gpu", "--format=csv,noheader,nounits"], capture_output=True, text=True, check=False)
        while not self._over:
            told = read().stdout.split()
            if self._on and told and told[0].isdigit():
                self._samples.append(float(told[0]))
            time.sleep(0.25)

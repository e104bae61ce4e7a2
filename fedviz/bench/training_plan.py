"""What the bench `training` asks: models, texts and ways, and how large the full and the quick measurement are."""

from dataclasses import dataclass
from typing import Any

from fedviz.bench.training_asked import Asked

CODING, VIGNETTES = "medicine-coding", "medicine-vignettes"
BATCH, LEARNING_RATE, CLIENTS, MANY = 16, 2e-3, 8, 64
MINILM, ROBERTA, SMOLLM2 = "BERT: MiniLM", "RoBERTa: MiniLM's shape, random weights", "GPT: SmolLM2-135M"
MODELS: dict[str, dict[str, Any]] = {
    MINILM: {"name": "minilm", "lora_layers": 2},
    ROBERTA: {"name": "scratch", "family": "roberta", "width": 384, "layers": 6, "heads": 12, "vocabulary": 8000, "tuning": "lora", "lora_layers": 2},
    SMOLLM2: {"name": "smollm2", "lora_layers": 4},
}
WHOLE, PLAIN, TRAINER, GROUPED = "plain loop, LoRA in all layers", "plain loop", "Trainer, padded to 128", "Trainer, grouped by length"
PACKED, OURS = "no padding", "no padding, layers below cached"
RAY, RAY_OURS, HERE = "Flower's simulation, plain loop", "Flower's simulation, cached", "in process, cached"
STRIPPED: dict[str, Any] = {"cache": False, "bucket": False}
ALONE: dict[str, dict[str, Any]] = {WHOLE: {**STRIPPED, "lora_layers": 6}, OURS: {}, PACKED: {"cache": False}, PLAIN: STRIPPED, TRAINER: STRIPPED, GROUPED: STRIPPED}
FEDERATED: dict[str, dict[str, Any]] = {RAY: STRIPPED, RAY_OURS: {}, HERE: {}}
TESTS_AT_LEAST = {CODING: 50, VIGNETTES: 48}
"""In a measured run, whose cache is filled for them too; accuracy is measured on more."""


@dataclass(frozen=True)
class Size:
    """How much is measured: training texts by model, passes, test texts, rounds and texts of a federation by model, turns against Flower, seeds, steps and test texts for accuracy, and loads."""

    texts: dict[str, int]
    federated: dict[str, tuple[int, int]]
    epochs: dict[str, int]
    tests: dict[str, int]
    turns: int
    seeds: int
    steps: int
    tested: int
    loads: int
    many: tuple[int, int]


FULL = Size(
    {MINILM: 240, ROBERTA: 160, SMOLLM2: 64}, {MINILM: (320, 10), ROBERTA: (64, 2), SMOLLM2: (48, 2)}, {MINILM: 3, ROBERTA: 2, SMOLLM2: 2}, {MINILM: 400, ROBERTA: 400, SMOLLM2: 200},
    turns=3, seeds=5, steps=100, tested=600, loads=5, many=(640, 2),
)  # fmt: skip
QUICK = Size(
    {MINILM: 96, ROBERTA: 48, SMOLLM2: 48}, {MINILM: (96, 3)}, {MINILM: 2, ROBERTA: 1, SMOLLM2: 1}, {MINILM: 100, ROBERTA: 50, SMOLLM2: 50},
    turns=1, seeds=2, steps=12, tested=200, loads=1, many=(64, 1),
)  # fmt: skip


def tasks(model: str, quick: bool) -> tuple[str, ...]:
    """The texts that a model reads."""
    return (CODING, VIGNETTES) if model == MINILM and not quick else (VIGNETTES,)


def config(model: str, task: str, texts: int, rounds: int = 1, clients: int = CLIENTS, seed: int = 0, **options: Any) -> dict[str, Any]:
    """A run's configuration as plain data: text alone, adapters, FedAvg."""
    return {
        "seed": seed, "scenario": {"name": task, "train_texts": texts, "test_texts": TESTS_AT_LEAST[task]}, "partition": {"name": "iid"}, "knowledge": {"name": "none"},
        "model": {**MODELS[model], "max_tokens": 128, **options},
        "federation": {"clients": clients, "rounds": rounds, "batch_size": BATCH, "learning_rate": LEARNING_RATE, "compare": False},
    }  # fmt: skip


def _question(asked: dict[str, Any], epochs: int, tests: int, grouped: bool = False) -> dict[str, Any]:
    return {"config": asked, "epochs": epochs, "batch": BATCH, "rate": LEARNING_RATE, "tests": tests, "grouped": grouped}


def alone(size: Size, quick: bool) -> dict[tuple[str, str, str], Asked]:
    """Passes of one learner over its texts, by model, texts and way."""
    found = {}
    for model in MODELS:
        for task in tasks(model, quick):
            for way, options in ALONE.items():
                if way == WHOLE and model != MINILM:
                    continue
                question = _question(config(model, task, size.texts[model], **options), size.epochs[model], size.tests[model], way == GROUPED)
                found[model, task, way] = Asked(f"{model}, {task}: {way}", "trainer" if way in (TRAINER, GROUPED) else "alone", question)
    return found


def federated(size: Size) -> dict[tuple[str, str, int], Asked]:
    """Federations of eight clients, by model, way and turn: all ways of a turn before the next turn, so that each meets what the machine does meanwhile."""
    found = {}
    for model, (texts, rounds) in size.federated.items():
        for turn in range(size.turns if model == MINILM else 1):
            for way, options in FEDERATED.items():
                question = _question(config(model, VIGNETTES, texts, rounds, **options), 1, size.tests[model])
                found[model, way, turn] = Asked(f"{model}: {way}, turn {turn + 1}", "here" if way == HERE else "ray", question, turn)
    return found


def accuracies(size: Size, quick: bool) -> dict[tuple[str, int, int], Asked]:
    """MiniLM after one pass, by texts, layers with adapters and seed. Without padding, which changes no weight beyond rounding."""
    found = {}
    for task in tasks(MINILM, quick):
        for layers in (6, 2):
            for seed in range(size.seeds):
                question = _question(config(MINILM, task, BATCH * size.steps, seed=seed, lora_layers=layers), 1, size.tested)
                found[task, layers, seed] = Asked(f"{task}: accuracy of LoRA in {layers} layers, seed {seed}", "alone", question)
    return found


def many(size: Size) -> Asked:
    """A run of 64 clients with adapters of SmolLM2."""
    texts, rounds = size.many
    return Asked(f"{MANY} clients with adapters of SmolLM2", "run", {"config": config(SMOLLM2, VIGNETTES, texts, rounds, MANY)})


def loads(size: Size) -> list[Asked]:
    """SmolLM2 read in fresh processes."""
    return [Asked(f"SmolLM2 read, turn {turn + 1}", "opening", {}, turn) for turn in range(size.loads)]

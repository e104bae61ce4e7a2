"""What caching and leaving out the padding save, against plain LoRA: all six layers, texts padded to 128 tokens, nothing cached.

Cost: CPU time of one training step (forward, backward, AdamW) of this process, so that a busy machine disturbs it little. Accuracy: after one
pass over the texts, the same ones in the same order, over several seeds. Padding and the cache change no weights beyond rounding
(tests/models/test_training.py), so accuracy depends on the layers alone and is measured without padding.
Both train with a learning rate of 2e-3, which suits both at least as well as 1e-3.
"""

import statistics
import time
from typing import Any

from fedviz.bench.report import Check, Result, Say, at_least, at_most

VARIANTS: dict[str, dict[str, Any]] = {
    "plain: LoRA in all layers, padded to 128": {"lora_layers": 6, "cache": False, "bucket": False},
    "LoRA in the top two layers": {"lora_layers": 2, "cache": False, "bucket": False},
    "and no padding": {"lora_layers": 2, "cache": False},
    "and the layers below cached": {"lora_layers": 2},
    "and the cache filled in bfloat16": {"lora_layers": 2, "bf16": True},
}
PLAIN, FAST = "plain: LoRA in all layers, padded to 128", "and the layers below cached"
BATCH = 16
LAYERS, LEARNING_RATE = (6, 2), 2e-3
TIMES, POINTS = 8.0, 1.0


def measure(quick: bool, say: Say) -> Result:
    """Both medical tasks: CPU ms a step by variant, and accuracy by layers. `quick` takes the first task, fewer steps and seeds."""
    steps, timed, seeds = (60, 10, 2) if quick else (150, 30, 5)
    rows: list[dict[str, Any]] = []
    checks: list[Check] = []
    for task in ("medicine-coding",) if quick else ("medicine-coding", "medicine-vignettes"):
        accuracies = {layers: [_accuracy(task, layers, steps, seed, say) for seed in range(seeds)] for layers in LAYERS}
        found: dict[str, float] = {}
        for variant, options in VARIANTS.items():
            say(f"{task}: {variant}")
            fill_ms, step_ms, tokens = _cost(task, options, timed)
            found[variant] = step_ms
            accuracy = accuracies[options["lora_layers"]]
            rows.append(
                {
                    "task": task,
                    "variant": variant,
                    "CPU ms a step": step_ms,
                    "times less": found[PLAIN] / step_ms,
                    "CPU ms to fill the cache, a text": fill_ms,
                    "accuracy, %": 100 * statistics.mean(accuracy),
                    "spread": 100 * statistics.stdev(accuracy),
                    "tokens a text": tokens,
                }
            )
        lost = statistics.mean(plain - fast for plain, fast in zip(accuracies[6], accuracies[2], strict=True))
        checks.append(at_least(f"{task}: CPU of a step, plain LoRA over cached, unpadded top-2 LoRA", found[PLAIN] / found[FAST], TIMES))
        checks.append(at_most(f"{task}: points of accuracy lost", 100 * lost, POINTS))
    return Result("training", rows, checks, ["bfloat16 is faster only on processors that compute in it."])


def _learner(task: str, options: dict[str, Any], texts: int, tests: int, seed: int) -> tuple[Any, Any]:
    from fedviz.core.config import RunConfig
    from fedviz.models.cache import SHARED
    from fedviz.models.learner import prepare
    from fedviz.scenarios.load import load

    config = RunConfig.parse(
        {
            "seed": seed,
            "scenario": {"name": task, "train_texts": texts, "test_texts": tests},
            "model": {"name": "minilm", "max_tokens": 128, **options},
            "knowledge": {"name": "none"},
        }
    )
    data = load(config)
    SHARED.clear()
    return prepare(config, data), data


def _cost(task: str, options: dict[str, Any], timed: int) -> tuple[float, float, float]:
    """CPU ms a text of preparing, median CPU ms of a step, and the mean length of a training text in tokens."""
    from fedviz.core.seeds import derive
    from fedviz.federation.task import FitSettings, fit
    from fedviz.models.minilm import MiniLMOptions, load

    before = time.process_time()
    learner, data = _learner(task, options, BATCH * (timed + 3), 50, 0)
    fill_ms = 1000 * (time.process_time() - before) / (len(data.train) + len(data.test)) if options.get("cache", True) else 0.0
    marks = [time.process_time()]
    fit(learner, range(len(data.train)), FitSettings(batch_size=BATCH, learning_rate=LEARNING_RATE), derive(0, "bench"), lambda *_: marks.append(time.process_time()))
    taken = [after - start for start, after in zip(marks[3:], marks[4:], strict=False)]
    tokens = statistics.mean(map(len, load(MiniLMOptions()).tokenize(data.train.texts, 128)))
    return fill_ms, 1000 * statistics.median(taken), tokens


def _accuracy(task: str, layers: int, steps: int, seed: int, say: Say) -> float:
    """Accuracy on 1,000 test texts after one pass over the training texts."""
    from fedviz.core.seeds import derive
    from fedviz.federation.task import FitSettings, evaluate, fit

    learner, data = _learner(task, {"lora_layers": layers}, BATCH * steps, 1000, seed)
    fit(learner, range(len(data.train)), FitSettings(batch_size=BATCH, learning_rate=LEARNING_RATE), derive(seed, "bench"))
    accuracy = evaluate(learner, range(len(data.test))).metrics()["accuracy"]
    say(f"{task}: LoRA in {layers} layers, seed {seed}: {100 * accuracy:.1f} %")
    return accuracy

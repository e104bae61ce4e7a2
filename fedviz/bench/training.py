"""What caching and leaving out the padding save, against plain LoRA: all six layers, texts padded to 128 tokens, nothing cached.

CPU time of one training step (forward, backward, AdamW) is the process's own, so that a busy machine disturbs it little. Accuracy is
compared after the same number of steps on the same batches.
"""

import statistics
import time
from typing import Any

from fedviz.bench.report import Check, Result, Say, at_least, at_most

VARIANTS: dict[str, dict[str, Any]] = {
    "plain: LoRA in all layers, padded to 128": {"lora_layers": 6, "cache": False, "bucket": False},
    "LoRA in the top two layers": {"cache": False, "bucket": False},
    "and no padding": {"cache": False},
    "and the layers below cached": {},
    "and the cache filled in bfloat16": {"bf16": True},
}
PLAIN, FAST = "plain: LoRA in all layers, padded to 128", "and the layers below cached"
BATCH, LEARNING_RATE = 16, 1e-3
TIMES, POINTS = 8.0, 1.0


def measure(quick: bool, say: Say) -> Result:
    """Both medical tasks: CPU ms a step and accuracy after training, by variant. `quick` takes the first task and fewer steps."""
    steps, timed, test_texts = (60, 12, 200) if quick else (150, 30, 500)
    rows: list[dict[str, Any]] = []
    checks: list[Check] = []
    for task in ("medicine-coding",) if quick else ("medicine-coding", "medicine-vignettes"):
        found: dict[str, tuple[float, float]] = {}
        for variant, options in VARIANTS.items():
            say(f"{task}: {variant}")
            fill_s, step_ms, accuracy, tokens = _train(task, options, steps, timed, test_texts)
            found[variant] = step_ms, accuracy
            rows.append(
                {
                    "task": task,
                    "variant": variant,
                    "CPU ms a step": step_ms,
                    "times less": found[PLAIN][0] / step_ms,
                    "CPU s to fill the cache": fill_s,
                    "accuracy": accuracy,
                    "tokens a text": tokens,
                }
            )
        checks.append(at_least(f"{task}: CPU of plain LoRA over cached, unpadded top-2 LoRA", found[PLAIN][0] / found[FAST][0], TIMES))
        checks.append(at_most(f"{task}: points of accuracy lost", 100 * (found[PLAIN][1] - found[FAST][1]), POINTS))
    return Result("training", rows, checks, ["bfloat16 is faster only on processors that compute in it."])


def _train(task: str, options: dict[str, Any], steps: int, timed: int, test_texts: int) -> tuple[float, float, float, float]:
    """CPU seconds of preparing, median CPU ms of a step, accuracy at the end, and the mean length of a training text in tokens."""
    from fedviz.core.config import RunConfig
    from fedviz.core.seeds import derive
    from fedviz.federation.task import FitSettings, evaluate, fit
    from fedviz.models.cache import SHARED
    from fedviz.models.learner import prepare
    from fedviz.models.minilm import MiniLMOptions, load
    from fedviz.scenarios.load import load as load_scenario

    config = RunConfig.parse(
        {
            "scenario": {"name": task, "train_texts": BATCH * steps, "test_texts": test_texts},
            "model": {"name": "minilm", "max_tokens": 128, **options},
            "knowledge": {"name": "none"},
        }
    )
    data = load_scenario(config)
    SHARED.clear()
    before = time.process_time()
    learner = prepare(config, data)
    fill_s = time.process_time() - before
    marks = [time.process_time()]
    settings = FitSettings(epochs=1, batch_size=BATCH, learning_rate=LEARNING_RATE)
    fit(learner, range(len(data.train)), settings, derive(0, "bench"), lambda *_: marks.append(time.process_time()))
    taken = [after - start for start, after in zip(marks[1:], marks[2:], strict=False)]
    accuracy = evaluate(learner, range(len(data.test))).metrics()["accuracy"]
    tokens = statistics.mean(map(len, load(MiniLMOptions()).tokenize(data.train.texts, 128)))
    return fill_s, 1000 * statistics.median(taken[:timed]), accuracy, tokens

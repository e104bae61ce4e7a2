"""Compression of updates: bytes that travel up, and what is left of the accuracy, for every method of the registry, against no compression.

The head is trained on cached text vectors of the pretrained MiniLM with the graph's evidence, on diagnoses to be coded, dealt out evenly to eight
clients. The methods that remember what they left out are measured without their memory too. Accuracy is that of the global model
after the last round, over seeds; what is lost is paired by seed. Each core takes one seed at a time, in a process with one thread.
"""

import multiprocessing
import statistics
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from typing import Any

from fedviz.bench.report import Check, Result, Say, at_least, at_most
from fedviz.models import compute

METHODS: dict[str, dict[str, Any]] = {
    "none": {},
    "float16": {},
    "int8": {},
    "qsgd": {},
    "top-k": {},
    "top-k, forgetting": {"error_feedback": False},
    "random-k": {},
    "random-k, forgetting": {"error_feedback": False},
    "signsgd": {},
    "signsgd, forgetting": {"error_feedback": False},
    "low-rank": {},
    "low-rank, forgetting": {"error_feedback": False},
}
"""Options beside the defaults; what follows a comma is no part of the method's name."""
CODING = {"name": "medicine-coding", "train_texts": 1600, "test_texts": 800}
MODEL = {"name": "minilm", "tuning": "head"}
FEDERATION = {"rounds": 20, "clients": 8, "local_epochs": 2, "optimizer": "sgd", "learning_rate": 0.1, "compare": False}
QUICK = ("none", "float16", "top-k", "signsgd")
SEEDS = 3
HARDLY, TIMES = 1.0, 20.0


def measure(quick: bool, say: Say) -> Result:
    """A row for each method. `quick`: few methods, two seeds, half the rounds."""
    methods, seeds = QUICK if quick else tuple(METHODS), range(2 if quick else SEEDS)
    rounds = FEDERATION["rounds"] // (2 if quick else 1)  # type: ignore[operator]
    rows: list[dict[str, Any]] = []
    with ProcessPoolExecutor(multiprocessing.cpu_count(), multiprocessing.get_context("spawn"), compute.take, (1,)) as workers:
        each = list(workers.map(_runs, seeds, [methods] * len(seeds), [rounds] * len(seeds)))
    for method in methods:
        accuracy = [100 * one[method][0] for one in each]
        lost = [100 * (one["none"][0] - one[method][0]) for one in each]
        sent, plain = (statistics.mean(one[name][1] for one in each) for name in (method, "none"))
        rows.append(
            {
                "compression": method,
                "bytes up a round": round(sent),
                "times fewer": plain / sent,
                "accuracy": statistics.mean(accuracy),
                "spread": statistics.stdev(accuracy),
                "points lost": statistics.mean(lost),
                "spread of the loss": statistics.stdev(lost),
            }
        )
        say(" ".join(f"{value:.2f}" if isinstance(value, float) else str(value) for value in rows[-1].values()))
    return Result("compression", rows, [] if quick else judged(rows), [
        f"{rounds} rounds of eight clients, {len(seeds)} seeds; bytes are those of all clients' answers to training, with names, types and shapes of the arrays.",
        "Points lost are against no compression with the same seeds; negative where a method happens to gain.",
    ])  # fmt: skip


def judged(rows: list[dict[str, Any]]) -> list[Check]:
    """The stated figures: rounding costs hardly anything, and one bit a weight saves the most."""
    by = {row["compression"]: row for row in rows}
    return [
        at_most("points lost by half precision", by["float16"]["points lost"], HARDLY),
        at_most("points lost by eight bits", by["int8"]["points lost"], HARDLY),
        at_least("times fewer bytes by one bit a weight", by["signsgd"]["times fewer"], TIMES),
    ]


def _runs(seed: int, methods: tuple[str, ...], rounds: int) -> dict[str, tuple[float, float]]:
    """By method: accuracy after the last round, and bytes up in a round. What the frozen layers say of a text is computed once."""
    from fedviz.core.config import RunConfig
    from fedviz.core.events import ClientFinished, Event, GlobalEvaluated
    from fedviz.federation.assemble import assemble
    from fedviz.federation.rounds import Hooks, Rounds

    plain = {"seed": seed, "scenario": CODING, "partition": {"name": "iid"}, "model": MODEL}
    federation = FEDERATION | {"rounds": rounds}
    experiment = assemble(RunConfig.parse({**plain, "federation": federation}))
    found: dict[str, tuple[float, float]] = {}
    for method in methods:
        compression = {"name": method.partition(",")[0], **METHODS[method]}
        config = RunConfig.parse({**plain, "federation": {**federation, "compression": compression}})
        accuracies, sent = list[float](), list[int]()

        def note(event: Event, accuracies: list[float] = accuracies, sent: list[int] = sent) -> None:
            if isinstance(event, GlobalEvaluated):
                accuracies.append(next(metric.value for metric in event.metrics if metric.key.name == "accuracy"))
            elif isinstance(event, ClientFinished) and event.phase == "train":
                sent.append(event.sent_bytes)

        Rounds(replace(experiment, config=config), Hooks(emit=note)).run()
        found[method] = accuracies[-1], sum(sent) / rounds
    return found

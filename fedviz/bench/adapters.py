"""Combining adapters: accuracy, bytes and the error of the aggregation, for every way of the registry, on notes to be told apart with five labels a disease.

MiniLM with LoRA in its top layers reads texts alone, no graph; eight unlike hospitals train for four passes in each round. Accuracy is that of the global model after the
last round, over seeds, and points are paired by seed. Bytes are those of orders to train and their answers. Each core takes one seed at a time, in a
process with one thread.
"""

import multiprocessing
import statistics
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from typing import Any

from fedviz.bench.report import Check, Result, Say, at_least, at_most
from fedviz.core.registry import ADAPTERS
from fedviz.models import compute

SCENARIO: dict[str, Any] = {"name": "medicine-vignettes", "labels_per_class": 5}
MODEL: dict[str, Any] = {"name": "minilm", "tuning": "lora"}
FEDERATION: dict[str, Any] = {"rounds": 10, "clients": 8, "local_epochs": 4, "compare": False}
QUICK_ROUNDS, QUICK_TEXTS = 4, 240
SEEDS = 3
EXACT = ("ffa-lora", "rolora", "flora", "fedex-lora")
ROUNDING, GAP, HALF = 1e-5, 1e-3, 0.75


@dataclass(frozen=True)
class Found:
    """One run: accuracy in [0, 1], bytes up and down in a round, and the mean over rounds of the relative error of the matrix that is combined worst."""

    accuracy: float
    up: float
    down: float
    error: float


def measure(quick: bool, say: Say) -> Result:
    """A row for each way. `quick`: fewer rounds and test texts."""
    rounds = QUICK_ROUNDS if quick else FEDERATION["rounds"]
    with ProcessPoolExecutor(multiprocessing.cpu_count(), multiprocessing.get_context("spawn"), compute.take, (1,)) as workers:
        each = list(workers.map(_runs, range(SEEDS), [rounds] * SEEDS, [QUICK_TEXTS if quick else 0] * SEEDS))
    rows: list[dict[str, Any]] = []
    for name in ADAPTERS.names():
        accuracy = [100 * one[name].accuracy for one in each]
        gained = [100 * (one[name].accuracy - one["fedit"].accuracy) for one in each]
        rows.append({
            "adapters": name, "accuracy": statistics.mean(accuracy), "spread": statistics.stdev(accuracy),
            "points over fedit": statistics.mean(gained), "spread of the points": statistics.stdev(gained),
            "bytes up a round": round(statistics.mean(one[name].up for one in each)), "bytes down a round": round(statistics.mean(one[name].down for one in each)),
            "relative error": statistics.mean(one[name].error for one in each),
        })  # fmt: skip
        say(" ".join(f"{value:.3g}" if isinstance(value, float) else str(value) for value in rows[-1].values()))
    return Result("adapters", rows, judged(rows), [
        f"{rounds} rounds of eight hospitals, {SEEDS} seeds{f', {QUICK_TEXTS} test texts (the quick form)' if quick else ''}; rank 8, of HetLoRA 2, 4 and 8 in turn.",
        "Bytes are those of all clients' orders to train and answers, with the head, names, types and shapes of the arrays; orders to evaluate, which go to everybody, are left out.",
        "Relative error: of the next global product against the average of the clients' products, the worst matrix of a round, mean over rounds.",
    ])  # fmt: skip


def judged(rows: list[dict[str, Any]]) -> list[Check]:
    """What the ways promise: exactness up to rounding, or an error that is there; and a factor less on the wire."""
    by = {row["adapters"]: row for row in rows}
    return [
        *(at_most(f"relative error of {name}", by[name]["relative error"], ROUNDING) for name in EXACT),
        at_least("relative error of fedit", by["fedit"]["relative error"], GAP),
        *(at_most(f"bytes up of {name}, as a share of fedit's", by[name]["bytes up a round"] / by["fedit"]["bytes up a round"], HALF) for name in ("ffa-lora", "rolora")),
    ]


def _runs(seed: int, rounds: int, texts: int) -> dict[str, Found]:
    """By way; what the frozen layers say of a text is computed once."""
    from fedviz.core.config import RunConfig
    from fedviz.core.events import ClientFinished, ClientStarted, Event, GlobalEvaluated, RoundAggregated
    from fedviz.federation.assemble import assemble
    from fedviz.federation.rounds import Hooks, Rounds

    found: dict[str, Found] = {}
    for name in ADAPTERS.names():
        config = RunConfig.parse({
            "seed": seed, "scenario": SCENARIO | ({"test_texts": texts} if texts else {}), "model": MODEL, "knowledge": "none",
            "federation": FEDERATION | {"rounds": rounds, "adapters": {"name": name}},
        })  # fmt: skip
        events: list[Event] = []
        Rounds(assemble(config), Hooks(emit=events.append)).run()
        tested = [event for event in events if isinstance(event, GlobalEvaluated)]
        errors = [max(entry.relative or 0.0 for entry in event.adapters) for event in events if isinstance(event, RoundAggregated)]
        found[name] = Found(
            next(metric.value for metric in tested[-1].metrics if metric.key.name == "accuracy"),
            sum(event.sent_bytes for event in events if isinstance(event, ClientFinished) and event.phase == "train") / rounds,
            sum(event.received_bytes for event in events if isinstance(event, ClientStarted) and event.phase == "train") / rounds,
            statistics.mean(errors),
        )
    return found

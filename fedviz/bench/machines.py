"""One machine missing from training, tested on it: text alone, with the graph of parts, with a shuffled graph. Needs the carriers.

The graph is grown without the missing machine's orders. Strength and weight of class evidence were chosen on seeds from 100 on, which draw other labelled
orders; the seeds reported count from 0. With all labels a seed changes no order, only the order of training.
"""

import multiprocessing
import statistics
from concurrent.futures import ProcessPoolExecutor
from typing import Any, NamedTuple

from fedviz.bench.report import Check, Result, Say, at_least
from fedviz.scenarios.excavators.orders import MACHINES

TASKS = ("manufacturing-orders", "manufacturing-cost")
GRAPH = {"name": "evidence", "strength": 0.5}
WAYS: dict[str, dict[str, Any]] = {"text alone": {"knowledge": {"name": "none"}}, "with graph": {"knowledge": GRAPH}, "shuffled graph": {"knowledge": GRAPH, "graph": {"control": "shuffled"}}}
MISSING = ("B", "C", "D", "E")
"""Machine A has 32 test orders, too few to tell four points from none."""
FEDERATION = {"rounds": 10, "clients": len(MACHINES), "local_epochs": 4, "optimizer": "sgd", "learning_rate": 0.1, "compare": False}
SEEDS = 8
FEW = 5
GAIN = 4.0


class Cell(NamedTuple):
    """A place of the grid: task, labels a class (0: all), and the machine that stays away."""

    task: str
    labels: int
    missing: str


def measure(quick: bool, say: Say) -> Result:
    """The grid over seeds; `quick`: few labels of the first task, one machine missing."""
    cells = [Cell(TASKS[0], FEW, "C")] if quick else [Cell(task, labels, missing) for task in TASKS for labels in (FEW, 0) for missing in MISSING]
    rows: list[dict[str, Any]] = []
    with ProcessPoolExecutor(2, multiprocessing.get_context("spawn"), _one_thread) as workers:
        jobs = {cell: [workers.submit(_ways, cell, seed) for seed in range(SEEDS)] for cell in cells}
        found = {cell: [job.result() for job in started] for cell, started in jobs.items()}
    for (task, labels), missing in _grouped(cells).items():
        for who in (*missing, "mean") if len(missing) > 1 else missing:
            each = [{way: statistics.mean(found[Cell(task, labels, one)][seed][way] for one in (missing if who == "mean" else (who,))) for way in WAYS} for seed in range(SEEDS)]
            rows += [_row(task, labels, who, way, each) for way in WAYS]
            say(str(rows[-3:]))
    return Result("machines", rows, judged(rows), notes())


def _one_thread() -> None:
    """A small model trains no faster on two threads, and the other core has a seed of its own."""
    import torch

    torch.set_num_threads(1)


def _grouped(cells: list[Cell]) -> dict[tuple[str, int], tuple[str, ...]]:
    grouped: dict[tuple[str, int], tuple[str, ...]] = {}
    for cell in cells:
        grouped[cell.task, cell.labels] = (*grouped.get((cell.task, cell.labels), ()), cell.missing)
    return grouped


def _ways(cell: Cell, seed: int) -> dict[str, float]:
    """Accuracy on the missing machine's test orders in percent, for all ways with one seed."""
    return {way: _run(cell, way, seed) for way in WAYS}


def _run(cell: Cell, way: str, seed: int) -> float:
    from fedviz.core.config import RunConfig
    from fedviz.core.events import ClientFinished, Event
    from fedviz.federation.assemble import assemble
    from fedviz.federation.rounds import Hooks, Rounds

    absent = MACHINES.index(cell.missing)
    config = RunConfig.parse({
        "seed": seed, "scenario": {"name": cell.task, "labels_per_class": cell.labels, "graph_without": cell.missing}, "model": {"name": "minilm", "tuning": "head"},
        **WAYS[way], "federation": {**FEDERATION, "absent_clients": [absent]},
    })  # fmt: skip
    accuracy = 0.0

    def note(event: Event) -> None:
        nonlocal accuracy
        if isinstance(event, ClientFinished) and event.client == absent and event.phase == "evaluate":
            accuracy = next(metric.value for metric in event.metrics if metric.key.name == "accuracy")

    Rounds(assemble(config), Hooks(emit=note)).run()
    return 100 * accuracy


def _row(task: str, labels: int, missing: str, way: str, each: list[dict[str, float]]) -> dict[str, Any]:
    gains = [one[way] - one["text alone"] for one in each]
    other = way != "text alone"
    return {
        "task": task, "labels": str(labels or "all"), "missing": missing, "model": way, "accuracy": statistics.mean(one[way] for one in each), "spread": statistics.stdev(one[way] for one in each),
        "gain": statistics.mean(gains) if other else None, "gain spread": statistics.stdev(gains) if other else None, "wins": f"{sum(gain > 0 for gain in gains)}/{len(gains)}" if other else None,
    }  # fmt: skip


def judged(rows: list[dict[str, Any]]) -> list[Check]:
    """The stated figure: what the graph gains on a machine that nobody trained on, few labels."""
    few = [row for row in rows if (row["task"], row["labels"], row["model"]) == (TASKS[0], str(FEW), "with graph")]
    return [at_least(f"orders, {FEW} labels a class, one machine missing: gain of the graph", few[-1]["gain"], GAIN, "points")]


def notes() -> list[str]:
    """Sentences that belong beside the table."""
    return [
        f"{SEEDS} seeds, five machines of which one stays away, FedAvg, 10 rounds of 4 local epochs, SGD at 0.1, the head alone. Gains in points of accuracy over text alone on the same seeds; spread is the standard deviation over seeds.",
        "The register of equipment, part of the graph, says to which system a place belongs, which is also what the classes are made of; no order's own place is in it.",
        "The experts' vocabulary was made of the words of all orders, the missing machine's included; the graph is grown without that machine's orders.",
        "The shuffled graph hangs the systems on wrong parts: class evidence then speaks for wrong classes, so that it may lose against text alone by far.",
    ]

"""Attacks against combinations: what two attackers of ten clients leave of the accuracy, and what protection costs where nobody attacks.

Patients' vignettes dealt out to ten clients, the head trained on cached text vectors with the graph's evidence; clients 3 and 7 attack in
every round. Dealt out evenly, and for two of the attacks unevenly (Dirichlet, alpha 0.5), where honest clients differ much and a robust rule
may take them for attackers.
Each core takes one seed at a time, in a process with one thread.
"""

import multiprocessing
import statistics
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from typing import Any

from fedviz.bench.report import Check, Result, Say, at_least, at_most

TASK = "medicine-vignettes"
ATTACKERS = (3, 7)
ATTACKS: dict[str, dict[str, Any]] = {
    "none": {},
    "label-flipping": {},
    "sign-flip": {"strength": 4.0},
    "noise": {"strength": 20.0},
    "replacement": {"strength": 10.0},
}
COMBINATIONS: dict[str, dict[str, Any]] = {
    "mean": {},
    "norm-clipping": {},
    "median": {},
    "trimmed-mean": {"f": 2},
    "geometric-median": {},
    "krum": {"f": 2},
    "multi-krum": {"f": 2},
    "bulyan": {"f": 1},
}
"""Bulyan bears two attackers only among eleven or more clients; with ten it is set to bear one."""
PARTITIONS: dict[str, dict[str, Any]] = {"even": {"name": "iid"}, "uneven": {"name": "dirichlet", "alpha": 0.5}}
UNEVEN_ATTACKS = ("none", "replacement")
FEDERATION = {"rounds": 10, "clients": 10, "local_epochs": 4, "optimizer": "sgd", "learning_rate": 0.1, "compare": False}
SEEDS = 5
COLLAPSE, WITHIN = 20.0, 2.0


def measure(quick: bool, say: Say) -> Result:
    """The matrix of attacks and combinations over seeds. `quick`: scaled replacement against three combinations, two seeds, dealt out evenly."""
    seeds = range(2 if quick else SEEDS)
    attacks = ("none", "replacement") if quick else tuple(ATTACKS)
    combinations = ("mean", "median", "multi-krum") if quick else tuple(COMBINATIONS)
    rows: list[dict[str, Any]] = []
    with ProcessPoolExecutor(multiprocessing.cpu_count(), multiprocessing.get_context("spawn"), _one_thread) as workers:
        parts = {"even": attacks} if quick else {"even": attacks, "uneven": UNEVEN_ATTACKS}
        jobs = {partition: [workers.submit(_matrix, partition, seed, asked, combinations) for seed in seeds] for partition, asked in parts.items()}
        for partition, started in jobs.items():
            each = [job.result() for job in started]
            for attack in parts[partition]:
                for combination in combinations:
                    values = [100 * one[attack, combination] for one in each]
                    clean = [100 * one["none", "mean"] for one in each]
                    lost = [a - b for a, b in zip(clean, values, strict=True)]
                    rows.append(
                        {
                            "texts": partition,
                            "attack": attack,
                            "combination": combination,
                            "accuracy": statistics.mean(values),
                            "spread": statistics.stdev(values),
                            "points lost": statistics.mean(lost),
                            "spread of the loss": statistics.stdev(lost),
                        }
                    )
                    say(" ".join(f"{value:.1f}" if isinstance(value, float) else value for value in rows[-1].values()))
    return Result("robustness", rows, judged(rows), ["Points lost are against the mean of honest clients with the same seeds; negative where a rule gains."])


def judged(rows: list[dict[str, Any]]) -> list[Check]:
    """The stated figures: the mean collapses under scaled replacement, and the best combination does not."""
    lost = {row["combination"]: row["points lost"] for row in rows if row["texts"] == "even" and row["attack"] == "replacement"}
    best = min((name for name in lost if name != "mean"), key=lambda name: lost[name])
    return [
        at_least("points that two attackers of ten take from the mean by scaled replacement", lost["mean"], COLLAPSE),
        at_most(f"points that they take from the best combination ({best})", lost[best], WITHIN),
    ]


def _one_thread() -> None:
    import torch

    torch.set_num_threads(1)


def _matrix(partition: str, seed: int, attacks: tuple[str, ...], combinations: tuple[str, ...]) -> dict[tuple[str, str], float]:
    """Accuracy after the last round by attack and combination, with one seed: all of them share the experiment's texts and frozen activations."""
    from fedviz.core.config import RunConfig
    from fedviz.core.events import Event, GlobalEvaluated
    from fedviz.federation.assemble import assemble
    from fedviz.federation.rounds import Hooks, Rounds

    plain = {"seed": seed, "scenario": TASK, "partition": PARTITIONS[partition], "model": {"name": "minilm", "tuning": "head"}, "federation": FEDERATION}
    experiment = assemble(RunConfig.parse(plain))
    found: dict[tuple[str, str], float] = {}
    for attack in attacks:
        adversary = {"name": attack, **({"clients": list(ATTACKERS)} if attack != "none" else {}), **ATTACKS[attack]}
        for combination in combinations:
            aggregation = {"name": combination, **COMBINATIONS[combination]}
            config = RunConfig.parse({**plain, "adversary": adversary, "federation": {**FEDERATION, "aggregation": aggregation}})
            scores: list[float] = []

            def note(event: Event, scores: list[float] = scores) -> None:
                if isinstance(event, GlobalEvaluated):
                    scores.extend(metric.value for metric in event.metrics if metric.key.name == "accuracy")

            Rounds(replace(experiment, config=config), Hooks(emit=note)).run()
            found[attack, combination] = scores[-1]
    return found

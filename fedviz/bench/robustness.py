"""Attacks against combinations: what two attackers of ten clients leave of the accuracy, how far they get, and what protection costs where nobody attacks.

The head is trained on cached text vectors with the graph's evidence; clients 3 and 7 attack in every round. Patients' vignettes, dealt out evenly and,
for some of the attacks, unevenly (Dirichlet, alpha 0.5), where honest clients differ much and a robust rule may take them for attackers. The graph
filter needs a graph that leads to classes, which that of the vignettes does not: it is measured on diagnoses to be coded, beside other
combinations and beside itself with the graph's classes shuffled, which must not help. Each core takes one seed at a time, in a process with one thread.
"""

import multiprocessing
import statistics
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

from fedviz.bench.report import Check, Result, Say, at_least, at_most
from fedviz.models import compute

ATTACKERS = (3, 7)
ATTACKS: dict[str, dict[str, Any]] = {
    "none": {},
    "label-flipping": {},
    "sign-flip": {"strength": 4.0},
    "noise": {"strength": 20.0},
    "replacement": {"strength": 10.0},
    "backdoor": {"strength": 5.0},
    "little-is-enough": {"z": 1.5},
    "colluders": {"epsilon": 0.5},
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
    "fltrust": {"root_texts": 100},
    "graph-filter": {},
    "graph-filter, shuffled": {"control": "shuffled"},
}
"""Bulyan bears two attackers only among eleven or more clients; with ten it is set to bear one. What follows a comma is no part of the rule's name."""
GRAPH = ("graph-filter", "graph-filter, shuffled")
FEDERATION = {"rounds": 10, "clients": 10, "local_epochs": 4, "optimizer": "sgd", "learning_rate": 0.1, "compare": False}
SEEDS = 3
COLLAPSE, WITHIN = 20.0, 2.0


@dataclass(frozen=True)
class Part:
    """One scenario, dealt out one way: which attacks meet which combinations."""

    scenario: Any
    partition: dict[str, Any]
    attacks: tuple[str, ...]
    combinations: tuple[str, ...]


VIGNETTES = {"name": "medicine-vignettes"}
CODING = {"name": "medicine-coding", "train_texts": 2000, "test_texts": 700}
EVEN, UNEVEN = {"name": "iid"}, {"name": "dirichlet", "alpha": 0.5}
_BLIND = tuple(name for name in COMBINATIONS if name not in GRAPH)
FULL = {
    "vignettes, even": Part(VIGNETTES, EVEN, tuple(ATTACKS), _BLIND),
    "vignettes, uneven": Part(VIGNETTES, UNEVEN, ("none", "replacement", "backdoor"), _BLIND),
    "coding, even": Part(CODING, EVEN, tuple(ATTACKS), ("mean", "median", "multi-krum", "fltrust", *GRAPH)),
    "coding, uneven": Part(CODING, UNEVEN, ("none", "replacement", "backdoor"), ("mean", "median", "multi-krum", "fltrust", *GRAPH)),
}
QUICK = {
    "vignettes, even": Part(VIGNETTES, EVEN, ("none", "replacement"), ("mean", "median", "multi-krum")),
    "coding, even": Part(CODING, EVEN, ("none", "replacement"), ("mean", *GRAPH)),
}


def measure(quick: bool, say: Say) -> Result:
    """The matrices over seeds. `quick`: scaled replacement against few combinations, two seeds, dealt out evenly."""
    seeds = range(2 if quick else SEEDS)
    parts = QUICK if quick else FULL
    rows: list[dict[str, Any]] = []
    with ProcessPoolExecutor(multiprocessing.cpu_count(), multiprocessing.get_context("spawn"), compute.take, (1,)) as workers:
        jobs = {name: [workers.submit(_matrix, part, seed) for seed in seeds] for name, part in parts.items()}
        for name, started in jobs.items():
            each = [job.result() for job in started]
            for attack in parts[name].attacks:
                for combination in parts[name].combinations:
                    values = [100 * one[attack, combination]["accuracy"] for one in each]
                    lost = [100 * one["none", "mean"]["accuracy"] - value for one, value in zip(each, values, strict=True)]
                    success = [100 * one[attack, combination]["attack_success"] for one in each if "attack_success" in one[attack, combination]]
                    rows.append(
                        {
                            "texts": name,
                            "attack": attack,
                            "combination": combination,
                            "accuracy": statistics.mean(values),
                            "spread": statistics.stdev(values),
                            "points lost": statistics.mean(lost),
                            "spread of the loss": statistics.stdev(lost),
                            "attack success": statistics.mean(success) if success else None,
                        }
                    )
                    say(" ".join(f"{value:.1f}" if isinstance(value, float) else str(value) for value in rows[-1].values()))
    return Result("robustness", rows, judged(rows), [
        "Points lost are against the mean of honest clients with the same seeds; negative where a rule gains.",
        "Attack success: per cent of the test texts that get the attackers' answer; an honest model gives it now and then.",
    ])  # fmt: skip


def judged(rows: list[dict[str, Any]]) -> list[Check]:
    """The stated figures: the mean collapses under scaled replacement, the best combination does not, and a shuffled graph protects no better than none."""
    lost, coding = ({row["combination"]: row["points lost"] for row in rows if row["texts"] == texts and row["attack"] == "replacement"} for texts in ("vignettes, even", "coding, even"))
    best = min((name for name in lost if name != "mean"), key=lambda name: lost[name])
    return [
        at_least("points that two attackers of ten take from the mean by scaled replacement", lost["mean"], COLLAPSE),
        at_most(f"points that they take from the best combination ({best})", lost[best], WITHIN),
        at_most("points that they take from the graph filter, on texts to be coded", coding["graph-filter"], WITHIN),
        at_least("points that they take from it when its graph is shuffled", coding["graph-filter, shuffled"], COLLAPSE),
    ]


def _matrix(part: Part, seed: int) -> dict[tuple[str, str], dict[str, float]]:
    """The global model's numbers after the last round by attack and combination, with one seed; what the frozen layers say of a text is computed once."""
    from fedviz.core.config import RunConfig
    from fedviz.core.events import Event, GlobalEvaluated
    from fedviz.federation.assemble import Experiment, assemble
    from fedviz.federation.rounds import Hooks, Rounds

    plain = {"seed": seed, "scenario": part.scenario, "partition": part.partition, "model": {"name": "minilm", "tuning": "head"}, "federation": FEDERATION}
    stands: dict[tuple[bool, str], Experiment] = {}
    found: dict[tuple[str, str], dict[str, float]] = {}
    for attack in part.attacks:
        adversary = {"name": attack, **({"clients": list(ATTACKERS)} if attack != "none" else {}), **ATTACKS[attack]}
        for combination in part.combinations:
            rule = combination.partition(",")[0]
            aggregation = {"name": rule, **COMBINATIONS[combination]}
            config = RunConfig.parse({**plain, "adversary": adversary, "federation": {**FEDERATION, "aggregation": aggregation}})
            key = attack == "backdoor", rule if rule in ("fltrust", "graph-filter") else ""  # these have texts of their own beside the clients'
            experiment = replace(stands.get(key) or stands.setdefault(key, assemble(config)), config=config)
            scores: list[dict[str, float]] = []

            def note(event: Event, scores: list[dict[str, float]] = scores) -> None:
                if isinstance(event, GlobalEvaluated):
                    scores.append({metric.key.name: metric.value for metric in event.metrics})

            Rounds(experiment, Hooks(emit=note)).run()
            found[attack, combination] = scores[-1]
    return found

"""What is left of the graph's gain where texts are harder or the graph is wrong: text alone, with the graph, with the graph as far as the clients find it worth trusting.

Each stress is one of the sections `[texts]` and `[graph]`, or a hospital that stays away; the patients' vignettes and the diagnoses to be coded, five labels a class, the
head trained on cached text vectors. The steps of the validated trust were chosen on seeds from 100 on, which draw other texts; the seeds reported count from 0.
What attackers of the training do is measured by the bench robustness.
"""

import multiprocessing
import statistics
from concurrent.futures import ProcessPoolExecutor
from typing import Any, NamedTuple

from fedviz.bench.report import Check, Result, Say, at_most

VIGNETTES, CODING = "medicine-vignettes", "medicine-coding"
LABELS, SEEDS, QUICK_SEEDS = 5, 5, 2
ABSENT, UNSEEN, POISONER = 3, 6, 0
TEXT, GRAPH, VALIDATED = "text alone", "with graph", "validated trust"
WAYS: dict[str, dict[str, Any]] = {TEXT: {"name": "none"}, GRAPH: {"name": "evidence"}, VALIDATED: {"name": "evidence", "trust": "validated"}}
FEDERATION = {"rounds": 10, "clients": 8, "local_epochs": 4, "optimizer": "sgd", "learning_rate": 0.1, "compare": False}
LOST = 1.0
"""Points that a graph with half of its triples rewired may cost at most against text alone."""


class Stress(NamedTuple):
    """A stress of one strength: the changes of the configuration that make it."""

    name: str
    level: float
    changes: dict[str, Any]


def _levels(key: str, name: str, *levels: float) -> tuple[Stress, ...]:
    return tuple(Stress(name, level, {key: level}) for level in levels)


_PLAIN = Stress("none", 0.0, {})
_REWIRED = _levels("graph.rewired", "rewired", 0.1, 0.25, 0.5)
_GRAPHS = (_PLAIN, *_REWIRED, *_levels("graph.stale", "stale", 0.5, 1.0), *(Stress("poisoned", level, {"graph.poisoned": level, "graph.poisoned_by": POISONER}) for level in (0.5, 1.0)))
_TEXTS = (
    _levels("texts.wrong_labels", "wrong labels", 0.1, 0.2, 0.4),
    _levels("texts.typos", "typos", 0.1),
    _levels("texts.typos", "typos", 0.3),
    _levels("texts.lay_words", "lay words", 1.0),
    _levels("texts.unseen_entities", "unseen entities", 0.5),
)
_APART = (
    (Stress("missing client", 1.0, {"scenario.specialty_share": 1.0, "federation.absent_clients": [ABSENT]}),),
    (Stress("unseen classes", float(UNSEEN), {"texts.unseen_classes": UNSEEN}),),
)
Group = tuple[str, tuple[Stress, ...]]
FULL: tuple[Group, ...] = (
    (VIGNETTES, _GRAPHS), (CODING, (_PLAIN, *_REWIRED)), *((VIGNETTES, group) for group in (*_TEXTS, *_APART)), (CODING, _TEXTS[0]), (CODING, _TEXTS[2]),
)  # fmt: skip
QUICK: tuple[Group, ...] = ((VIGNETTES, (_PLAIN, _REWIRED[-1])),)
"""Stresses of one group share their texts, so that one process reads them once, and text alone is trained once where the graph alone differs."""


class Found(NamedTuple):
    """One run: accuracy on all test texts, on those of the unseen classes or the missing client (None where there are none), and the trust in evidence and structure."""

    accuracy: float
    apart: float | None
    trust: tuple[float, float] | None


def measure(quick: bool, say: Say) -> Result:
    """The stresses over seeds. `quick`: the vignettes with the graph as it is and with half of its triples rewired, two seeds."""
    return measured(QUICK if quick else FULL, QUICK_SEEDS if quick else SEEDS, say)


def measured(groups: tuple[Group, ...], seeds: int, say: Say) -> Result:
    """The same for some groups."""
    import torch

    rows: list[dict[str, Any]] = []
    with ProcessPoolExecutor(torch.get_num_threads(), multiprocessing.get_context("spawn"), _one_thread) as workers:
        jobs = [(group, [workers.submit(_group, group, seed) for seed in range(seeds)]) for group in groups]
        for (task, stresses), started in jobs:
            each = [job.result() for job in started]
            for place, stress in enumerate(stresses):
                for way in WAYS:
                    rows.append(_row(task, stress, way, [one[place][way] for one in each], [one[place][TEXT] for one in each]))
                    say(" ".join(f"{value:.2f}" if isinstance(value, float) else str(value) for value in rows[-1].values()))
    return Result("robust_knowledge", rows, judged(rows), notes(rows, seeds))


def _one_thread() -> None:
    """A head trains no faster on two threads, and the other core has a seed of its own."""
    import torch

    torch.set_num_threads(1)


def _group(group: Group, seed: int) -> list[dict[str, Found]]:
    """All ways under each stress of a group with one seed."""
    task, stresses = group
    found: list[dict[str, Found]] = []
    alone: dict[str, Found] = {}
    for stress in stresses:
        texts = repr(sorted(change for change in stress.changes.items() if not change[0].startswith("graph.")))
        if texts not in alone:
            alone[texts] = _run(task, stress, TEXT, seed)
        found.append({TEXT: alone[texts], **{way: _run(task, stress, way, seed) for way in WAYS if way != TEXT}})
    return found


def _run(task: str, stress: Stress, way: str, seed: int) -> Found:
    import numpy as np
    import torch

    from fedviz.core.config import RunConfig
    from fedviz.federation.assemble import assemble
    from fedviz.federation.rounds import Hooks, Rounds
    from fedviz.federation.task import EVALUATION_BATCH
    from fedviz.scenarios.stress import unseen_classes

    scenario = {"name": task, "labels_per_class": LABELS}
    config = RunConfig.parse({"seed": seed, "scenario": scenario, "model": {"name": "minilm", "tuning": "head"}, "knowledge": WAYS[way], "federation": FEDERATION}).updated(stress.changes)
    experiment = assemble(config)
    learner, data = experiment.learner, experiment.data
    learner.load(Rounds(experiment, Hooks()).run().state.arrays)
    right = np.zeros(len(data.test), bool)
    with torch.no_grad():
        for batch in learner.batches("test", range(len(data.test)), EVALUATION_BATCH):
            right[batch.rows.numpy()] = (learner.logits(batch).argmax(1) == batch.labels).numpy()
    apart = None
    if config.texts.unseen_classes:
        apart = float(right[np.isin(data.test.labels, unseen_classes(data))].mean())
    elif config.federation.absent_clients:
        apart = float(right[experiment.shards.test[ABSENT]].mean())
    return Found(float(right.mean()), apart, None if experiment.trust is None else (experiment.trust.evidence, experiment.trust.structure))


def _row(task: str, stress: Stress, way: str, each: list[Found], texts: list[Found]) -> dict[str, Any]:
    gains = [100 * (one.accuracy - text.accuracy) for one, text in zip(each, texts, strict=True)]
    apart = [100 * one.apart for one in each if one.apart is not None]
    trusts = [one.trust for one in each if one.trust is not None]
    other = way != TEXT
    return {
        "task": task,
        "stress": stress.name,
        "level": stress.level,
        "model": way,
        "accuracy": statistics.mean(100 * one.accuracy for one in each),
        "spread": statistics.stdev(100 * one.accuracy for one in each),
        "gain": statistics.mean(gains) if other else None,
        "gain spread": statistics.stdev(gains) if other else None,
        "wins": f"{sum(gain > 0 for gain in gains)}/{len(gains)}" if other else None,
        "accuracy apart": statistics.mean(apart) if apart else None,
        "trust in evidence": statistics.mean(trust[0] for trust in trusts) if trusts else None,
        "trust in structure": statistics.mean(trust[1] for trust in trusts) if trusts else None,
    }


def judged(rows: list[dict[str, Any]]) -> list[Check]:
    """The stated figure: what a graph with half of its triples rewired costs against text alone under validated trust."""
    return [
        at_most(f"{row['task']}, half of the triples rewired, validated trust: points lost against text alone", -row["gain"], LOST, "points")
        for row in rows
        if (row["stress"], row["level"], row["model"]) == ("rewired", 0.5, VALIDATED)
    ]


def notes(rows: list[dict[str, Any]], seeds: int) -> list[str]:
    """Sentences that belong beside the table: how it was trained, where the graph harms, and what caution costs on a right graph."""
    found = {(row["task"], row["stress"], row["level"], row["model"]): row for row in rows}
    harmed = [key for key, row in found.items() if key[3] == GRAPH and row["gain"] < -row["gain spread"] / seeds**0.5]
    costs = [
        f"{task}: on the right graph validated trust gains {row['gain']:.1f} points and full trust {found[task, stress, level, GRAPH]['gain']:.1f}."
        for (task, stress, level, way), row in found.items()
        if (stress, way) == ("none", VALIDATED)
    ]
    where = "; ".join(f"{task}, {stress} {level:g}: {found[task, stress, level, GRAPH]['gain']:.1f}, validated {found[task, stress, level, VALIDATED]['gain']:.1f}" for task, stress, level, _ in harmed)
    return [
        f"{seeds} seeds, eight hospitals, {LABELS} labels a class, FedAvg, 10 rounds of 4 local epochs, SGD at 0.1, the head alone. Gains in points of accuracy over text alone under the same stress and seed; spread is the standard deviation over seeds.",
        f"Accuracy apart: on the test texts of the {UNSEEN} unseen classes, or of the hospital that stays away. Trust: mean of the factors that the clients found, 1 is full trust.",
        "Typos stand in the test texts alone and break the links of the words that they hit; other names stay linked, which is what a graph of synonyms is for. A stale graph of level 1 knows no leaf at all.",
        f"The poisoner is one of eight hospitals and knows the entities of its own {LABELS} labels a class: it reaches few triples.",
        *costs,
        f"The graph costs accuracy here, by more than the standard error: {where}." if where else "The graph costs more than the standard error nowhere here.",
    ]

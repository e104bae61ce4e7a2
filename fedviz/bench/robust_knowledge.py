"""What is left of the graph's gain where texts are harder or the graph is wrong: text alone, with the graph, with the graph as far as the clients find it worth trusting.

Each stress is one of the sections `[texts]` and `[graph]`, or a hospital that stays away; the patients' vignettes and the diagnoses to be coded, five labels a class, the
head trained on cached text vectors. The steps of the validated trust were chosen on seeds from 100 on, which draw other texts; the seeds reported count from 0. Every
run is kept as it is done (`knowledge_kept`): a second call goes on where the first one stopped. What attackers of the training do is measured by the bench robustness.
"""

from typing import Any

from fedviz.bench import knowledge_kept as kept_runs
from fedviz.bench.by_seed import measure_all
from fedviz.bench.report import Result, Say
from fedviz.bench.robust_cells import ABSENT, FEDERATION, FULL, LABELS, QUICK, QUICK_SEEDS, SEEDS, TEXT, WAYS, Found, Group, Stress
from fedviz.bench.robust_table import judged, notes, row
from fedviz.core.config import RunConfig


def measure(quick: bool, say: Say, kept: bool = False) -> Result:
    """The stresses over seeds. `quick`: the vignettes with the graph as it is and with half of its triples rewired, two seeds. `kept`: measure nothing, say what was."""
    groups, seeds = (QUICK, QUICK_SEEDS) if quick else (FULL, SEEDS)
    if not kept:
        waiting = [(group, seed) for group in groups for seed in range(seeds) if any(scores(*one, seed) is None for one in _places(group))]
        measure_all(measured, waiting, _words, say)
    rows = [found for task, stresses in groups for stress in stresses for found in _rows(task, stress, seeds)]
    planned = [(task, stress.name, stress.level) for task, stresses in groups for stress in stresses]
    return Result("robust_knowledge", rows, judged(rows), notes(rows, planned, seeds))


def _places(group: Group) -> list[tuple[str, Stress, str]]:
    return [(group[0], stress, way) for stress in group[1] for way in WAYS]


def _words(group: Group) -> str:
    return f"{group[0]} {group[1][-1].name} {', '.join(f'{stress.level:g}' for stress in group[1])}"


def measured(group: Group, seed: int) -> None:
    """All ways under each stress of a group with one seed. What is kept already is not run again."""
    for place in _places(group):
        if scores(*place, seed) is None:
            config = run_config(*place, seed)
            kept_runs.keep(config, list(_run(config)), "stress")


def run_config(task: str, stress: Stress, way: str, seed: int) -> RunConfig:
    """The run of a way under a stress. Text alone is the same run whatever becomes of the graph, so that it is made once."""
    changes = {key: value for key, value in stress.changes.items() if way != TEXT or not key.startswith("graph.")}
    scenario = {"name": task, "labels_per_class": LABELS}
    return RunConfig.parse({"seed": seed, "scenario": scenario, "model": {"name": "minilm", "tuning": "head"}, "knowledge": WAYS[way], "federation": FEDERATION}).updated(changes)


def scores(task: str, stress: Stress, way: str, seed: int) -> Found | None:
    """What is kept of a run; None where nothing is."""
    found = kept_runs.read(run_config(task, stress, way, seed), "stress")
    return Found(*found) if isinstance(found, list) and len(found) == 3 else None


def _rows(task: str, stress: Stress, seeds: int) -> list[dict[str, Any]]:
    """A row for each way, over the seeds with which all of them were run; none where those are fewer than two, which tell no spread."""
    each = [found for seed in range(seeds) if None not in (found := {way: scores(task, stress, way, seed) for way in WAYS}).values()]
    return [row(task, stress, way, [one[way] for one in each], [one[TEXT] for one in each]) for way in WAYS] if len(each) > 1 else []


def _run(config: RunConfig) -> Found:
    import numpy as np
    import torch

    from fedviz.federation.assemble import assemble
    from fedviz.federation.rounds import Hooks, Rounds
    from fedviz.federation.task import EVALUATION_BATCH
    from fedviz.scenarios.stress import unseen_classes

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

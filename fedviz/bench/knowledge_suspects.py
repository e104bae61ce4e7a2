"""Planted wrong labels: how many of a task's suspects were planted, by the graph, by a shuffled graph, and by chance."""

from dataclasses import replace

import numpy as np

from fedviz.bench import knowledge_kept as kept
from fedviz.bench.knowledge_cells import setting_of
from fedviz.core import seeds
from fedviz.core.config import RunConfig
from fedviz.models.selection.suspicion import suspects
from fedviz.scenarios import load as scenarios

SHARE = 0.2
WAYS = ("graph", "shuffled graph", "by chance")


def config_of(task: str, way: str, seed: int) -> RunConfig:
    """The run whose texts and shards are looked at, with all labels. It is never trained."""
    setting = setting_of(task)
    control = {"graph": {"control": "shuffled"}} if way == "shuffled graph" else {}
    return RunConfig.parse({"seed": seed, "scenario": {"name": task}, "model": {"name": setting.model}, "federation": {"clients": setting.clients}, **control})


def precision(task: str, way: str, seed: int) -> float:
    """Share of planted labels among as many suspects as were planted, over all clients; a suspect that is missing counts as wrong. Kept."""
    config = config_of(task, way, seed)
    known = kept.read(config, _name(way))
    if isinstance(known, float):
        return known
    data = scenarios.load(config)
    shards = scenarios.shards(config, data).train
    chance = seeds.generator(seed, "bench", "suspects", task)
    held = np.concatenate(shards)
    planted = chance.choice(held, round(SHARE * len(held)), replace=False)
    labels = np.array(data.train.labels)
    labels[planted] = (labels[planted] + chance.integers(1, len(data.classes), len(planted))) % len(data.classes)
    if way == "by chance":
        named = chance.choice(held, len(planted), replace=False).tolist()
    else:
        noisy = replace(data, train=replace(data.train, labels=labels))
        found = [suspect for client, rows in enumerate(shards) for suspect in suspects(noisy, rows, client)]
        named = [suspect.row for suspect in sorted(found, key=lambda suspect: (-suspect.score, suspect.row))[: len(planted)]]
    share = float(np.isin(planted, named).sum() / len(planted))
    kept.keep(config, share, _name(way))
    return share


def is_kept(task: str, way: str, count: int) -> bool:
    """Whether the first `count` seeds were looked at."""
    return all(isinstance(kept.read(config_of(task, way, seed), _name(way)), float) for seed in range(count))


def _name(way: str) -> str:
    return f"suspects-{way.replace(' ', '-')}"

"""What entities' features add beside the text: text alone, with the features, and with the features of the wrong entities.

Two tasks, and what each can show. *Cars*: 311 car models as products of a graph, each with six measured numbers (vega_datasets); the text is the model's
real name, the class where it was made. *Digits*: 1,797 pictures of scikit-learn as pictures of entities; the text names the entity and nothing else, so that
text alone is at chance by construction: this only shows that the pictures reach the prediction. A linear head on frozen MiniLM and V, trained in one
place; the entities that are tested are never in training. The learning rate was chosen on seeds 100 and 101; those reported count from 0.
"""

import json
import multiprocessing
import os
import statistics
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fedviz.bench.report import Check, Result, Say, at_least, at_most
from fedviz.carriers.fetch import fetch
from fedviz.carriers.store import carrier_path
from fedviz.core import seeds
from fedviz.kg.control import shuffled
from fedviz.kg.features import EntityFeatures
from fedviz.kg.graph import Entity, KnowledgeGraph
from fedviz.models import compute
from fedviz.scenarios.base import Examples, ScenarioData

WAYS: dict[str, dict[str, Any]] = {
    "text alone": {"name": "none"},
    "with features": {"name": "features", "dimensions": 0},
    "features of wrong entities": {"name": "features", "dimensions": 0},
}
LABELS = {"cars": (5, 10, 20), "digits": (5, 20)}
SEEDS = 8
EPOCHS, BATCH, RATE = 40, 16, 0.02
NUMBERS = ("Miles_per_Gallon", "Cylinders", "Displacement", "Horsepower", "Weight_in_lbs", "Acceleration")
ORIGINS = ("USA", "Europe", "Japan")
DIGITS_GAIN, WRONG = 50.0, 2.0


@dataclass(frozen=True)
class Task:
    """Texts with a class each; text i names the entity i of the graph."""

    name: str
    graph: KnowledgeGraph
    texts: tuple[str, ...]
    labels: NDArray[np.int64]
    classes: tuple[str, ...]

    def data(self) -> ScenarioData:
        """As a scenario whose training texts and test texts are all of them: which are used is said at training."""
        rows = Examples(self.texts, self.labels, np.zeros(len(self.texts), np.int64))
        return ScenarioData(self.name, self.classes, ("one party",), rows, rows, self.graph)

    def dealt(self, labels: int, seed: int) -> tuple[list[int], list[int]]:
        """Rows to train with (so many a class) and to test with (all others)."""
        order = seeds.generator(seed, "bench", "features", self.name, labels).permutation(len(self.labels))
        train = [int(row) for label in range(len(self.classes)) for row in [row for row in order if self.labels[row] == label][:labels]]
        return train, sorted(set(map(int, order)) - set(train))


def cars() -> Task:
    """Car models with their first record each. `CarrierError` where the wheel is not fetched."""
    first: dict[str, dict[str, Any]] = {}
    for record in json.loads(carrier_path("cars", "cars.json").read_text(encoding="utf-8")):
        first.setdefault(record["Name"], record)
    names = sorted(first)
    values = np.array([[np.nan if first[name][number] is None else first[name][number] for number in NUMBERS] for name in names], np.float32)
    graph = KnowledgeGraph("cars", "vega_datasets", {name: Entity(name, name) for name in names}, (), EntityFeatures("vector", tuple(names), values, columns=NUMBERS))
    return Task("cars", graph, tuple(names), np.array([ORIGINS.index(first[name]["Origin"]) for name in names]), ORIGINS)


def digits() -> Task:
    """Handwritten digits as pictures of numbered items."""
    from sklearn.datasets import load_digits

    found = load_digits()
    keys = tuple(f"item:{place:04d}" for place in range(len(found.target)))
    pictures = EntityFeatures("picture", keys, found.data / 16, (8, 8))
    graph = KnowledgeGraph("digits", "scikit-learn", {key: Entity(key, key.replace(":", " ")) for key in keys}, (), pictures)
    return Task("digits", graph, tuple(f"{key.replace(':', ' ')} has come in" for key in keys), found.target.astype(np.int64), tuple(map(str, range(10))))


def measure(quick: bool, say: Say) -> Result:
    """Both tasks over seeds, ways and labels a class. `quick`: the cars with ten labels and the digits with five, on five seeds."""
    count = 5 if quick else SEEDS
    rows: list[dict[str, Any]] = []
    fetch(["cars"])
    labels = {"cars": (10,), "digits": (5,)} if quick else LABELS
    with ProcessPoolExecutor(min(2, os.cpu_count() or 1), multiprocessing.get_context("spawn"), compute.take, (1,)) as workers:
        jobs = {(task, way): workers.submit(_seeds, task, way, labels[task], count) for task in labels for way in WAYS}
        for task, wanted in labels.items():
            found = {way: jobs[task, way].result() for way in WAYS}
            for place, number in enumerate(wanted):
                for way in WAYS:
                    values, texts = ([100 * one[place] for one in found[which]] for which in (way, "text alone"))
                    rows.append(row(task, number, way, values, texts))
                    say(" ".join(str(value) for value in rows[-1].values()))
    return Result("features", rows, judged(rows), notes(count))


def _seeds(name: str, way: str, wanted: tuple[int, ...], count: int) -> list[list[float]]:
    """One way of a task over all seeds, in a process of its own: by seed and number of labels."""
    task = cars() if name == "cars" else digits()
    return [_accuracies(task, way, wanted, seed) for seed in range(count)]


def _accuracies(task: Task, way: str, wanted: tuple[int, ...], seed: int) -> list[float]:
    """Accuracy on the entities left out, for each number of labels a class."""
    from fedviz.core.config import RunConfig
    from fedviz.federation.task import FitSettings, evaluate, fit
    from fedviz.models.learner import prepare

    config = RunConfig.parse({"seed": seed, "scenario": {"name": "toy"}, "model": {"name": "minilm", "tuning": "head"}, "knowledge": WAYS[way]})
    data = task.data()
    if way == "features of wrong entities":
        data = replace(data, graph=shuffled(data.graph, seeds.derive(seed, "bench", "features", "shuffled")))
    learner = prepare(config, data)
    accuracies = []
    for labels in wanted:
        train, test = task.dealt(labels, seed)
        learner.load(learner.initial)
        fit(learner, train, FitSettings(EPOCHS, BATCH, RATE), seed)
        accuracies.append(evaluate(learner, test).metrics()["accuracy"])
    return accuracies


def row(task: str, labels: int, way: str, values: list[float], texts: list[float]) -> dict[str, Any]:
    """Mean and standard deviation over seeds, and the gain over text alone seed by seed, in points of accuracy."""
    gains = [value - text for value, text in zip(values, texts, strict=True)]
    first = way == "text alone"
    return {
        "task": task,
        "labels": labels,
        "model": way,
        "accuracy": statistics.mean(values),
        "spread": statistics.stdev(values),
        "gain": None if first else statistics.mean(gains),
        "gain spread": None if first else statistics.stdev(gains),
        "wins": None if first else f"{sum(gain > 0 for gain in gains)}/{len(gains)}",
    }


def judged(rows: list[dict[str, Any]]) -> list[Check]:
    """Pictures must reach the prediction; the features of wrong entities must not help anywhere."""
    gain = {(entry["task"], entry["labels"], entry["model"]): entry["gain"] for entry in rows if entry["gain"] is not None}
    checks = [at_least("digits, 5 labels a class: gain of the pictures", gain["digits", 5, "with features"], DIGITS_GAIN, "points")]
    for (task, labels, way), value in gain.items():
        if way == "features of wrong entities":
            checks.append(at_most(f"{task}, {labels} labels a class: gain of the wrong features", value, WRONG, "points"))
    return checks


def notes(count: int) -> list[str]:
    """What the numbers are, and what they are not."""
    return [
        f"{count} seeds; a linear head on frozen MiniLM and the matrix V over the features, {EPOCHS} epochs of AdamW at {RATE:g}, trained in one place; tested on entities that are not in training.",
        "Cars: real names and real measurements, but products and not components in operation; name and numbers are both about the model, so that much of what the numbers say is in the name already.",
        "Digits: the text says nothing of the class by construction. It shows that the mechanism works, not that pictures help a text.",
        "Means and deviations of the columns are over all entities, those of the test too; labels enter nowhere.",
    ]

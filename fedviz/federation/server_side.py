"""What the server itself holds and can compute, for combinations that ask it: root texts that it trains on, probe texts from the graph."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from fedviz.core import seeds
from fedviz.core.config import RunConfig
from fedviz.core.registry import AGGREGATIONS
from fedviz.federation import task
from fedviz.federation.aggregation.base import Server
from fedviz.federation.beside import Beside
from fedviz.federation.messages import Arrays
from fedviz.federation.probes import settled
from fedviz.federation.task import FitSettings
from fedviz.models.learner import Learner


def judged(config: RunConfig, learner: Learner, beside: Beside) -> Beside:
    """What is beside the clients' texts, with the classes of the probes; `ConfigError` where the graph names none."""
    aggregation = config.federation.aggregation
    wanted = AGGREGATIONS.get(aggregation.name).probes(aggregation)
    if not wanted:
        return beside
    probes, led = settled(learner, beside.probes, beside.led, wanted)
    return replace(beside, probes=probes, led=led)


class TextServer(Server):
    """The server of a run over texts. `learner` is its own; `seed` that of its training."""

    def __init__(self, learner: Learner, beside: Beside, settings: FitSettings, seed: int) -> None:
        self._learner, self._beside, self._settings, self._seed = learner, beside, settings, seed

    def trained(self, old: Arrays, number: int) -> Mapping[str, NDArray[Any]]:
        """Plain training on the root texts, with the clients' settings."""
        self._learner.load(old)
        task.fit(self._learner, self._beside.root, self._settings, seeds.derive(self._seed, number))
        return self._learner.arrays()

    @torch.no_grad()
    def agreement(self, arrays: Arrays, shuffled: bool = False) -> float:
        """The mean over the probes of the probability that the model gives to the class that the graph names."""
        self._learner.load(arrays)
        probes, classes = self._beside.probes, self._beside.led
        if shuffled:
            classes = seeds.generator(self._seed, "shuffled").permutation(classes)
        total = 0.0
        for label in np.unique(classes):  # batches come in an order of their own
            for batch in self._learner.batches("test", probes[classes == label], task.EVALUATION_BATCH):
                total += float(torch.softmax(self._learner.logits(batch).double(), 1)[:, int(label)].sum())
        return total / len(probes)

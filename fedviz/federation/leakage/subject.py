"""The federation's model as attacker and client both have it, and a client that trains it on some texts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from fedviz.core.config import RunConfig
from fedviz.core.seeds import derive, generator
from fedviz.federation import task
from fedviz.federation.task import FitSettings
from fedviz.models.families import Tokens
from fedviz.models.learner import Batch, Classifier, Learner, build_model
from fedviz.scenarios.base import ScenarioData

Arrays = dict[str, NDArray[Any]]
WARM = FitSettings(epochs=30, batch_size=16, learning_rate=5e-3)
WARM_TEXTS = 10


@dataclass(frozen=True, eq=False)
class Subject:
    """A model with one kind of tuning, on one scenario. `weights`: the global model that the server has sent; `special`: token ids that stand in every text."""

    config: RunConfig
    data: ScenarioData
    model: Classifier
    weights: Arrays
    special: frozenset[int]
    total: int
    _tokenize: Any

    def tokens(self, texts: Sequence[str]) -> list[Tokens]:
        """Token ids of texts, as the model reads them."""
        return self._tokenize(list(texts))

    def learner(self, tokens: Sequence[Tokens], labels: Sequence[int], remember: bool = True) -> Learner:
        """The model beside some texts, with the global weights in it. Learners of a subject share the model: use one at a time.

        `remember`: keep what the frozen layers say of the texts in the process's cache; not for a text that somebody types.
        """
        inputs, classes = self.model.encoder.inputs(list(tokens), remember=remember), len(self.data.classes)
        batch = Batch(list(inputs), torch.zeros((len(tokens), 0)), torch.zeros((len(tokens), classes)), torch.tensor(list(labels), dtype=torch.long))
        learner = Learner(self.model, self.data, {"train": batch}, self.total)
        learner.load(self.weights)
        return learner

    def sent(self, tokens: Sequence[Tokens], labels: Sequence[int], settings: FitSettings, seed: int = 0) -> Arrays:
        """The update of a client that holds these texts: its weights after training less the global ones, by name."""
        learner = self.learner(tokens, labels, remember=False)
        task.fit(learner, range(len(labels)), settings, seed)
        return {name: weight.detach().numpy() - self.weights[name] for name, weight in zip(self.weights, learner.parameters(), strict=True)}


def subject(config: RunConfig, data: ScenarioData, head: Mapping[str, NDArray[Any]] | None = None) -> Subject:
    """The subject of a configuration, whose knowledge must be none. `head`: a trained `head.weight` and `head.bias` (None: the zeros of a first round)."""
    config = config.updated({"federation.adapters.name": "fedit"})  # whatever becomes of them, adapters are trained in one way
    model, _, tokenize, total = build_model(config, data.classes, data.graph, data.class_entities)
    weights = {name: weight.detach().numpy().copy() for name, weight in sorted(model.named_parameters()) if weight.requires_grad}
    return Subject(config, data, model, weights | dict(head or {}), frozenset(tokenize([""])[0]), total, tokenize)


def warm_head(config: RunConfig, data: ScenarioData) -> Arrays:
    """A head that a federation has trained for a while: on some texts of each class, chosen by the seed.

    In the first round of a run the head is zero and no gradient reaches the layers below it; an attack that begins later meets a head like this one.
    """
    some = subject(config.updated({"model.tuning": "head"}), data)
    rows = warm_rows(data, config.seed)
    learner = some.learner(some.tokens([data.train.texts[row] for row in rows]), data.train.labels[rows].tolist())
    task.fit(learner, range(len(rows)), WARM, derive(config.seed, "warm"))
    return learner.arrays()


def warm_rows(data: ScenarioData, seed: int) -> NDArray[np.int64]:
    """Rows of the training texts behind `warm_head`: at most ten of each class."""
    order = generator(seed, "leakage", "warm").permutation(len(data.train.labels))
    chosen = [order[data.train.labels[order] == label][:WARM_TEXTS] for label in range(len(data.classes))]
    return np.sort(np.concatenate(chosen))

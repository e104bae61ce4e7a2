"""A small toy experiment for tests of models, training and explanations: seconds in all, no carrier."""

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fedviz.core.config import RunConfig
from fedviz.federation.task import FitSettings, fit
from fedviz.models.learner import Learner, prepare
from fedviz.models.predictor import Predictor
from fedviz.scenarios.load import load

Arrays = dict[str, NDArray[np.float32]]

SCENARIO = {"name": "toy", "train_texts": 48, "test_texts": 24}
SETTINGS = FitSettings(epochs=2, batch_size=8, learning_rate=5e-3)


def config(seed: int = 0, knowledge: Any = "evidence", **model: Any) -> RunConfig:
    """The toy model on the toy scenario, with these model options."""
    return RunConfig.parse({"seed": seed, "scenario": SCENARIO, "model": {"name": "toy", **model}, "knowledge": knowledge})


def learner(some: RunConfig) -> Learner:
    """A fresh learner of a configuration."""
    return prepare(some, load(some))


def trained(some: RunConfig, seed: int = 1, settings: FitSettings = SETTINGS) -> Arrays:
    """Weights after a short training on all training texts."""
    fresh = learner(some)
    fit(fresh, range(fresh.examples("train")), settings, seed)
    return fresh.arrays()


def predictor(some: RunConfig, arrays: Arrays) -> Predictor:
    """A predictor with these weights."""
    data = load(some)
    return Predictor(some, data.classes, data.graph, arrays, data.class_entities)


@lru_cache(maxsize=1)
def trained_predictor() -> Predictor:
    """The default toy after a short training; shared by tests, which only read it."""
    return predictor(config(), trained(config()))


def largest_difference(one: Arrays, other: Arrays) -> float:
    """The greatest absolute difference between two models' weights."""
    assert one.keys() == other.keys()
    return max(float(np.abs(one[name] - other[name]).max()) for name in one)


def same_bits(one: Arrays, other: Arrays) -> bool:
    """Whether two models' weights are equal to the bit."""
    return one.keys() == other.keys() and all(one[name].tobytes() == other[name].tobytes() for name in one)

"""Which weights are trained and travel, and what `load` refuses."""

import numpy as np
import pytest

from fedviz.core.errors import ConfigError, RunError
from fedviz.models.learner import ENCODE, LINK, LOAD, prepare
from fedviz.scenarios.load import load
from tests.models.small import config, learner, same_bits

DIMENSIONS = 96
EVIDENCE = {"name": "evidence", "dimensions": DIMENSIONS}
CLASSES, WIDTH, RANK = 4, 64, 3


def test_only_the_head_travels() -> None:
    some = learner(config(knowledge=EVIDENCE, tuning="head"))
    assert {name: value.shape for name, value in some.arrays().items()} == {
        "graph.weight": (CLASSES, DIMENSIONS), "head.bias": (CLASSES,), "head.weight": (CLASSES, WIDTH),
    }  # fmt: skip
    assert some.trainable_parameters == CLASSES * (WIDTH + 1 + DIMENSIONS)


def test_adapters_of_query_and_value_travel() -> None:
    some = learner(config(knowledge=EVIDENCE, tuning="lora", lora_rank=RANK))
    adapters = {name: value.shape for name, value in some.arrays().items() if name.startswith("encoder.")}
    assert sorted(adapters.values()) == [(RANK, WIDTH)] * 2 + [(WIDTH, RANK)] * 2
    assert all((".query.lora_" in name) or (".value.lora_" in name) for name in adapters)
    assert some.trainable_parameters == CLASSES * (WIDTH + 1 + DIMENSIONS) + 4 * RANK * WIDTH


def test_full_tuning_trains_every_weight() -> None:
    whole, head = (learner(config(knowledge=EVIDENCE, tuning=tuning)) for tuning in ("full", "head"))
    assert whole.trainable_parameters == whole.total_parameters == head.total_parameters


def test_without_knowledge_no_graph_weight_exists() -> None:
    some = learner(config(knowledge="none", tuning="head"))
    assert sorted(some.arrays()) == ["head.bias", "head.weight"]


def test_names_are_sorted_and_arrays_are_copies() -> None:
    some = learner(config())
    arrays = some.arrays()
    assert list(arrays) == sorted(arrays)
    assert all(value.dtype == np.float32 for value in arrays.values())
    for value in arrays.values():
        value += 1
    assert not any(np.array_equal(value, arrays[name]) for name, value in some.arrays().items())


def test_load_takes_what_arrays_gave() -> None:
    some = learner(config())
    wanted = {name: np.random.default_rng(0).standard_normal(value.shape).astype(np.float32) for name, value in some.arrays().items()}
    for value in wanted.values():
        value.setflags(write=False)
    some.load(wanted)
    assert same_bits(some.arrays(), wanted)
    wanted["head.bias"].setflags(write=True)
    wanted["head.bias"][:] = 7
    assert not np.array_equal(some.arrays()["head.bias"], wanted["head.bias"])


def test_load_refuses_foreign_names_and_shapes() -> None:
    some = learner(config(tuning="head"))
    arrays = some.arrays()
    less = {name: value for name, value in arrays.items() if name != "head.bias"}
    for foreign, word in (
        (less, "'head.bias'"),
        (arrays | {"encoder.secret": np.zeros(1, np.float32)}, "'encoder.secret'"),
        (arrays | {"head.bias": np.zeros((CLASSES, 1), np.float32)}, "'head.bias'"),
        ({}, "graph.weight"),
    ):
        with pytest.raises(RunError, match=word):
            some.load(foreign)
    assert same_bits(some.arrays(), arrays)


def test_batches_hold_each_text_once() -> None:
    some = learner(config())
    rows = [5, 3, 40, 8, 21, 0, 17]
    labels = load(config()).train.labels
    for generator in (None, np.random.default_rng(0)):
        batches = list(some.batches("train", rows, 3, generator))
        assert [len(batch.labels) for batch in batches] == [3, 3, 1]
        assert sorted(int(label) for batch in batches for label in batch.labels) == sorted(labels[rows])


def test_preparing_tells_how_far_it_is() -> None:
    told: list[tuple[str, int, int]] = []
    prepare(config(), load(config()), lambda *step: told.append(step))
    assert list(dict.fromkeys(step for step, *_ in told)) == [LOAD, LINK, ENCODE]
    for name in (LOAD, LINK, ENCODE):
        counts = [(done, total) for step, done, total in told if step == name]
        assert counts == sorted(counts) and counts[-1][0] == counts[-1][1]


def test_more_adapter_layers_than_layers_is_one_sentence() -> None:
    with pytest.raises(ConfigError, match=r"at most the model's 2 layers, but got lora_layers=3\.$"):
        learner(config(tuning="lora", lora_layers=3))

"""Class weights: what they are by law, that they are off by default, what passes for them, and that they help a rare class."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from fedviz.core import events as e
from fedviz.core.config import RunConfig
from fedviz.core.errors import ConfigError
from fedviz.federation import task
from fedviz.federation.adversaries.base import Relabelled
from fedviz.federation.assemble import assemble
from fedviz.federation.labels import label_counts
from fedviz.federation.messages import weights_digest
from fedviz.federation.rounds import Hooks, Rounds
from fedviz.models.learner import class_weights
from fedviz.runs.ledger import ledger
from fedviz.runs.run_view import RunView
from fedviz.runs.view import apply_all
from tests.models.small import config as small
from tests.models.small import learner


def config(how: str, **changes) -> RunConfig:
    plain = {"scenario": {"name": "toy", "train_texts": 300, "test_texts": 200}, "model": {"name": "toy"}, "knowledge": "none", "objective": {"name": "classify", "class_weights": how}}
    return RunConfig.parse({**plain, "federation": {"rounds": 6, "clients": 3, "compare": False, "learning_rate": 0.01}}).updated(changes)


def run(experiment):
    events: list[e.Event] = []
    ended = Rounds(experiment, Hooks(emit=events.append)).run()
    return ended.state.arrays, events


def test_weights_have_mean_one_over_the_texts_and_none_for_classes_without() -> None:
    counts = np.array([1, 0, 4, 5])
    weights = class_weights(counts)
    assert weights.tolist() == pytest.approx([10 / 3, 0, 10 / 12, 10 / 15])
    assert (weights * counts).sum() / counts.sum() == pytest.approx(1)
    assert class_weights(np.array([3, 3])).tolist() == [1, 1]
    assert class_weights(np.zeros(2, np.int64)).tolist() == [0, 0]


def rows_of(some, counts: list[int]) -> list[int]:
    labels = next(some.batches("train", range(some.examples("train")), 1000)).labels.numpy()
    rows = next(some.batches("train", range(some.examples("train")), 1000)).rows.numpy()
    return [int(row) for label, count in enumerate(counts) for row in sorted(rows[labels == label])[:count]]


def whole(some, rows: list[int]):
    """The loss of all texts at once, as it is told and as it is minimised, and the gradient of the latter."""
    (batch,) = some.batches("train", rows, 1000)
    told, loss = some.objective(batch)
    return told.item(), loss.item(), [g.clone() for g in torch.autograd.grad(loss, some.parameters(), allow_unused=True) if g is not None]


@pytest.mark.parametrize("bucket", [True, False])
@pytest.mark.parametrize("tuning", ["head", "lora", "full"])
def test_the_weighted_loss_is_that_of_texts_repeated_in_proportion(tuning: str, bucket: bool) -> None:
    """Counts 1, 2 and 4 with the fourth class missing: the texts of the first class four times, those of the second twice."""
    some = learner(small(tuning=tuning, bucket=bucket))
    some.load({name: np.random.default_rng(0).standard_normal(values.shape).astype(np.float32) * 0.05 + values for name, values in some.initial.items()})
    rows = rows_of(some, [1, 2, 4])
    plain, same, _ = whole(some, rows)
    _, repeated, gradients = whole(some, [row for place, row in enumerate(rows) for _ in range((4, 2, 2, 1, 1, 1, 1)[place])])
    assert plain == same
    some.balance()
    some.weigh(rows)
    told, weighted, found = whole(some, rows)
    assert told == plain, "what is told has no weights"
    assert weighted == pytest.approx(repeated, rel=1e-5)
    for one, other in zip(found, gradients, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-3, atol=1e-6)


def test_who_flips_labels_weighs_the_flipped_ones() -> None:
    some = learner(small(tuning="head"))
    some.balance()
    rows = rows_of(some, [1, 2, 4])
    Relabelled(some, lambda labels: (labels + 1) % 4).weigh(rows)
    assert some._class_weights.tolist() == pytest.approx([0, 7 / 3, 7 / 6, 7 / 12])


def test_without_weights_no_bit_changes_and_local_ones_of_a_single_client_are_the_global_ones() -> None:
    changes = {"scenario.train_texts": 50, "scenario.test_texts": 24, "federation.rounds": 1}
    default = RunConfig.parse({key: value for key, value in config("none").to_data().items() if key != "objective"}).updated(changes)
    assert default == config("none", **changes)
    one = {how: weights_digest(run(assemble(config(how, **changes, **{"federation.clients": 1})))[0]) for how in ("none", "local", "global")}
    assert one["local"] == one["global"] != one["none"]


@pytest.mark.slow
@pytest.mark.parametrize("strategy", ["ditto", "pfedme", "scaffold"])
def test_every_training_weighs(strategy: str) -> None:
    changes = {"scenario.train_texts": 48, "scenario.test_texts": 24, "federation.rounds": 2, "federation.optimizer": "sgd", "federation.strategy.name": strategy, "partition.name": "dirichlet", "partition.alpha": 0.3}
    assert weights_digest(run(assemble(config("local", **changes)))[0]) != weights_digest(run(assemble(config("none", **changes)))[0])


def rare(how: str, seed: int):
    """The toy with a tenth of the first class's training texts."""
    experiment = assemble(config(how, seed=seed))
    labels = experiment.data.train.labels
    kept = [np.array(sorted([*rows[labels[rows] != 0], *rows[labels[rows] == 0][: max(1, int((labels[rows] == 0).sum()) // 10)]]), np.int64) for rows in experiment.shards.train]
    experiment = replace(experiment, shards=replace(experiment.shards, train=tuple(kept)))
    if how == "global":
        experiment.learner.balance(label_counts(experiment.config, experiment.data, experiment.shards).sum(0))
    arrays, _ = run(experiment)
    experiment.learner.load(arrays)
    found = task.evaluate(experiment.learner, np.concatenate(experiment.shards.test))
    return found.metrics()["macro_f1"], found.confusion[0, 0] / found.confusion[0].sum()


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, 1])
def test_a_rare_class_is_found_more_often(seed: int) -> None:
    (f1, recall), *others = (rare(how, seed) for how in ("none", "local", "global"))
    for weighted_f1, weighted_recall in others:
        assert weighted_recall > recall + 0.1 and weighted_f1 > f1


def test_global_counts_are_in_the_ledger_and_local_ones_are_nowhere() -> None:
    changes = {"scenario.train_texts": 48, "scenario.test_texts": 24, "federation.rounds": 1, "federation.absent_clients": [2]}
    for how in ("none", "local", "global"):
        experiment = assemble(config(how, **changes))
        events = [event.model_copy(update={"seq": seq}) for seq, event in enumerate(run(experiment)[1], 1)]
        book = ledger(apply_all(RunView.empty(), events), experiment.config)
        about = [(content.direction, content.clients, content.entries[0].shape) for content in book.contents if content.message == "labels"]
        said = [line for seen in book.seen for line in seen.what if "of each class" in line and "training texts" in line]
        assert (about, len(said)) == (([("sent", (0, 1), (4,)), ("received", (0, 1), (4,))], 2) if how == "global" else ([], 0))
        assert all(content.bytes == sum(entry.bytes for entry in content.entries) * content.messages for content in book.contents)
    counts = label_counts(experiment.config, experiment.data, experiment.shards)
    assert counts[2].sum() == 0 and counts.sum() == sum(len(rows) for rows in experiment.shards.train[:2])


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"objective.class_weights": "global", "privacy.name": "central", "federation.weighting": "even"}, "without noise"),
        ({"objective.class_weights": "local", "privacy.name": "example"}, "a single text moves"),
        ({"objective.class_weights": "global", "participation.drift": "stream"}, "counted once"),
    ],
)
def test_what_does_not_fit_is_refused(changes: dict, word: str) -> None:
    with pytest.raises(ConfigError, match=word):
        config("none", **changes)
    config("none", **{"objective.class_weights": "local", "privacy.name": "central", "federation.weighting": "even"})

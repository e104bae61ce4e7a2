"""Local training and evaluation: FedProx's term, sums that add up, metrics, and how training is stopped."""

from collections.abc import Iterator

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays as numpy_arrays
from sklearn.metrics import accuracy_score, f1_score, log_loss

from fedviz.core.seeds import generator
from fedviz.federation.task import Evaluation, FitSettings, evaluate, fit
from fedviz.models.learner import Learner
from fedviz.scenarios.load import load
from tests.models.small import Arrays, config, largest_difference, learner, same_bits

CONFIG = config(tuning="head")
ROWS = (3, 4, 9, 17, 20, 21, 30, 41, 44, 46, 47)
SGD = FitSettings(epochs=3, batch_size=4, learning_rate=0.01, optimizer="sgd")


@pytest.fixture(scope="module")
def prepared() -> Learner:
    return learner(CONFIG)


@pytest.fixture
def fresh(prepared: Learner) -> Iterator[Learner]:
    """A learner whose weights are put back afterwards."""
    before = prepared.arrays()
    yield prepared
    prepared.load(before)


@pytest.fixture(scope="module")
def final(prepared: Learner) -> tuple[Learner, Arrays]:
    """Trained weights, for evaluation."""
    before = prepared.arrays()
    fit(prepared, range(48), FitSettings(epochs=3), 0)
    after = prepared.arrays()
    prepared.load(before)
    return prepared, after


def by_hand(some: Learner, options: FitSettings, seed: int, mu: float | None) -> Arrays:
    """The same training written out: cross-entropy, plus `mu / 2` times the squared distance to the start where `mu` is given."""
    weights = some.parameters()
    anchors = [weight.detach().clone() for weight in weights]
    make = torch.optim.SGD if options.optimizer == "sgd" else lambda w, lr: torch.optim.AdamW(w, lr=lr, weight_decay=0.0)
    optimizer = make(weights, lr=options.learning_rate)
    for epoch in range(options.epochs):
        for batch in some.batches("train", ROWS, options.batch_size, generator(seed, "epoch", epoch)):
            optimizer.zero_grad()
            loss = some.loss(batch)
            if mu is not None:
                loss = loss + mu / 2 * sum((weight - anchor).square().sum() for weight, anchor in zip(weights, anchors, strict=True))
            loss.backward()
            optimizer.step()
    return some.arrays()


def fitted(some: Learner, options: FitSettings, seed: int = 0) -> Arrays:
    """Weights after `fit`; the learner starts and ends with its own."""
    before = some.arrays()
    fit(some, ROWS, options, seed)
    after = some.arrays()
    some.load(before)
    return after


def with_mu(mu: float) -> FitSettings:
    return FitSettings(SGD.epochs, SGD.batch_size, SGD.learning_rate, SGD.optimizer, mu)


@pytest.mark.parametrize("optimizer", ["sgd", "adamw"])
def test_without_mu_it_is_plain_training_to_the_bit(fresh: Learner, optimizer: str) -> None:
    options = FitSettings(2, 4, 0.01, optimizer, 0.0)
    said = fitted(fresh, options)
    assert largest_difference(said, fresh.arrays()) > 1e-3
    assert same_bits(by_hand(fresh, options, 0, None), said)


def test_the_proximal_term_is_that_of_fedprox(fresh: Learner) -> None:
    options = with_mu(5.0)
    said = fitted(fresh, options)
    assert largest_difference(said, fitted(fresh, SGD)) > 1e-4
    assert largest_difference(by_hand(fresh, options, 0, 5.0), said) < 1e-6


def test_the_larger_mu_the_nearer_to_the_start(fresh: Learner) -> None:
    start = fresh.arrays()
    lengths = [
        sum(float(np.square(after[name] - start[name]).sum()) for name in start) ** 0.5
        for after in (fitted(fresh, with_mu(mu)) for mu in (0.0, 1.0, 10.0, 80.0))
    ]
    assert lengths == sorted(lengths, reverse=True)
    assert lengths[-1] < lengths[0] / 3


def test_fit_says_what_it_did(fresh: Learner) -> None:
    told: list[tuple[int, int, int, float]] = []
    result = fit(fresh, ROWS, FitSettings(epochs=2, batch_size=4), 0, lambda *batch: told.append(batch))
    assert [batch[:3] for batch in told] == [(1, 6, 4), (2, 6, 4), (3, 6, 3), (4, 6, 4), (5, 6, 4), (6, 6, 3)]
    assert result.examples == len(ROWS) and result.losses == tuple(loss for *_, loss in told)
    assert result.mean_loss == pytest.approx(np.average(result.losses, weights=[4, 4, 3] * 2))


def test_what_on_batch_raises_ends_the_training(fresh: Learner) -> None:
    class StopError(Exception):
        pass

    steps: list[int] = []

    def stop(step: int, *_: object) -> None:
        steps.append(step)
        if step == 2:
            raise StopError

    with pytest.raises(StopError):
        fit(fresh, ROWS, SGD, 0, stop)
    assert steps == [1, 2]


@settings(max_examples=15, deadline=None)
@given(owner=st.lists(st.integers(0, 3), min_size=24, max_size=24))
def test_evaluations_add_up_over_clients(final: tuple[Learner, Arrays], owner: list[int]) -> None:
    some, weights = final
    some.load(weights)
    whole = evaluate(some, range(24))
    parts = [evaluate(some, [row for row in range(24) if owner[row] == client]) for client in range(4)]
    total = parts[0] + parts[1] + parts[2] + parts[3]
    assert total.examples == whole.examples == 24
    assert np.array_equal(total.confusion, whole.confusion)
    assert total.loss_sum == pytest.approx(whole.loss_sum, rel=1e-6)


def test_evaluation_is_that_of_scikit_learn(final: tuple[Learner, Arrays]) -> None:
    some, weights = final
    some.load(weights)
    for split in ("train", "test"):
        part = getattr(load(CONFIG), split)
        result = evaluate(some, range(len(part)), split)
        batch = next(some.batches(split, range(len(part)), len(part)))
        with torch.no_grad():
            logits = some.logits(batch).double()
        assert np.array_equal(result.confusion.sum(1), np.bincount(part.labels, minlength=4))
        metrics = result.metrics()
        assert metrics["accuracy"] == pytest.approx(accuracy_score(batch.labels, logits.argmax(1)))
        assert metrics["macro_f1"] == pytest.approx(f1_score(batch.labels, logits.argmax(1), average="macro"))
        assert metrics["loss"] == pytest.approx(log_loss(batch.labels, logits.softmax(1), labels=range(4)), rel=1e-5)


@settings(max_examples=25, deadline=None)
@given(confusion=numpy_arrays(np.int64, (4, 4), elements=st.integers(0, 3)))
def test_macro_f1_of_any_confusion_is_scikit_learns(confusion: np.ndarray) -> None:
    rows, columns = np.indices((4, 4))
    truth, answer = (np.repeat(which.ravel(), confusion.ravel()) for which in (rows, columns))
    metrics = Evaluation(int(confusion.sum()), 0.0, confusion).metrics()
    assert metrics["macro_f1"] == pytest.approx(f1_score(truth, answer, average="macro", zero_division=0) if len(truth) else 0.0)
    assert metrics["accuracy"] == pytest.approx(accuracy_score(truth, answer) if len(truth) else 0.0)


def test_no_text_gives_zeros(fresh: Learner) -> None:
    assert evaluate(fresh, []).metrics() == {"loss": 0.0, "accuracy": 0.0, "macro_f1": 0.0}
    before = fresh.arrays()
    assert fit(fresh, [], FitSettings(), 0).losses == ()
    assert same_bits(fresh.arrays(), before)

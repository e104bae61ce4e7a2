"""What the graph adds to the loss: nothing where nobody asks, the stated divergence where somebody does, and less of it while the model is young."""

import numpy as np
import pytest
import torch

from fedviz.core.config import RunConfig
from fedviz.core.errors import ConfigError
from fedviz.core.registry import LOSSES
from fedviz.models.learner import Learner
from tests.models.small import config, learner, same_bits, trained


def guided(tuning: str = "head", knowledge: str = "none", **terms: dict) -> RunConfig:
    """The toy with these terms in its loss."""
    return config(knowledge=knowledge, tuning=tuning).updated({f"guidance.{term}.{key}": value for term, options in terms.items() for key, value in options.items()})


def added(some: Learner, number: int = 0) -> float:
    """What the graph adds to the loss of the first texts in a round."""
    some.round = number
    batch = next(some.batches("train", range(16), 16))
    with torch.no_grad():
        told, whole = some.objective(batch)
    assert told == some.loss(batch)
    return float(whole - told)


def test_without_weight_the_training_is_the_same_to_the_bit() -> None:
    assert same_bits(trained(guided()), trained(guided(consistency={"weight": 0.0, "sharpness": 7.0})))


@pytest.mark.parametrize("term", LOSSES.names())
def test_a_term_is_as_large_as_its_weight_and_grows_over_the_warmup(term: str) -> None:
    whole, half = (added(learner(guided("lora", **{term: {"weight": weight}}))) for weight in (2.0, 1.0))
    assert whole > 0
    assert half == pytest.approx(whole / 2, rel=1e-4)
    young = learner(guided("lora", **{term: {"weight": 2.0, "warmup": 4}}))
    assert added(young, 1) == pytest.approx(whole / 4, rel=1e-4)
    assert added(young, 4) == added(young, 9) == added(young) == pytest.approx(whole, rel=1e-6)


@pytest.mark.parametrize("term", LOSSES.names())
def test_training_with_a_term_repeats_to_the_bit_and_differs_from_plain_training(term: str) -> None:
    some = guided("lora", **{term: {"weight": 1.0}})
    first, plain = trained(some), trained(guided("lora"))
    assert same_bits(first, trained(some))
    assert set(plain) <= set(first)
    assert any(not np.array_equal(first[name], plain[name]) for name in plain)


def test_consistency_is_the_divergence_from_the_graphs_prior() -> None:
    some = learner(guided(consistency={"weight": 1.0, "sharpness": 3.0}))
    priors = torch.from_numpy(learner(config(knowledge={"name": "evidence", "beta": 3.0})).evidence("train", range(16)).copy())
    batch = next(some.batches("train", range(16), 16))
    order = [int(row) for row in batch.rows]
    said = priors[order].abs().sum(1) > 0
    uniform = torch.full_like(priors, 1 / priors.shape[1])
    expected = torch.nn.functional.kl_div(uniform.log(), priors[order].softmax(1), reduction="none").sum(1)[said].sum() / len(order)
    assert 0 < said.sum() <= len(order)
    assert added(some) == pytest.approx(float(expected), rel=1e-5)


def test_a_term_that_acts_on_the_encoder_alone_is_refused_where_only_the_head_is_trained() -> None:
    for term in LOSSES:
        if term.needs_layers:
            with pytest.raises(ConfigError, match="model.tuning"):
                guided("head", **{term.name: {"weight": 1.0}})

"""The algorithms, run through the real clients and the real loop, reach what can be written down for quadratic losses."""

from typing import Any

import numpy as np
import pytest

from fedviz.bench.quadratics import Quadratics, quadratics
from fedviz.core.errors import ConfigError
from fedviz.core.registry import STRATEGIES
from fedviz.federation import messages
from fedviz.federation.rounds import Hooks, Rounds

MENDING = ["scaffold", {"name": "feddyn", "alpha": 1.0}]
"""Strategies that undo the clients' disagreement altogether."""


def steps(experiment: Quadratics) -> np.ndarray:
    return np.array(experiment.examples) * experiment.config.federation.local_epochs


def kept(experiment: Quadratics) -> np.ndarray:
    """What a client's distance to its own optimum is multiplied by in a round of plain SGD."""
    return (1 - experiment.config.federation.learning_rate * experiment.curvatures) ** steps(experiment)


def balance(shares: np.ndarray, optima: np.ndarray) -> np.ndarray:
    return shares @ optima / shares.sum()


@pytest.mark.parametrize("weighting", ["examples", pytest.param("even", marks=pytest.mark.slow)])
def test_fedavg_stops_where_the_local_steps_balance_and_not_at_the_minimum(weighting: str) -> None:
    experiment = quadratics("fedavg", 40, rate=0.2, weighting=weighting)
    reached = experiment.run().arrays["w"]
    np.testing.assert_allclose(reached, balance(experiment.weights() * (1 - kept(experiment)), experiment.optima), atol=1e-10)
    assert np.linalg.norm(reached - experiment.optimum()) > 0.01


@pytest.mark.parametrize("weighting", ["examples", pytest.param("even", marks=pytest.mark.slow)])
@pytest.mark.parametrize("strategy", MENDING)
def test_scaffold_and_feddyn_reach_the_minimum_of_the_whole_loss(strategy: Any, weighting: str) -> None:
    experiment = quadratics(strategy, 50, rate=0.3, weighting=weighting)
    np.testing.assert_allclose(experiment.run().arrays["w"], experiment.optimum(), atol=1e-8)


@pytest.mark.slow
def test_scaffold_reaches_it_with_some_of_the_clients_in_a_round() -> None:
    experiment = quadratics("scaffold", 70, rate=0.2, fraction=0.5, weighting="even")
    np.testing.assert_allclose(experiment.run().arrays["w"], experiment.optimum(), atol=1e-8)
    plain = quadratics("fedavg", 70, rate=0.2, fraction=0.5, weighting="even")
    assert np.linalg.norm(plain.run().arrays["w"] - plain.optimum()) > 1e-2


@pytest.mark.slow
def test_a_client_that_never_trains_takes_no_part_in_what_the_others_reach() -> None:
    for strategy in MENDING:
        experiment = quadratics(strategy, 50, rate=0.3, weighting="even", absent_clients=[1])
        there = np.array([1.0, 0.0, 1.0, 1.0]) * experiment.curvatures
        np.testing.assert_allclose(experiment.run().arrays["w"], balance(there, experiment.optima), atol=1e-8)


def test_fednova_is_its_formula_and_forgets_how_many_steps_each_client_took() -> None:
    experiment = quadratics("fednova", 60, rate=0.2)
    directions = experiment.weights() * (1 - kept(experiment)) / steps(experiment)
    reached = experiment.run().arrays["w"]
    np.testing.assert_allclose(reached, balance(directions, experiment.optima), atol=1e-10)
    averaged = balance(experiment.weights() * (1 - kept(experiment)), experiment.optima)  # where FedAvg stops
    assert np.linalg.norm(reached - experiment.optimum()) < np.linalg.norm(averaged - experiment.optimum()) / 2


def test_fednova_with_equal_steps_is_fedavg() -> None:
    a, b = (quadratics(strategy, 5, even_steps=True).run().arrays["w"] for strategy in ("fednova", "fedavg"))
    np.testing.assert_allclose(a, b, atol=1e-14)


def test_fedsgd_is_gradient_descent_on_everybody_s_loss() -> None:
    experiment = quadratics("fedsgd", 7, local_epochs=3)
    w = np.zeros(5)
    for _ in range(7):
        w = w - 0.1 * (experiment.weights() * experiment.curvatures) @ (w - experiment.optima)
    np.testing.assert_allclose(experiment.run().arrays["w"], w, atol=1e-13)


def test_fedavgm_is_its_formula_and_without_momentum_fedavg() -> None:
    experiment = quadratics({"name": "fedavgm", "server_rate": 0.5, "momentum": 0.8}, 6)
    w, v = np.zeros(5), np.zeros(5)
    for _ in range(6):
        mean = experiment.weights() @ (experiment.optima + kept(experiment)[:, None] * (w - experiment.optima))
        v = 0.8 * v + mean - w
        w = w + 0.5 * v
    np.testing.assert_allclose(experiment.run().arrays["w"], w, atol=1e-12)
    plain = [messages.weights_digest(quadratics(s, 4).run().arrays) for s in ("fedavg", {"name": "fedavgm", "server_rate": 1.0, "momentum": 0.0})]
    assert plain[0] == plain[1]


def test_q_ffl_is_its_algorithm_and_without_q_the_even_mean() -> None:
    rate, q = 0.05, 1.5
    experiment = quadratics({"name": "q-ffl", "q": q}, 4, rate=rate)
    w = np.zeros(5)
    for _ in range(4):
        losses = experiment.curvatures / 2 * np.square(w - experiment.optima).sum(1)
        moved = (w - experiment.optima) * (1 - kept(experiment))[:, None] / rate
        denominators = q * losses ** (q - 1) * np.square(moved).sum(1) + losses**q / rate
        w = w - (losses**q) @ moved / denominators.sum()
    np.testing.assert_allclose(experiment.run().arrays["w"], w, atol=1e-10)
    even = quadratics("fedavg", 3, weighting="even").run().arrays["w"]
    np.testing.assert_allclose(quadratics({"name": "q-ffl", "q": 0.0}, 3).run().arrays["w"], even, atol=1e-13)


@pytest.mark.slow
def test_more_q_serves_the_worst_client_better() -> None:
    worst = []
    for q in (0.0, 1.0, 5.0):
        experiment = quadratics({"name": "q-ffl", "q": q}, 25)
        worst.append((experiment.curvatures / 2 * np.square(experiment.run().arrays["w"] - experiment.optima).sum(1)).max())
    assert worst[0] > worst[1] > worst[2]


@pytest.mark.parametrize("name", STRATEGIES.names())
def test_every_strategy_repeats_resumes_and_bears_a_client_that_fails(name: str) -> None:
    """To the bit: a second run; one that stops after two rounds and goes on in a new loop; and a client that fails in every round."""
    options = {"fraction": 0.75, "faulty_clients": [2]}
    straight = quadratics(name, 4, **options)
    states = []
    Rounds(straight, Hooks(save=states.append)).run()  # type: ignore[arg-type]
    digests = {messages.weights_digest(state.arrays) for state in (states[-1], straight.run(), straight.run(states[2]))}
    assert len(digests) == 1 and states[2].round == 2
    assert np.isfinite(states[-1].arrays["w"]).all() and np.abs(states[-1].arrays["w"]).max() > 0


@pytest.mark.parametrize("name", [name for name in STRATEGIES.names() if STRATEGIES.get(name).plain_sgd])
def test_a_rule_of_plain_gradient_steps_refuses_adam(name: str) -> None:
    with pytest.raises(ConfigError, match="optimizer.* must be sgd"):
        quadratics(name, 1, optimizer="adamw")

"""Client-level differential privacy: what a client can move, how much noise there is, and what the accounts say."""

import math
from typing import Any

import dp_accounting as dp
import numpy as np
import pytest
from dp_accounting import pld, rdp

from fedviz.bench.quadratics import Quadratics, quadratics
from fedviz.core import events as e
from fedviz.core.config import RunConfig
from fedviz.core.errors import ConfigError
from fedviz.core.registry import AGGREGATIONS, STRATEGIES
from fedviz.core.types import PrivacySpent
from fedviz.federation import messages
from fedviz.federation.privacy import accounting
from fedviz.federation.privacy.central import CENTRAL, CentralOptions
from fedviz.federation.rounds import Hooks, Rounds
from fedviz.runs.estimate import estimate

PRIVATE = [name for name in STRATEGIES.names() if STRATEGIES.get(name).private]


def private(strategy: Any = "fedavg", rounds: int = 3, privacy: dict[str, Any] | None = None, **options: Any) -> Quadratics:
    return quadratics(strategy, rounds, privacy={"name": "central", **(privacy or {})}, **{"weighting": "even", **options})


def told(experiment: Quadratics) -> list[PrivacySpent]:
    """What each round said about privacy."""
    events: list[e.Event] = []
    Rounds(experiment, Hooks(emit=events.append)).run()  # type: ignore[arg-type]
    return [event.privacy for event in events if isinstance(event, e.RoundAggregated) and event.privacy is not None]


def least(found: accounting.Epsilons | None) -> float:
    """The bound that holds."""
    assert found is not None
    return min(found.rdp, found.pld)


def combined(options: dict[str, Any], models: dict[int, np.ndarray], drawn: int = 8, dtype: Any = np.float64) -> np.ndarray:
    """The next model after the zero model, from models by client."""
    config = private(rounds=1, clients=drawn).config
    aggregator = CENTRAL.build(CentralOptions(**options), config.federation, 5).aggregator(1)  # type: ignore[union-attr]
    aggregator.begin({"w": np.zeros(3, dtype)})
    for client, model in models.items():
        aggregator.add(client, {"w": model.astype(dtype)}, 1.0)
    return aggregator.result().arrays["w"]


def test_the_library_reproduces_the_known_example() -> None:
    """60 epochs of batches of 256 of 60,000 at noise 1.12 and delta 1e-5, drawn by Poisson."""
    event = dp.PoissonSampledDpEvent(256 / 60_000, dp.GaussianDpEvent(1.12))
    for accountant, epsilon in ((rdp.RdpAccountant(), 2.519), (pld.PLDAccountant(), 2.310)):
        accountant.compose(event, 60 * 60_000 // 256)
        assert accountant.get_epsilon(1e-5) == pytest.approx(epsilon, abs=0.01)


def test_accounts_are_for_a_replaced_client_whose_update_moves_the_sum_by_two_norms() -> None:
    """The library doubles the sensitivity by itself in PLD, and not in RDP: both must come out the same."""
    ours = accounting.spent(5.0, 10, 8, 8, 1e-5)
    theirs = pld.PLDAccountant(dp.NeighboringRelation.REPLACE_ONE)
    theirs.compose(dp.GaussianDpEvent(5.0), 10)
    assert ours is not None and ours.pld == pytest.approx(theirs.get_epsilon(1e-5), abs=1e-3)
    assert ours.pld < ours.rdp < 1.15 * ours.pld


def test_epsilon_grows_with_rounds_and_falls_with_noise_and_with_the_share_that_is_drawn() -> None:
    def best(noise: float, rounds: int, drawn: int) -> float:
        return least(accounting.spent(noise, rounds, drawn, 100, 1e-5))

    for drawn in (10, 100):
        assert best(4, 1, drawn) < best(4, 10, drawn) < best(4, 100, drawn)
        assert best(8, 10, drawn) < best(4, 10, drawn) < best(1, 10, drawn)
    assert best(4, 10, 5) < best(4, 10, 20) < best(4, 10, 100)
    assert accounting.spent(0.0, 1, 8, 8, 1e-5) is None


@pytest.mark.parametrize(("epsilon", "rounds", "drawn", "there"), [(8.0, 10, 8, 8), (1.0, 100, 10, 100), (0.3, 1, 1, 2), (500.0, 1000, 50, 100)])
def test_the_calculator_gives_the_least_noise_to_three_digits(epsilon: float, rounds: int, drawn: int, there: int) -> None:
    noise = accounting.noise_for(epsilon, rounds, drawn, there, 1e-5)
    enough, less = accounting.spent(noise, rounds, drawn, there, 1e-5), accounting.spent(noise * 0.985, rounds, drawn, there, 1e-5)
    assert least(enough) <= epsilon < least(less)


@pytest.mark.parametrize("strategy", PRIVATE)
def test_without_noise_and_with_a_huge_norm_it_is_the_even_mean(strategy: str) -> None:
    plain = quadratics(strategy, 4, weighting="even", fraction=0.75).run().arrays["w"]
    guarded = private(strategy, 4, {"clip_norm": 1e6, "noise_multiplier": 0}, fraction=0.75).run().arrays["w"]
    np.testing.assert_allclose(guarded, plain, rtol=1e-12, atol=1e-14 if strategy != "fedadagrad" else 1e-12)


@pytest.mark.parametrize("other", [1e300, -1e30, 3.0, 0.0, np.nan, np.inf])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_no_client_moves_the_next_model_further_than_two_norms_by_the_number_of_clients(other: float, dtype: Any) -> None:
    rng = np.random.default_rng(1)
    models = {client: rng.standard_normal(3) * 10.0**client for client in range(-3, 5)}
    options = {"clip_norm": 0.7, "noise_multiplier": 0}
    with np.errstate(over="ignore"):
        moved = combined(options, models | {0: np.full(3, other)}, dtype=dtype) - combined(options, models, dtype=dtype)
    assert np.linalg.norm(moved) <= 2 * 0.7 / 8 + 1e-6


def test_a_client_that_fails_is_divided_by_all_the_same() -> None:
    """Otherwise the model would tell how many answered."""
    alone = combined({"clip_norm": 1.0, "noise_multiplier": 0}, {0: np.array([3.0, 0, 0])})
    np.testing.assert_allclose(alone, [1 / 8, 0, 0], atol=1e-15)


@pytest.mark.parametrize("adaptive", [False, True])
def test_the_noise_has_the_stated_deviation(adaptive: bool) -> None:
    """With adaptive clipping the sum gets more, since the count spends a part of z: z_sum = (z^-2 - (2 s)^-2)^-1/2."""
    reached = []
    for noise in (0.0, 3.0):
        experiment = private(rounds=1, privacy={"clip_norm": 0.5, "noise_multiplier": noise, "adaptive": adaptive, "count_noise": 2.0}, dimensions=20_000)
        reached.append(experiment.run().arrays["w"])
    (spent,) = told(experiment)
    noise = reached[1] - reached[0]
    stated = 0.5 / 4 * ((3.0**-2 - 4.0**-2) ** -0.5 if adaptive else 3.0)
    assert spent.noise == pytest.approx(stated)
    assert noise.std() == pytest.approx(stated, rel=0.03) and abs(noise.mean()) < 5 * stated / 20_000**0.5
    assert np.mean(np.abs(noise) < stated) == pytest.approx(math.erf(0.5**0.5), abs=0.02)  # normal, not only as wide


def test_no_noise_is_used_twice() -> None:
    """Two rounds, or two arrays, with the same noise would give it away by their difference."""
    guard = CENTRAL.build(CentralOptions(), private().config.federation, 5)
    assert guard is not None
    drawn = []
    for number in (1, 2):
        aggregator = guard.aggregator(number)
        aggregator.begin({name: np.zeros(500) for name in ("a", "b")})
        aggregator.add(0, {name: np.zeros(500) for name in ("a", "b")}, 1.0)
        drawn += list(aggregator.result().arrays.values())
    assert np.abs(np.corrcoef(drawn) - np.eye(4)).max() < 0.2


def test_adaptive_clipping_finds_the_quantile_of_fixed_norms() -> None:
    config = private(clients=50).config
    options = CentralOptions(clip_norm=30.0, noise_multiplier=0.0, adaptive=True, quantile=0.8)
    guard = CENTRAL.build(options, config.federation, 5)
    assert guard is not None
    norms = np.arange(1, 51) / 10
    for number in range(1, 200):
        aggregator = guard.aggregator(number)
        aggregator.begin({"w": np.zeros(1)})
        for client, norm in enumerate(norms):
            aggregator.add(client, {"w": np.array([norm])}, 1.0)
        aggregator.result()
    assert guard.spent(200).clip_norm == pytest.approx(4.0, abs=0.11)
    assert guard.spent(200).clipped == pytest.approx(0.2, abs=0.03)


@pytest.mark.slow
@pytest.mark.parametrize("strategy", ["fedavg", "fedadam", "fedavgm"])
def test_it_repeats_and_resumes_to_the_bit_and_another_seed_has_other_noise(strategy: str) -> None:
    experiment = private(strategy, 4, {"adaptive": True}, fraction=0.75, faulty_clients=[2])
    states = []
    Rounds(experiment, Hooks(save=states.append)).run()  # type: ignore[arg-type]
    digests = {messages.weights_digest(state.arrays) for state in (states[-1], experiment.run(), experiment.run(states[2]))}
    assert len(digests) == 1 and states[2].round == 2
    assert states[2].strategy["privacy/clip"] != states[4].strategy["privacy/clip"]
    other = Quadratics(experiment.config.updated({"seed": 1, "federation.fraction": 1.0}), experiment.optima, experiment.curvatures, experiment.examples)
    same = Quadratics(experiment.config.updated({"federation.fraction": 1.0}), experiment.optima, experiment.curvatures, experiment.examples)
    assert not np.array_equal(other.run().arrays["w"], same.run().arrays["w"])


def test_each_round_says_what_it_spent() -> None:
    rounds = told(private(rounds=3, privacy={"clip_norm": 0.01, "noise_multiplier": 2.0, "delta": 1e-4}, fraction=0.5))
    expected = accounting.spent(2.0, 3, 2, 4, 1e-4)
    assert expected is not None and (rounds[-1].rdp, rounds[-1].pld) == (expected.rdp, expected.pld)
    assert [entry.clipped for entry in rounds] == [1.0] * 3 and {entry.clip_norm for entry in rounds} == {0.01}
    assert rounds[0].pld < rounds[1].pld < rounds[2].pld  # type: ignore[operator]
    assert told(private(rounds=1, privacy={"noise_multiplier": 0}))[0].rdp is None
    assert told(quadratics("fedavg", 1)) == []


def test_what_a_run_will_spend_is_told_before_it_starts() -> None:
    config = RunConfig.parse({"scenario": "toy", "model": "toy", "federation": {"weighting": "even", "rounds": 7}, "privacy": {"name": "central"}})
    told = estimate(config)
    assert told.epsilon == least(accounting.spent(1.0, 7, 8, 8, 1e-5))
    assert told.noise == pytest.approx(1 / 8 * told.trainable_parameters**0.5)
    assert estimate(config.updated({"privacy.name": "none"})).epsilon is None


@pytest.mark.parametrize("options", [
    {"secure_aggregation": True},
    {"weighting": "examples"},
    *({"aggregation": name, "clients": 20} for name in AGGREGATIONS.names() if name != "mean"),
    *({"strategy": name} for name in STRATEGIES.names() if name not in PRIVATE),
    {"privacy": {"adaptive": True, "noise_multiplier": 2.0, "count_noise": 1.0}},
    {"privacy": {"delta": 0.01}},
])  # fmt: skip
def test_what_would_make_the_accounts_false_is_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match=r"^`[a-z_.]+`.* must .* but .*[a-z0-9)]\.$"):
        private(**options)


def test_old_configurations_keep_no_privacy() -> None:
    assert RunConfig.parse({"scenario": "toy", "model": "toy"}).privacy.name == "none"
    assert set(PRIVATE) >= {"fedavg", "fedprox", "fedadam"} and not set(PRIVATE) & {"scaffold", "fednova", "feddyn", "q-ffl"}


def test_a_private_run_that_stopped_before_its_first_round_goes_on() -> None:
    experiment = private()
    states = []
    straight = Rounds(experiment, Hooks(save=states.append)).run().state  # type: ignore[arg-type]
    again = Rounds(experiment, Hooks(), states[0]).run().state  # type: ignore[arg-type]
    assert states[0].round == 0 and messages.weights_digest(again.arrays) == messages.weights_digest(straight.arrays)


def test_any_noise_on_few_clients_leaves_a_clip_norm_that_is_a_number() -> None:
    for noise in (1000.0, 1e-200):
        experiment = private(privacy={"adaptive": True, "noise_multiplier": noise, "clip_rate": 2.0}, clients=2, rounds=12)
        assert np.isfinite(experiment.run().arrays["w"]).all()

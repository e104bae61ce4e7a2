"""Laws of the strategies, on clients whose optima are known."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fedviz.core import events as e
from fedviz.core.config import FederationConfig
from fedviz.core.registry import STRATEGIES
from fedviz.federation import messages
from fedviz.federation.aggregation.base import as_type
from fedviz.federation.aggregation.mean import WeightedMean
from fedviz.federation.rounds import Hooks, Rounds
from fedviz.federation.strategies.server_sgd import step
from tests.federation.fakes import Quadratic, config


def run(strategy: Any, rounds: int = 3, **federation: Any) -> dict[str, np.ndarray]:
    experiment = Quadratic(config(rounds=rounds, clients=4, strategy=strategy, **federation), steps=2)
    return Rounds(experiment, Hooks()).run().state.arrays


def reference(update, rounds: int = 3, weighting: str = "examples") -> dict[str, np.ndarray]:
    """The same federation in plain NumPy; `update(round, old, mean)` is the server's rule."""
    experiment = Quadratic(config(rounds=rounds, clients=4), steps=2)
    weights = np.array([experiment.examples(k) if weighting == "examples" else 1 for k in range(4)], float)
    old = {name: values.astype(np.float64) for name, values in experiment.initial.items()}
    for number in range(1, rounds + 1):
        ends = []
        for k in range(4):
            optimum = experiment.optimum(k)
            ends.append({name: optimum[name] + (values - optimum[name]) * 0.25 for name, values in old.items()})
        mean = {name: sum(w * end[name] for w, end in zip(weights, ends, strict=True)) / weights.sum() for name in old}
        old = {name: update(number, name, old[name], mean[name]) for name in old}
    return old


def close(mine: dict[str, np.ndarray], other: dict[str, np.ndarray], tolerance: float = 1e-5) -> None:
    for name in other:
        np.testing.assert_allclose(mine[name], other[name], rtol=tolerance, atol=tolerance)
        assert mine[name].dtype == np.float32


@pytest.mark.parametrize("weighting", ["examples", "even"])
def test_fedavg_is_the_weighted_mean(weighting: str) -> None:
    close(run("fedavg", weighting=weighting), reference(lambda number, name, old, mean: mean, weighting=weighting))


def test_fedprox_with_mu_0_is_fedavg_to_the_bit() -> None:
    assert messages.weights_digest(run({"name": "fedprox", "mu": 0.0})) == messages.weights_digest(run("fedavg"))
    assert messages.weights_digest(run({"name": "fedprox", "mu": 0.3})) != messages.weights_digest(run("fedavg"))


def test_server_sgd_with_rate_1_is_fedavg_to_the_bit() -> None:
    assert messages.weights_digest(run({"name": "fedopt-sgd", "server_rate": 1.0})) == messages.weights_digest(run("fedavg"))
    close(run({"name": "fedopt-sgd", "server_rate": 0.5}), reference(lambda number, name, old, mean: 0.5 * old + 0.5 * mean))


@given(values=st.lists(st.floats(width=32, allow_nan=False), min_size=1, max_size=8))
def test_a_step_of_rate_1_keeps_every_bit(values: list[float]) -> None:
    mean = np.array(values, np.float32)
    assert step(np.ones_like(mean), mean, 1.0).tobytes() == mean.tobytes()


def moments(beta_1: float, second):
    """Algorithm 2 of Reddi et al. in NumPy, with rate 0.1 and tau 0.01: `second(v, delta)` is its second moment, which begins at tau squared."""
    m: dict[str, np.ndarray] = {}
    v: dict[str, np.ndarray] = {}

    def update(number: int, name: str, old: np.ndarray, mean: np.ndarray) -> np.ndarray:
        delta = mean - old
        m[name] = beta_1 * m.get(name, 0.0) + (1 - beta_1) * delta
        v[name] = second(v.get(name, np.full_like(delta, 1e-4)), delta)
        return old + 0.1 * m[name] / (np.sqrt(v[name]) + 1e-2)

    return update


def test_fedadam_is_its_formula() -> None:
    strategy = {"name": "fedadam", "server_rate": 0.1, "beta_1": 0.9, "beta_2": 0.99, "tau": 1e-2}
    close(run(strategy, 4), reference(moments(0.9, lambda v, d: 0.99 * v + 0.01 * d**2), 4))


def test_fedyogi_and_fedadagrad_are_their_formulas() -> None:
    yogi = {"name": "fedyogi", "server_rate": 0.1, "beta_1": 0.9, "beta_2": 0.99, "tau": 1e-2}
    close(run(yogi, 4), reference(moments(0.9, lambda v, d: v - 0.01 * d**2 * np.sign(v - d**2)), 4))
    adagrad = {"name": "fedadagrad", "server_rate": 0.1, "tau": 1e-2}
    close(run(adagrad, 4), reference(moments(0.0, lambda v, d: v + d**2), 4))


@settings(max_examples=40, deadline=None)
@given(data=st.data(), clients=st.integers(1, 6))
def test_the_streaming_mean_is_numpys(data: st.DataObject, clients: int) -> None:
    seed = data.draw(st.integers(0, 2**32 - 1))
    rng = np.random.default_rng(seed)
    models = [{"w": rng.standard_normal((3, 2)).astype(np.float32), "n": rng.integers(0, 100, 4)} for _ in range(clients)]
    weights = rng.integers(1, 50, clients)
    mean = WeightedMean()
    for client, (model, weight) in enumerate(zip(models, weights, strict=True)):
        mean.add(client, model, float(weight))
    result = mean.result().arrays
    np.testing.assert_allclose(result["w"], np.average([m["w"].astype(float) for m in models], axis=0, weights=weights), rtol=1e-6, atol=1e-7)
    assert result["w"].dtype == np.float32
    assert result["n"].dtype == models[0]["n"].dtype
    assert result["n"].tolist() == np.rint(np.average([m["n"] for m in models], axis=0, weights=weights)).tolist()


def test_one_model_is_its_own_mean_to_the_bit() -> None:
    model = {"w": np.random.default_rng(0).standard_normal(1000).astype(np.float32)}
    mean = WeightedMean()
    mean.add(0, model, 1.0)
    assert mean.result().arrays["w"].tobytes() == model["w"].tobytes()


def test_other_shapes_are_refused() -> None:
    mean = WeightedMean()
    mean.add(0, {"w": np.zeros(3)}, 1)
    for other in ({"w": np.zeros(4)}, {"v": np.zeros(3)}):
        with pytest.raises(ValueError, match="same arrays"):
            mean.add(1, other, 1)


def test_integers_keep_their_type_through_every_strategy() -> None:
    assert as_type(np.array([1.5, 2.4]), np.dtype(np.int64)).tolist() == [2, 2]
    assert as_type(np.array([1.5]), np.dtype(np.float32)).dtype == np.float32


@pytest.mark.parametrize("name", STRATEGIES.names())
def test_memories_of_a_strategy_come_back(name: str) -> None:
    """Two rounds, state out and in, one round more: the same bits as three rounds."""
    experiment = Quadratic(config(rounds=3, clients=3, strategy=name, optimizer="sgd"))
    straight = Rounds(experiment, Hooks()).run().state
    states = []
    Rounds(experiment, Hooks(save=states.append)).run()
    again = Rounds(experiment, Hooks(), states[2]).run().state
    assert messages.weights_digest(again.arrays) == messages.weights_digest(straight.arrays)


@pytest.mark.parametrize("name", STRATEGIES.names())
def test_replies_in_any_order_give_the_same_bits(name: str) -> None:
    experiment = Quadratic(config(clients=5, strategy=name, optimizer="sgd"))
    digests = set()
    for order in (1, -1):
        strategy = experiment.strategy()
        rounds = Rounds(experiment, Hooks())
        record = messages.array_record(experiment.initial)
        orders = strategy.configure_train(1, record, messages.settings_record(rounds.settings), rounds.grid)
        replies = list(rounds.grid.send_and_receive(orders))[::order]
        digests.add(messages.weights_digest(messages.arrays_of(strategy.aggregate_train(1, replies)[0])))
    assert len(digests) == 1


@given(fraction=st.floats(0.01, 1), clients=st.integers(1, 30), seed=st.integers(0, 1000), number=st.integers(1, 50))
@settings(max_examples=60, deadline=None)
def test_sampling_repeats_and_leaves_the_absent_out(fraction: float, clients: int, seed: int, number: int) -> None:
    absent = tuple(range(0, clients - 1, 3))
    federation = FederationConfig(clients=clients, fraction=fraction, absent_clients=absent)
    entry = STRATEGIES.get("fedavg")
    chosen, again = (entry.build(federation.strategy, federation, seed).participants(number) for _ in range(2))
    assert chosen == again == tuple(sorted(set(chosen)))
    assert not set(chosen) & set(absent)
    assert len(chosen) == max(1, int(fraction * (clients - len(absent)) + 1e-9))


def test_samples_differ_between_rounds() -> None:
    experiment = Quadratic(config(rounds=6, clients=8, fraction=0.25))
    events: list[e.Event] = []
    Rounds(experiment, Hooks(emit=events.append)).run()
    chosen = {event.clients for event in events if isinstance(event, e.RoundStarted)}
    assert all(len(clients) == 2 for clients in chosen) and len(chosen) > 1

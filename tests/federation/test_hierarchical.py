"""Edges and a cloud (HierFAVG), by what can be written down for quadratic losses."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors import safe_open

from fedviz.bench.quadratics import Quadratics, quadratics
from fedviz.core.errors import ConfigError
from fedviz.federation import messages
from fedviz.federation.rounds import Hooks, Rounds, RoundState
from fedviz.runs.states import dump_state, parse_state


def strategy(edges: int = 2, every: int = 3, dealing: str = "neighbours") -> dict[str, Any]:
    return {"name": "hierarchical", "edges": edges, "every": every, "dealing": dealing}


def states(experiment: Quadratics) -> list[RoundState]:
    found: list[RoundState] = []
    Rounds(experiment, Hooks(save=found.append)).run()  # type: ignore[arg-type]
    return found


def edges(state: RoundState) -> list[np.ndarray]:
    """The edges' models after a round, as they are remembered."""
    return [values for name, values in sorted(state.strategy.items()) if name.startswith("models/")]


@pytest.mark.parametrize("dealing", [pytest.param("neighbours", marks=pytest.mark.slow), "drawn"])
def test_a_cloud_average_in_every_round_is_fedavg(dealing: str) -> None:
    """Also where some clients are drawn and one fails; sums in another order differ by the rounding of float64."""
    options = {"clients": 6, "fraction": 0.7, "faulty_clients": [2]}
    expected = quadratics("fedavg", 6, **options).run().arrays["w"]
    reached = quadratics(strategy(edges=3, every=1, dealing=dealing), 6, **options).run().arrays["w"]
    np.testing.assert_allclose(reached, expected, atol=1e-12)


def test_one_edge_is_fedavg_to_the_bit() -> None:
    plain, one = (quadratics(name, 5, fraction=0.75) for name in ("fedavg", strategy(edges=1)))
    assert messages.weights_digest(one.run().arrays) == messages.weights_digest(plain.run().arrays)


def test_it_is_its_formula() -> None:
    experiment = quadratics(strategy(every=3), 8)
    kept = (1 - 0.1 * experiment.curvatures[:, None]) ** np.array(experiment.examples)[:, None]
    weights, own = np.array(experiment.examples, float), np.zeros((2, 5))
    for number, state in enumerate(states(experiment)[1:], 1):
        starts = np.repeat(own, 2, axis=0)
        trained = experiment.optima + kept * (starts - experiment.optima)
        own = np.array([np.average(trained[rows], axis=0, weights=weights[rows]) for rows in (slice(0, 2), slice(2, 4))])
        cloud = np.average(own, axis=0, weights=weights.reshape(2, 2).sum(1))
        np.testing.assert_allclose(state.arrays["w"], cloud, atol=1e-12)
        if number % 3:
            np.testing.assert_allclose(edges(state), own, atol=1e-12)
        else:
            own = np.array([cloud, cloud])
            assert edges(state) == []


@pytest.mark.slow
def test_without_the_cloud_every_edge_stops_where_its_own_clients_balance() -> None:
    experiment = quadratics(strategy(every=1000), 60, rate=0.2)
    moved = experiment.weights() * (1 - (1 - 0.2 * experiment.curvatures) ** np.array(experiment.examples))
    expected = [moved[rows] @ experiment.optima[rows] / moved[rows].sum() for rows in (slice(0, 2), slice(2, 4))]
    np.testing.assert_allclose(edges(states(experiment)[-1]), expected, atol=1e-9)


def test_an_edge_of_which_nobody_answers_keeps_its_model_and_counts_for_nothing() -> None:
    found = states(quadratics(strategy(every=3), 4, faulty_clients=[2, 3]))
    alone = states(quadratics("fedavg", 4, faulty_clients=[2, 3]))
    for state, other in zip(found[1:3], alone[1:3], strict=True):
        first, second = edges(state)
        np.testing.assert_allclose(first, other.arrays["w"], atol=1e-15)
        np.testing.assert_array_equal(second, found[0].arrays["w"])
        np.testing.assert_array_equal(state.arrays["w"], first)
    np.testing.assert_allclose(found[4].arrays["w"], alone[4].arrays["w"], atol=1e-15)


def test_a_round_of_clients_without_texts_changes_nothing() -> None:
    experiment = replace(quadratics(strategy(every=3), 8, fraction=0.5), examples=(5, 0, 3, 0))
    drawn = [experiment.strategy().participants(number) for number in range(9)]
    found, idle = states(experiment), [number for number in range(2, 9) if drawn[number] == (1, 3)]
    assert {number % 3 for number in idle} == {0, 2}, "one of them ends with a cloud average, one comes between two"
    for number in idle:
        np.testing.assert_array_equal(found[number].arrays["w"], found[number - 1].arrays["w"])


def test_clients_start_from_their_edge_s_model_and_all_from_the_cloud_s() -> None:
    experiment = quadratics(strategy(every=2), 3)
    rounds = Rounds(experiment, Hooks())  # type: ignore[arg-type]
    sent: list[list[bytes]] = []
    ask = rounds.grid.send_and_receive

    def heard(orders: Any) -> Any:
        orders = list(orders)
        if orders[0].metadata.message_type == messages.TRAIN:
            sent.append([messages.read_train(order).arrays["w"].tobytes() for order in orders])
        return ask(orders)

    rounds.grid.send_and_receive = heard  # type: ignore[method-assign]
    rounds.run()
    assert [len(set(models)) for models in sent] == [1, 2, 1]
    assert sent[1][0] == sent[1][1] != sent[1][2] == sent[1][3]


@pytest.mark.parametrize("stop", [2, pytest.param(3, marks=pytest.mark.slow)])
def test_a_resumed_run_has_the_same_edges(stop: int, tmp_path: Path) -> None:
    """Stopped between two cloud averages, and right after one, with the state written to a file and read again."""
    experiment = quadratics(strategy(every=3, dealing="drawn"), 5, fraction=0.75)
    straight = states(experiment)
    (tmp_path / "state").write_bytes(dump_state(straight[stop]))
    with safe_open(tmp_path / "state", "np") as file:
        kept = parse_state(json.loads(file.metadata()["state"]), {name: file.get_tensor(name) for name in file.keys()})  # noqa: SIM118 - no mapping
    resumed = experiment.run(kept)
    assert messages.weights_digest(resumed.arrays) == messages.weights_digest(straight[-1].arrays)
    assert messages.weights_digest(resumed.strategy) == messages.weights_digest(straight[-1].strategy)


def test_groups_are_as_equal_as_can_be_and_the_seed_draws_them() -> None:
    dealt = {}
    for dealing in ("neighbours", "drawn"):
        rounds = Rounds(quadratics(strategy(edges=3, dealing=dealing), 1, clients=8), Hooks())  # type: ignore[arg-type]
        dealt[dealing] = rounds.strategy.edge_of  # type: ignore[attr-defined]
        assert sorted(np.bincount(dealt[dealing]).tolist()) == [2, 3, 3]
    assert dealt["neighbours"] == (0, 0, 0, 1, 1, 1, 2, 2) != dealt["drawn"]


@pytest.mark.parametrize(("options", "reason"), [
    ({"strategy": strategy(edges=5)}, "edges` must be at most the number of clients, 4, but got edges=5"),
    ({"strategy": strategy(), "aggregation": "median"}, "aggregation` must be mean"),
    ({"strategy": strategy(), "privacy": "central", "weighting": "even"}, "every edge has a mean of its own"),
    ({"strategy": strategy(), "secure_aggregation": True}, "sum of the updates is enough"),
])  # fmt: skip
def test_what_makes_no_sense_is_refused_with_the_reason(options: dict[str, Any], reason: str) -> None:
    with pytest.raises(ConfigError, match=reason):
        quadratics(options.pop("strategy"), 1, **options)

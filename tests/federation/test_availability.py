"""Who is there: as often as said, in the blocks that were said, and with the bias that was said."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fedviz.bench.quadratics import quadratics
from fedviz.core.errors import ConfigError
from fedviz.core.registry import AVAILABILITY
from fedviz.federation import messages
from fedviz.federation.fleet import Fleet
from fedviz.federation.rounds import Hooks, Rounds
from fedviz.federation.traffic import Traffic

SOME = [{"name": "random", "probability": 0.5}, {"name": "diurnal", "period": 4, "awake": 0.3}, {"name": "data", "strength": 1.0}]
UNEVEN = np.array([[90, 10, 0], [90, 10, 0], [60, 20, 20], [20, 40, 40]])
"""Texts by client and class; the last class is the rarest."""


def reach(options: Any, counts: np.ndarray = UNEVEN) -> Any:
    entry = AVAILABILITY.get(options["name"])
    return entry.build(entry.options(**options), counts, 0)


def fleet(options: Any, counts: np.ndarray, **participation: Any) -> Fleet:
    config = quadratics("fedavg", 2, clients=len(counts), participation={"availability": options, **participation}).config
    return Fleet(config, counts, Traffic(40, 40, 40))


@settings(max_examples=25)
@given(st.sampled_from(AVAILABILITY.names()), st.integers(1, 9), st.integers(1, 6), st.integers(1, 100), st.integers(0, 99))
def test_chances_are_chances_whatever_the_clients_hold(name: str, clients: int, classes: int, number: int, seed: int) -> None:
    counts = np.random.default_rng(seed).integers(0, 5, (clients, classes))
    chances = reach({"name": name}, counts)(number)
    assert chances.shape == (clients,) and ((chances >= 0) & (chances <= 1)).all()
    there = fleet({"name": name}, counts).there(number)
    assert there and list(there) == sorted(set(there)) and set(there) <= set(range(clients))


def test_random_is_as_frequent_as_its_probability_for_everybody() -> None:
    some = fleet({"name": "random", "probability": 0.3}, np.full((10, 2), 5))
    often = np.zeros(10)
    for number in range(1, 401):
        often[list(some.there(number))] += 1
    assert (abs(often / 400 - 0.3) < 0.08).all() and some.there(3) == some.there(3)


@settings(max_examples=30)
@given(st.integers(2, 12), st.integers(2, 24), st.floats(0.05, 1))
def test_by_day_a_block_is_awake_and_moves_on(clients: int, period: int, awake: float) -> None:
    days = reach({"name": "diurnal", "period": period, "awake": awake}, np.ones((clients, 1), np.int64))
    table = np.stack([days(number) for number in range(1, 2 * period + 1)])
    assert (table[:period] == table[period:]).all(), "the next day is like this one"
    assert (abs(table[:period].mean(axis=0) - awake) <= 1 / period + 1e-9).all(), "everybody is awake so much of it"
    for row in table:
        turns = int((row != np.roll(row, 1)).sum())
        assert turns <= 2, "who is awake lies side by side"


def test_with_the_data_the_rarest_class_is_seen_less_than_there_is_of_it() -> None:
    some = fleet({"name": "data", "strength": 1.0}, UNEVEN)
    chances = reach({"name": "data", "strength": 1.0})(1)
    assert chances.tolist() == pytest.approx([1, 1, 0.75, 0.375]), "q = 60/400; shares 0, 0, 0.2 and 0.4"
    seen = sum(UNEVEN[list(some.there(number))].sum(axis=0) for number in range(1, 201))
    assert seen[2] / seen.sum() < 0.8 * UNEVEN[:, 2].sum() / UNEVEN.sum()
    assert (reach({"name": "data", "strength": 0.0})(1) == 1).all()
    assert (reach({"name": "data", "strength": 1.0}, np.full((5, 3), 7))(1) == 1).all(), "with evenly dealt texts nothing happens"


@pytest.mark.parametrize("options", SOME, ids=lambda options: options["name"])
def test_a_run_asks_only_who_is_there_repeats_and_resumes(options: Any) -> None:
    experiment = quadratics("fedavg", 4, clients=6, fraction=0.5, participation={"availability": options})
    some = experiment.strategy()
    for number in range(1, 9):
        asked = some.participants(number)
        assert asked and set(asked) <= set(some.fleet.there(number))  # type: ignore[union-attr]
        assert len(asked) == min(3, len(some.fleet.there(number)))  # type: ignore[union-attr]
    states: list[Any] = []
    Rounds(experiment, Hooks(save=states.append)).run()  # type: ignore[arg-type]
    digests = {messages.weights_digest(state.arrays) for state in (states[-1], experiment.run(), experiment.run(states[2]))}
    assert len(digests) == 1


@pytest.mark.parametrize("name", ["diurnal", "data"])
def test_privacy_by_sampling_refuses_who_is_not_drawn_alike(name: str) -> None:
    with pytest.raises(ConfigError, match="every client be drawn alike"):
        quadratics("fedavg", 1, clients=8, fraction=0.5, weighting="even", privacy="central", participation={"availability": name})

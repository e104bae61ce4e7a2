"""FedBuff: who is stale and by how much follows from virtual time, and the weights are what its equation gives for that."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors import safe_open

from fedviz.bench.quadratics import Quadratics, quadratics
from fedviz.core import events as e
from fedviz.core.errors import ConfigError
from fedviz.core.types import Timing
from fedviz.federation import messages
from fedviz.federation.fleet import Needs
from fedviz.federation.rounds import Hooks, Rounds, RoundState
from fedviz.federation.strategies.schedule import Schedule
from fedviz.runs.states import dump_state, parse_state

INSTANT = {"text_s": 1.0, "latency_s": 0.0, "up_mbit": 1e5, "down_mbit": 1e5}
"""Links that take no time to speak of: a client needs a second for a text."""


def observed(experiment: Quadratics, state: RoundState | None = None) -> tuple[list[RoundState], list[Timing]]:
    """The state after each round, and what each took in virtual time."""
    states: list[RoundState] = []
    events: list[e.Event] = []
    Rounds(experiment, Hooks(emit=events.append, save=states.append), state).run()  # type: ignore[arg-type]
    return states, [event.timing for event in events if isinstance(event, e.RoundStarted) and event.timing]


def trained(experiment: Quadratics, client: int, w: np.ndarray) -> np.ndarray:
    """Where a client comes to from `w`."""
    kept = (1 - experiment.config.federation.learning_rate * experiment.curvatures[client]) ** experiment.examples[client]
    return experiment.optima[client] + kept * (w - experiment.optima[client])


def test_three_clients_of_speeds_four_two_and_one_by_hand() -> None:
    """Client 0 needs one second, 1 two and 2 four; the server moves at every second answer; whoever is done begins anew when it has moved."""
    schedule = Schedule(3, 2, lambda number: (0, 1, 2), lambda client: Needs(0.0, 2.0**client, 0.0), 0.0, 7)
    flushes = [schedule.flush(number) for number in range(1, 7)]
    assert [[(work.client, work.version) for work in flush.done] for flush in flushes] == [
        [(0, 0), (1, 0)], [(0, 1), (1, 1)], [(2, 0), (0, 2)], [(0, 3), (1, 2)], [(0, 4), (1, 4)], [(0, 5), (2, 3)],
    ]  # fmt: skip
    assert [flush.end_s for flush in flushes] == [2, 4, 5, 6, 8, 9]
    assert [[lane.staleness for lane in flush.lanes()] for flush in flushes] == [[0, 0], [0, 0], [0, 2], [0, 1], [0, 0], [0, 2]]
    assert flushes[2].lanes()[1].start_s == -4 and flushes[2].in_use == {2}


@pytest.mark.parametrize("weighting", ["even", pytest.param("examples", marks=pytest.mark.slow)])
def test_weights_are_those_of_the_equation_with_the_versions_found_by_hand(weighting: str) -> None:
    strategy = {"name": "fedbuff", "buffer": 2, "server_rate": 0.7, "staleness": 0.5}
    experiment = replace(quadratics(strategy, 4, clients=3, weighting=weighting, network=INSTANT), examples=(1, 2, 4))
    states, timings = observed(experiment)
    # the links' few nanoseconds let client 2, which sends once, be done just before client 1, which sends twice
    by_hand = [{0: 0, 1: 0}, {0: 1, 2: 0}, {0: 2, 1: 1}, {0: 3, 1: 3}]
    w = [np.zeros(5)]
    for number, versions in enumerate(by_hand, 1):
        share = {client: 1.0 if weighting == "even" else experiment.examples[client] for client in versions}
        moved = sum(share[c] * (number - v) ** -0.5 * (trained(experiment, c, w[v]) - w[v]) for c, v in versions.items())
        w.append(w[-1] + 0.7 * moved / sum(share.values()))
    np.testing.assert_allclose([state.arrays["w"] for state in states], w, atol=1e-13)
    assert [{lane.client: number - 1 - lane.staleness for lane in timing.lanes} for number, timing in enumerate(timings, 1)] == by_hand
    np.testing.assert_allclose([timing.elapsed_s for timing in timings], [2, 2, 1, 2], atol=1e-6)


def test_one_client_at_a_time_is_training_one_after_the_other() -> None:
    experiment = quadratics({"name": "fedbuff", "buffer": 1}, 8, fraction=0.25, network=INSTANT)
    states, timings = observed(experiment)
    w = np.zeros(5)
    for timing in timings:
        w = trained(experiment, timing.lanes[0].client, w)
    np.testing.assert_allclose(states[-1].arrays["w"], w, atol=1e-14)
    assert {lane.staleness for timing in timings for lane in timing.lanes} == {0} and len({timing.lanes[0].client for timing in timings}) > 2
    np.testing.assert_allclose([timing.elapsed_s for timing in timings], [experiment.examples[timing.lanes[0].client] for timing in timings], atol=1e-6)


def test_a_buffer_for_everybody_on_equal_devices_is_fedavg() -> None:
    run = {"weighting": "even", "even_steps": True}
    (states, timings), (average, others) = observed(quadratics({"name": "fedbuff", "buffer": 4, "staleness": 3.0}, 5, **run)), observed(quadratics("fedavg", 5, **run))
    np.testing.assert_allclose([state.arrays["w"] for state in states], [state.arrays["w"] for state in average], atol=1e-12)
    np.testing.assert_allclose([timing.elapsed_s for timing in timings], [timing.elapsed_s for timing in others], rtol=1e-9)


@given(clients=st.integers(1, 9), concurrency=st.integers(1, 9), buffer=st.integers(1, 9), dropout=st.sampled_from([0.0, 0.3]), seed=st.integers(0, 99))
@settings(max_examples=40, deadline=None)
def test_nobody_does_two_things_at_once_and_no_more_work_than_may(clients: int, concurrency: int, buffer: int, dropout: float, seed: int) -> None:
    concurrency, needs = min(concurrency, clients), np.random.default_rng(seed).uniform(0.5, 5, clients)
    schedule = Schedule(concurrency, buffer, lambda number: range(clients), lambda client: Needs(0.0, float(needs[client]), 0.0), dropout, seed)
    flushes = [schedule.flush(number) for number in range(1, 13)]
    works = [work for flush in flushes for work in flush.done]
    for work in works:
        assert sum(other.began_s <= work.began_s < other.ends_s for other in works) <= concurrency
    for client in range(clients):
        own = [work for work in works if work.client == client]
        assert all(one.ends_s <= other.began_s and one.version < other.version for one, other in zip(own, own[1:], strict=False))
    for flush in flushes:
        arrived = sum(work.leaves_s is None for work in flush.done)
        assert arrived == buffer or (arrived < buffer and len(flush.by_client) == clients), "the buffer is full, or nobody is left who could fill it"
        assert all(work.version < flush.number and work.ends_s <= flush.end_s for work in flush.done)


@pytest.mark.slow
def test_a_run_that_goes_on_from_a_checkpoint_has_the_old_models_of_those_at_work(tmp_path: Path) -> None:
    experiment = quadratics({"name": "fedbuff", "buffer": 2}, 9, clients=8, network={"speed_spread": 1.0}, participation={"dropout": 0.1})
    states, timings = observed(experiment)
    stopped = next(state for state in states[2:] if len(state.strategy) > 1)
    (tmp_path / "state").write_bytes(dump_state(stopped))
    with safe_open(tmp_path / "state", "np") as file:
        kept = parse_state(json.loads(file.metadata()["state"]), {name: file.get_tensor(name) for name in file.keys()})  # noqa: SIM118 - no mapping
    again, later = observed(experiment, kept)
    assert messages.weights_digest(again[-1].arrays) == messages.weights_digest(states[-1].arrays)
    assert later == timings[stopped.round :]
    assert max(lane.staleness for timing in later for lane in timing.lanes) > 1


@pytest.mark.slow
def test_slow_clients_are_stale_and_do_not_hold_up_the_server() -> None:
    network = {**INSTANT, "stragglers": [1], "slowdown": 10.0}
    _, timings = observed(quadratics({"name": "fedbuff", "buffer": 2}, 30, even_steps=True, network=network))
    stale: dict[int, list[int]] = {}
    for timing in timings:
        for lane in timing.lanes:
            stale.setdefault(lane.client, []).append(lane.staleness)
    assert min(stale[1]) > max(max(stale[client]) for client in (0, 2, 3)) and len(stale[1]) < len(stale[0]) / 3
    _, others = observed(quadratics("fedavg", 30, even_steps=True, network=network))
    assert sum(timing.elapsed_s for timing in timings) < sum(timing.elapsed_s for timing in others) / 4


@pytest.mark.slow
def test_who_drops_out_is_replaced_and_never_answers() -> None:
    experiment = quadratics({"name": "fedbuff", "buffer": 2}, 20, clients=8, fraction=0.5, participation={"dropout": 0.3})
    events: list[e.Event] = []
    Rounds(experiment, Hooks(emit=events.append)).run()  # type: ignore[arg-type]
    lanes = {event.round: event.timing.lanes for event in events if isinstance(event, e.RoundStarted) and event.timing}
    failed = {(event.round, event.client) for event in events if isinstance(event, e.ClientFailed)}
    assert failed == {(number, lane.client) for number, some in lanes.items() for lane in some if lane.fate == "dropped"} and failed
    assert all(sum(lane.fate == "arrived" for lane in some) == 2 for some in lanes.values())


def test_an_update_is_compared_from_where_it_began() -> None:
    """A client that sends what it got has moved nowhere, however far the others have come meanwhile."""
    rider = {"name": "free-rider", "clients": [2]}
    experiment = replace(quadratics({"name": "fedbuff", "buffer": 2}, 4, clients=3, adversary=rider, network=INSTANT), examples=(1, 2, 4))
    events: list[e.Event] = []
    Rounds(experiment, Hooks(emit=events.append)).run()  # type: ignore[arg-type]
    norms = [entry.norm for event in events if isinstance(event, e.RoundAggregated) for entry in event.drift if entry.client == 2]
    assert norms == [0.0]


@pytest.mark.parametrize(("changes", "sentence"), [
    ({"network": {"deadline_s": 3.0}}, "network.deadline_s. must be 0 where the strategy is fedbuff"),
    ({"participation": {"over_selection": 0.5}}, "over_selection. must be 0 where the strategy is fedbuff"),
    ({"privacy": "central", "weighting": "even"}, "fedbuff also uses what has no noise"),
    ({"secure_aggregation": True}, "sum of the updates is enough.*fedbuff"),
    ({"aggregation": "krum", "clients": 8}, "only 3 clients take part"),
])  # fmt: skip
def test_what_makes_no_sense_with_it_is_refused(changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ConfigError, match=sentence):
        quadratics("fedbuff", 2, **changes)

"""Virtual time: who is there, late, dropped or spare is told before it happens, repeats, resumes, and costs what the equations say."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fedviz.bench.quadratics import Quadratics, quadratics
from fedviz.core import events as e
from fedviz.core.errors import ConfigError, RunError
from fedviz.core.types import Timing
from fedviz.federation import messages
from fedviz.federation.client_app import in_time
from fedviz.federation.fleet import Fleet, cut
from fedviz.federation.rounds import Hooks, Rounds
from fedviz.federation.task import FitSettings
from fedviz.federation.traffic import Traffic

BUSY = {
    "participation": {"over_selection": 0.5, "dropout": 0.2},
    "network": {"speed_spread": 1.0, "link_spread": 0.5, "stragglers": [1], "slowdown": 4.0, "deadline_s": 0.6, "late": "partial"},
}
"""Everything at once."""
LIGHT = Traffic(40, 40, 40)


def digest(experiment: Quadratics) -> str:
    return messages.weights_digest(experiment.run().arrays)


def told(experiment: Quadratics) -> tuple[list[Timing], list[e.Event]]:
    """The timing of every round, and all events."""
    events: list[e.Event] = []
    Rounds(experiment, Hooks(emit=events.append)).run()  # type: ignore[arg-type]
    return [event.timing for event in events if isinstance(event, e.RoundStarted) and event.timing is not None], events


def of(events: list[e.Event], kind: type[e.Event], number: int) -> set[int]:
    """The clients of which something is told in the training of a round."""
    return {event.client for event in events if isinstance(event, kind) and event.round == number and getattr(event, "phase", "train") == "train"}  # type: ignore[attr-defined]


def fleet(clients: int = 6, participation: Any = None, network: Any = None, **federation: Any) -> Fleet:
    found = quadratics("fedavg", 3, clients=clients, participation=participation, network=network, **federation).strategy().fleet
    assert found is not None
    return found


@pytest.mark.parametrize("strategy", ["fedavg", pytest.param("scaffold", marks=pytest.mark.slow), pytest.param("pfedme", marks=pytest.mark.slow)])
def test_slow_devices_and_links_take_time_and_change_no_bit(strategy: str) -> None:
    plain = quadratics(strategy, 3)
    slow = quadratics(strategy, 3, network={"speed_spread": 2.0, "link_spread": 2.0, "stragglers": [0, 2], "slowdown": 50.0, "latency_s": 9.0, "up_mbit": 0.01})
    assert digest(plain) == digest(slow)
    assert told(slow)[0][0].elapsed_s > told(plain)[0][0].elapsed_s


def test_the_same_seed_gives_the_same_plan_and_another_seed_another_one() -> None:
    first, again = told(quadratics("fedavg", 4, clients=8, fraction=0.5, **BUSY)), told(quadratics("fedavg", 4, clients=8, fraction=0.5, **BUSY))
    assert first[0] == again[0]
    other = Fleet(fleet(8, **BUSY).config.updated({"seed": 1}), np.full((8, 1), 5), LIGHT)
    assert other.plan(1, range(8)) != Fleet(fleet(8, **BUSY).config, np.full((8, 1), 5), LIGHT).plan(1, range(8))


@pytest.mark.parametrize("late", ["partial", pytest.param("drop", marks=pytest.mark.slow)])
def test_a_resumed_run_ends_with_the_same_bits(late: str) -> None:
    options = {**BUSY, "network": BUSY["network"] | {"late": late}}
    straight = quadratics("fedavgm", 4, clients=8, fraction=0.5, **options)
    states: list[Any] = []
    Rounds(straight, Hooks(save=states.append)).run()  # type: ignore[arg-type]
    assert messages.weights_digest(straight.run(states[2]).arrays) == messages.weights_digest(states[-1].arrays)
    assert digest(quadratics("fedavgm", 4, clients=8, fraction=0.5)) != messages.weights_digest(states[-1].arrays)


def test_with_over_selection_the_first_to_answer_count_and_no_other() -> None:
    experiment = quadratics("fedavg", 3, clients=9, fraction=0.5, participation={"over_selection": 0.75}, network={"speed_spread": 1.0})
    needed, (timings, events) = experiment.config.federation.participants, told(experiment)
    for number, timing in enumerate(timings, 1):
        assert len(timing.lanes) == 7 > needed == 4
        all_s = {lane.client: experiment.strategy().fleet.needs(lane.client, 1).total_s for lane in timing.lanes}  # type: ignore[union-attr]
        first = set(sorted(all_s, key=all_s.__getitem__)[:needed])
        assert first == {lane.client for lane in timing.lanes if lane.fate == "arrived"} == of(events, e.ClientFinished, number)
        assert timing.elapsed_s == pytest.approx(max(all_s[client] for client in first))
        assert of(events, e.ClientFailed, number) == set(all_s) - first
        assert all("over_selection" in event.reason for event in events if isinstance(event, e.ClientFailed))


def test_who_arrives_by_the_deadline_is_the_whole_round() -> None:
    """Leaving out the late clients by a deadline is the same as a federation without them, to the bit."""
    late = quadratics("fedavg", 3, network={"stragglers": [2], "slowdown": 1000.0, "deadline_s": 5.0})
    timings, events = told(late)
    assert all(timing.elapsed_s == 5.0 for timing in timings)
    assert of(events, e.ClientFailed, 1) == {2} and of(events, e.BatchTrained, 1) == {0, 1, 3}
    assert digest(late) == digest(quadratics("fedavg", 3, faulty_clients=[2]))


def test_partial_work_is_fewer_steps_and_with_much_time_all_of_them() -> None:
    short = {"stragglers": [2], "slowdown": 10.0, "latency_s": 0.0, "deadline_s": 1.0, "late": "partial"}
    experiment = quadratics("fedavg", 2, even_steps=True, local_epochs=3, network=short)
    timings, events = told(experiment)
    slow = next(lane for lane in timings[0].lanes if lane.client == 2)
    assert slow.fate == "partial" and slow.share == pytest.approx(1 / 6, rel=1e-3) and slow.end_s == pytest.approx(1.0)
    steps = {client: sum(isinstance(event, e.BatchTrained) and (event.round, event.client) == (1, client) for event in events) for client in range(4)}
    assert steps == {0: 12, 1: 12, 2: 1, 3: 12}, "a sixth of twelve steps, less the bytes on the way: one whole step"
    patient = quadratics("fedavg", 2, even_steps=True, local_epochs=3, network=short | {"deadline_s": 1e6})
    assert digest(patient) == digest(quadratics("fedavg", 2, even_steps=True, local_epochs=3))
    assert digest(patient) != digest(experiment)


@pytest.mark.parametrize(("share", "limit"), [(1.0, None), (0.5, 6), (0.49, 5), (0.01, 1)])
def test_a_share_of_the_time_is_a_share_of_the_steps(share: float, limit: int | None) -> None:
    assert in_time(FitSettings(epochs=3, batch_size=8), 30, share).limit == limit


def test_what_never_arrives_is_never_trained_and_the_round_goes_on() -> None:
    timings, events = told(quadratics("fedavg", 6, clients=6, participation={"dropout": 0.5}))
    dropped = {(number, lane.client) for number, timing in enumerate(timings, 1) for lane in timing.lanes if lane.fate == "dropped"}
    assert 6 <= len(dropped) <= 30
    assert dropped == {(event.round, event.client) for event in events if isinstance(event, e.ClientFailed)}
    assert not dropped & {(event.round, event.client) for event in events if isinstance(event, e.BatchTrained)}


def test_where_all_drop_out_the_run_ends_in_one_sentence() -> None:
    with pytest.raises(RunError, match=r"Round 1 has no surviving client: all 4 failed; the first reason: .*too slow for the deadline of 0.01") as raised:
        quadratics("fedavg", 2, network={"deadline_s": 0.01}).run()
    assert "\n" not in str(raised.value)


def test_secure_aggregation_survives_dropout_with_the_same_mean() -> None:
    options = {"clients": 8, "participation": {"dropout": 0.2}, "weighting": "even", "secure_threshold": 0.51}
    hidden, open_ = (quadratics("fedavg", 3, secure_aggregation=secure, **options) for secure in (True, False))
    assert any(lane.fate == "dropped" for timing in told(hidden)[0] for lane in timing.lanes)
    np.testing.assert_allclose(hidden.run().arrays["w"], open_.run().arrays["w"], atol=1e-5)
    with pytest.raises(ConfigError, match="over_selection.* must be 0 with secure aggregation by masks"):
        quadratics("fedavg", 1, secure_aggregation=True, participation={"over_selection": 0.5})


def test_late_joiners_are_never_asked_before_their_round() -> None:
    timings, _ = told(quadratics("fedavg", 4, participation={"late_joiners": [0, 3], "join_round": 3}))
    assert [{lane.client for lane in timing.lanes} for timing in timings] == [{1, 2}, {1, 2}, {0, 1, 2, 3}, {0, 1, 2, 3}]


def test_the_bill_is_the_stated_model() -> None:
    network = {"text_s": 0.5, "device_watts": 10.0, "joules_per_mb": 100.0, "price_per_gb": 2.0, "price_per_kwh": 0.5, "latency_s": 0.25, "up_mbit": 8.0, "down_mbit": 80.0}
    config = quadratics("fedavg", 1, clients=2, local_epochs=2, network=network).config
    some = Fleet(config, np.array([[4], [8]]), Traffic(1_000_000, 2_000_000, 1_000_000))
    timing = some.timing(1, some.plan(1, (0, 1)))
    assert [(lane.down_s, lane.train_s, lane.up_s) for lane in timing.lanes] == [(0.35, 4.0, 1.25), (0.35, 8.0, 1.25)]
    assert (timing.elapsed_s, timing.bytes) == (pytest.approx(9.6), 4_000_000)
    assert timing.joules == pytest.approx(10 * 12 + 100 * 4)
    assert timing.money == pytest.approx(2 * 0.004 + 0.5 * 520 / 3.6e6)


@pytest.mark.parametrize(("strategy", "bytes_", "train_s"), [("scaffold", 2.0, 1.0), ("pfedme", 1.0, 5.0), ("fedsgd", 1.0, 1 / 3), ("ditto", 1.0, 4 / 3)])
def test_what_an_algorithm_does_beside_plain_training_takes_its_time(strategy: str, bytes_: float, train_s: float) -> None:
    network = {"latency_s": 0.0}
    plain, more = (quadratics(name, 1, dimensions=20_000, local_epochs=3, even_steps=True, network=network).strategy().fleet.needs(0, 2) for name in ("fedavg", strategy))  # type: ignore[union-attr]
    assert more.up_s / plain.up_s == pytest.approx(bytes_, rel=5e-3) and more.down_s / plain.down_s == pytest.approx(bytes_, rel=5e-3)
    options = quadratics(strategy, 1).config.federation.strategy
    beside = {"pfedme": getattr(options, "inner_steps", 1), "ditto": 1 + getattr(options, "passes", 0) / 3}.get(strategy, train_s)
    assert more.train_s / plain.train_s == pytest.approx(beside)


@settings(max_examples=40, deadline=None)
@given(
    participation=st.fixed_dictionaries({"over_selection": st.floats(0, 2), "dropout": st.floats(0, 0.99)}),
    network=st.fixed_dictionaries({
        "text_s": st.floats(1e-3, 10), "speed_spread": st.floats(0, 3), "link_spread": st.floats(0, 3), "slowdown": st.floats(1, 1000), "stragglers": st.just((0, 2)),
        "latency_s": st.floats(0, 60), "up_mbit": st.floats(0.01, 1e3), "deadline_s": st.sampled_from([0.0, 0.5, 3.0, 100.0]), "late": st.sampled_from(["drop", "partial"]),
    }),
    fraction=st.floats(0.1, 1), number=st.integers(1, 50),
)  # fmt: skip
def test_lanes_keep_their_laws_whatever_the_options(participation: Any, network: Any, fraction: float, number: int) -> None:
    some = fleet(7, participation, network, fraction=fraction)
    asked = some.config.federation.participants
    there = some.there(number)[: some.asked(number)]
    timing = some.timing(number, some.plan(number, there))
    assert [lane.client for lane in timing.lanes] == sorted(there)
    deadline = some.config.network.deadline_s
    for lane in timing.lanes:
        assert min(lane.down_s, lane.train_s, lane.up_s) >= 0 and lane.end_s <= timing.elapsed_s * (1 + 1e-9)
        assert {"arrived": lane.share == 1, "partial": 0 < lane.share < 1}.get(lane.fate, lane.share == 0)
        assert not deadline or lane.end_s <= deadline * (1 + 1e-9)
        assert lane.fate not in ("late", "partial") or deadline
        whole = some.needs(lane.client, number)
        assert lane.train_s <= whole.train_s * (1 + 1e-9) and (lane.fate != "arrived" or lane.end_s == pytest.approx(whole.total_s))
    if some.config.participation.over_selection:
        assert sum(lane.fate in ("arrived", "partial") for lane in timing.lanes) <= asked
    assert Timing.model_validate_json(timing.model_dump_json()) == timing


def test_a_lane_is_cut_in_the_order_of_its_parts() -> None:
    whole = fleet().plan(1, (0,))[0]
    for after in (0.0, whole.down_s / 2, whole.down_s + whole.train_s / 2, whole.down_s + whole.train_s + whole.up_s / 2):
        short = cut(whole, after, "late")
        assert short.end_s == pytest.approx(after) and (short.train_s == 0 or short.down_s == whole.down_s)

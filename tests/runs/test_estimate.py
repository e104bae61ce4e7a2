"""The estimate: bytes and steps are exact, which a real run proves; seconds are only ever an estimate."""

import pytest

from fedviz.core import events as e
from fedviz.core.registry import COMPRESSION
from fedviz.federation.assemble import assemble
from fedviz.federation.rounds import Hooks, Rounds
from fedviz.federation.traffic import update_bytes
from fedviz.runs.estimate import estimate, work
from fedviz.runs.sizes import Sizes, sizes, trained_shapes
from tests.runs.small import small


@pytest.mark.parametrize("tuning", ["head", "lora", "full"])
@pytest.mark.parametrize("knowledge", ["none", "evidence"])
def test_shapes_are_those_of_the_learner(tuning: str, knowledge: str) -> None:
    config = small().updated({"model.tuning": tuning, "model.layers": 2, "knowledge.name": knowledge})
    experiment = assemble(config)
    assert trained_shapes(config, sizes(config)) == {name: values.shape for name, values in experiment.initial.items()}


@pytest.mark.parametrize("federation", [
    {}, {"fraction": 0.5, "rounds": 3}, {"absent_clients": [1], "optimizer": "sgd", "strategy": "fedprox"}, {"fraction": 0.5, "watch_local": True},
    {"strategy": "scaffold", "optimizer": "sgd"}, {"strategy": "fedsgd", "optimizer": "sgd", "local_epochs": 3}, {"strategy": "feddyn"}, {"strategy": "pfedme"}, {"strategy": "fine-tuning"}, {"strategy": "hierarchical"}, {"strategy": "moon"}, {"strategy": "local-parts", "watch_local": True}, {"secure_aggregation": True, "clients": 4}, {"secure_aggregation": True, "clients": 4, "watch_local": True, "strategy": "fine-tuning"},
    {"secure_aggregation": True, "clients": 4, "strategy": "local-parts"}, {"secure_aggregation": True, "secure_protocol": "ckks", "clients": 4, "rounds": 1},
    pytest.param({"secure_aggregation": True, "secure_protocol": "ckks", "clients": 4, "watch_local": True, "strategy": "fine-tuning"}, marks=pytest.mark.slow),
    {"strategy": "fedbuff", "rounds": 3}, {"strategy": {"name": "fedbuff", "buffer": 2}, "fraction": 0.4, "rounds": 3}, {"strategy": {"name": "ifca", "clusters": 3}}, {"strategy": {"name": "ifca", "clusters": 1}},
    {"faulty_clients": [0], "rounds": 3}, {"compression": "signsgd", "fraction": 0.5}, *(pytest.param({"compression": name}, marks=pytest.mark.slow) for name in COMPRESSION.names()),
    pytest.param({"compression": {"name": "low-rank", "rank": 3}, "strategy": "scaffold", "optimizer": "sgd"}, marks=pytest.mark.slow),
])  # fmt: skip
def test_bytes_and_steps_are_those_of_the_run(federation: dict, tmp_path) -> None:
    config = small(**federation)
    events = told(config)
    up, down = passed(events)
    hidden = [event for event in events if isinstance(event, e.SecureStep) and event.step not in ("masked", "encrypted")]
    up, down = up + sum(event.sent_bytes for event in hidden), down + sum(event.received_bytes for event in hidden)
    expected = estimate(config, tmp_path)
    assert (expected.up_bytes, expected.down_bytes) == (up, down)
    if not federation.keys() & {"fraction", "faulty_clients"}:  # which clients are drawn decides it else
        assert expected.steps == sum(isinstance(event, e.BatchTrained) for event in events)


@pytest.mark.parametrize(("federation", "changes"), [
    ({"fraction": 0.4, "clients": 5}, {"participation.over_selection": 0.5}),
    ({"clients": 5, "rounds": 3, "strategy": "scaffold", "optimizer": "sgd"}, {"participation.dropout": 0.4, "network.speed_spread": 1.0}),
    ({"clients": 5, "fraction": 0.6, "strategy": {"name": "ifca", "clusters": 3}}, {"participation.over_selection": 1.0, "network.stragglers": [1, 2]}),
    ({"clients": 4}, {"network.stragglers": [1], "network.slowdown": 100.0, "network.deadline_s": 5.0}),
    ({"clients": 4, "rounds": 3, "compression": "int8", "watch_local": True}, {"participation.late_joiners": [0], "participation.join_round": 2}),
    ({"clients": 4, "rounds": 3, "strategy": {"name": "fedbuff", "buffer": 2}}, {"participation.dropout": 0.4, "network.stragglers": [1]}),
])  # fmt: skip
def test_the_bill_and_the_estimate_count_what_passes_also_where_clients_leave_or_are_spare(federation: dict, changes: dict, tmp_path) -> None:
    config = small(**federation).updated(changes)
    events = told(config)
    started = [event for event in events if isinstance(event, e.RoundStarted)]
    assert {lane.fate for event in started for lane in event.timing.lanes} - {"arrived"} or "participation.late_joiners" in changes
    training = [event for event in events if getattr(event, "phase", "") == "train"]
    assert [event.timing.bytes for event in started] == [sum(passed([one for one in training if one.round == event.round])) for event in started]
    expected = estimate(config, tmp_path)
    assert (expected.up_bytes, expected.down_bytes) == passed(events)


def told(config) -> list[e.Event]:
    events: list[e.Event] = []
    Rounds(assemble(config), Hooks(emit=events.append)).run()
    return events


def passed(events: list[e.Event]) -> tuple[int, int]:
    """Bytes from the clients and to them."""
    return sum(event.sent_bytes for event in events if isinstance(event, e.ClientFinished)), sum(event.received_bytes for event in events if isinstance(event, e.ClientStarted))


def test_a_smaller_update_takes_less_time_on_the_way_up() -> None:
    plain, small_ones = (assemble(small(compression=name)).fleet() for name in ("none", "signsgd"))
    assert small_ones.traffic.order == plain.traffic.order and small_ones.traffic.answer < plain.traffic.answer / 5
    assert small_ones.needs(0, 1).up_s < plain.needs(0, 1).up_s and small_ones.needs(0, 1).down_s == plain.needs(0, 1).down_s


@pytest.mark.parametrize("protocol", ["masks", "ckks"])
def test_a_hidden_update_takes_its_time_on_the_way_up(protocol: str) -> None:
    """Estimate, fleet and the message itself agree on its bytes."""
    options = {"clients": 4, "rounds": 1, "secure_aggregation": True, "secure_protocol": protocol}
    plain, hidden = assemble(small(clients=4)), assemble(small(**options))
    events: list[e.Event] = []
    Rounds(hidden, Hooks(emit=events.append)).run()
    sent = {event.sent_bytes for event in events if isinstance(event, e.ClientFinished) and event.phase == "train"}
    arrays = dict(hidden.initial)
    assert sent == {update_bytes(hidden.config, arrays)} and update_bytes(plain.config, arrays) < update_bytes(hidden.config, arrays)
    assert hidden.fleet().traffic.answer >= update_bytes(hidden.config, arrays) and plain.fleet().needs(0, 1).up_s < hidden.fleet().needs(0, 1).up_s


def test_more_work_takes_longer_and_weighs_more(tmp_path) -> None:
    base = estimate(small(), tmp_path)
    longer = estimate(small(rounds=8, local_epochs=3, compare=True), tmp_path)
    assert longer.seconds > base.seconds > 0
    assert longer.up_bytes > base.up_bytes and longer.steps == base.steps * 12
    assert base.basis == "a speed test"


def test_what_is_cached_is_not_computed_again() -> None:
    found = Sizes((100,) * 3, (40,) * 3, 4, 60.0)
    cached, uncached = (work(small().updated({"model.cache": flag}), found) for flag in (True, False))
    assert cached.rounds_s <= uncached.rounds_s and cached.prepare_s >= uncached.prepare_s


def test_a_former_run_corrects_the_estimate(tmp_path) -> None:
    from fedviz.runs.launcher import Launcher

    worker = Launcher(tmp_path)
    run_id = worker.submit(small(), "former")
    assert worker.wait(run_id, 120)
    worker.leave()
    assert estimate(small(rounds=5), tmp_path).basis == "a former run"
    assert estimate(small().updated({"model.width": 32}), tmp_path).basis == "a speed test"

"""The estimate: bytes and steps are exact, which a real run proves; seconds are only ever an estimate."""

import pytest

from fedviz.core import events as e
from fedviz.core.registry import COMPRESSION
from fedviz.federation.assemble import assemble
from fedviz.federation.rounds import Hooks, Rounds
from fedviz.runs.estimate import estimate, update_bytes, work
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
    {"compression": "signsgd", "fraction": 0.5}, *(pytest.param({"compression": name}, marks=pytest.mark.slow) for name in COMPRESSION.names()),
    pytest.param({"compression": {"name": "low-rank", "rank": 3}, "strategy": "scaffold", "optimizer": "sgd"}, marks=pytest.mark.slow),
])  # fmt: skip
def test_bytes_and_steps_are_those_of_the_run(federation: dict, tmp_path) -> None:
    config = small(**federation)
    events: list[e.Event] = []
    Rounds(assemble(config), Hooks(emit=events.append)).run()
    up = sum(event.sent_bytes for event in events if isinstance(event, e.ClientFinished))
    down = sum(event.received_bytes for event in events if isinstance(event, e.ClientStarted))
    hidden = [event for event in events if isinstance(event, e.SecureStep) and event.step not in ("masked", "encrypted")]
    up, down = up + sum(event.sent_bytes for event in hidden), down + sum(event.received_bytes for event in hidden)
    expected = estimate(config, tmp_path)
    assert (expected.up_bytes, expected.down_bytes) == (up, down)
    if "fraction" not in federation:  # which clients are drawn decides it else
        assert expected.steps == sum(isinstance(event, e.BatchTrained) for event in events)


def test_a_smaller_update_takes_less_time_on_the_way_up() -> None:
    plain, small_ones = (assemble(small(compression=name)).fleet() for name in ("none", "signsgd"))
    saved = update_bytes(plain.config, sizes(plain.config)) - update_bytes(small_ones.config, sizes(small_ones.config))
    assert small_ones.down_bytes == plain.down_bytes and plain.up_bytes - small_ones.up_bytes == saved > 0


@pytest.mark.parametrize("protocol", ["masks", "ckks"])
def test_a_hidden_update_takes_its_time_on_the_way_up(protocol: str) -> None:
    """Estimate, fleet and the message itself agree on its bytes."""
    options = {"clients": 4, "rounds": 1, "secure_aggregation": True, "secure_protocol": protocol}
    plain, hidden = assemble(small(clients=4)), assemble(small(**options))
    events: list[e.Event] = []
    Rounds(hidden, Hooks(emit=events.append)).run()
    sent = {event.sent_bytes for event in events if isinstance(event, e.ClientFinished) and event.phase == "train"}
    saved = update_bytes(plain.config, sizes(plain.config)) - update_bytes(hidden.config, sizes(hidden.config))
    assert sent == {update_bytes(hidden.config, sizes(hidden.config))}
    assert plain.fleet().up_bytes - hidden.fleet().up_bytes == saved < 0


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

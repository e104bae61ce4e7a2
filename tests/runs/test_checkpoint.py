"""Checkpoints come back to the bit, and a half-written one is never taken for a whole one."""

import numpy as np
import pytest
from flwr.app import ConfigRecord, MetricRecord, RecordDict

from fedviz.core.errors import RunError
from fedviz.federation.messages import array_record, weights_digest
from fedviz.federation.rounds import RoundState
from fedviz.runs.checkpoint import Checkpoints, keep_every


def state(number: int) -> RoundState:
    rng = np.random.default_rng(number)
    memory = RecordDict({"m": MetricRecord({"loss": 0.1, "counts": [1, 2]}), "c": ConfigRecord({"a": b"\x00\xff", "b": True, "s": "x", "l": [1.5, 2.5]})})
    memory["w"] = array_record({"v/1": rng.standard_normal(3)})
    weights = {"head.weight": rng.standard_normal((2, 3)).astype(np.float32), "n": np.array(3), "t": np.asfortranarray(rng.standard_normal((2, 3)))}
    return RoundState(number, weights, {"m_t/head.weight": rng.standard_normal((2, 3))}, {"axes": rng.standard_normal((2, 4))}, (RecordDict(), memory))


def test_a_state_comes_back_to_the_bit(tmp_path) -> None:
    kept = Checkpoints(tmp_path)
    assert kept.load_state() is None
    before = state(3)
    kept.save_state(before)
    after = kept.load_state()
    assert after.round == 3
    for group in ("arrays", "strategy", "drift"):
        assert weights_digest(getattr(after, group)) == weights_digest(getattr(before, group))
    assert after.clients[0] == before.clients[0]
    assert dict(after.clients[1]["m"]) == dict(before.clients[1]["m"]) and dict(after.clients[1]["c"]) == dict(before.clients[1]["c"])
    np.testing.assert_array_equal(after.clients[1]["w"]["v/1"].numpy(), before.clients[1]["w"]["v/1"].numpy())


def test_rounds_and_clients_that_are_kept(tmp_path) -> None:
    kept = Checkpoints(tmp_path)
    for number in range(4):
        kept.save_state(state(number))
        kept.save_client(number, 7, state(number).arrays)
    assert kept.rounds() == (0, 1, 2, 3) and kept.clients(2) == (7,) and kept.clients(9) == ()
    assert weights_digest(kept.load(2).arrays) == weights_digest(state(2).arrays)
    assert weights_digest(kept.load_client(1, 7)) == weights_digest(state(1).arrays)
    assert kept.load_client(1, 3) is None
    with pytest.raises(RunError, match="kept: 0, 1, 2, 3"):
        kept.load(8)
    kept.prune(2, newest=3)
    assert kept.rounds() == (0, 2, 3) and kept.clients(1) == () and kept.clients(3) == (7,)


@pytest.mark.parametrize("cut", [0, 4, 100])
def test_damage_is_one_sentence(tmp_path, cut: int) -> None:
    kept = Checkpoints(tmp_path)
    kept.save_state(state(1))
    for name in ("state.safetensors", "round-0001.safetensors"):
        file = tmp_path / name
        file.write_bytes(file.read_bytes()[:cut])
    with pytest.raises(RunError, match="damaged"):
        kept.load_state()
    with pytest.raises(RunError, match="damaged"):
        kept.load(1)


def test_large_runs_are_thinned_and_small_ones_are_not() -> None:
    assert keep_every(rounds=10, clients=8, weights=30_000, client_models=True) == 1
    assert keep_every(rounds=1000, clients=100, weights=1_000_000, client_models=True) > 100

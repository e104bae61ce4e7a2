"""Contributions from what a run's folder keeps: an attacker gets less than the honest clients, and what cannot be told is said."""

import numpy as np
import pytest

from fedviz.core.config import RunConfig
from fedviz.core.errors import RunError
from fedviz.runs import contribution as module
from fedviz.runs.contribution import contribution, mean, plan, usable
from fedviz.runs.folder import RunFolder, open_run
from fedviz.runs.launcher import Launcher
from tests.runs.small import small

TOY = {
    "scenario": {"name": "toy", "train_texts": 200, "test_texts": 60}, "model": "toy", "partition": "iid",
    "federation": {"rounds": 2, "clients": 4, "compare": False, "learning_rate": 0.02},
}  # fmt: skip


@pytest.fixture
def worker(tmp_path):
    launcher = Launcher(tmp_path)
    yield launcher
    launcher.leave()


def done(worker: Launcher, config: RunConfig) -> RunFolder:
    run_id = worker.submit(config, "contributions")
    assert worker.wait(run_id, 60)
    return open_run(worker.root, run_id)


def test_the_mean_of_a_set_is_the_federation_s() -> None:
    before, models = {"w": np.zeros(2, np.float32)}, {k: {"w": np.full(2, float(k), np.float32)} for k in range(3)}
    assert mean(before, models, {0: 1.0, 2: 3.0})["w"].tolist() == [1.5, 1.5]
    assert mean(before, models, {})["w"] is before["w"]
    assert mean(before, models, {1: 0.0})["w"] is before["w"], "a client without texts changes nothing, so that its value is 0"


@pytest.mark.slow
def test_an_attacker_contributes_less_than_every_honest_client(worker) -> None:
    folder = done(worker, RunConfig.parse({**TOY, "adversary": {"name": "label-flipping", "clients": [1]}}))
    for measure in ("accuracy", "loss"):
        found = contribution(folder, measure)
        assert found.exact and found.rounds == (1, 2) and found.left_out == () and found.evaluations == 32
        values = {one.client: one.shapley for one in found.clients}
        assert values[1] < min(value for client, value in values.items() if client != 1)
        assert sum(values.values()) == pytest.approx(found.gain, abs=1e-9)
        assert contribution(folder, measure) == found


@pytest.mark.slow
def test_estimates_agree_with_all_subsets(worker, monkeypatch) -> None:
    folder = done(worker, RunConfig.parse(TOY))
    truth = contribution(folder, "loss", last=2)
    monkeypatch.setattr(module, "EXACT_UP_TO", 3)
    guess = contribution(folder, "loss", last=2)
    assert not guess.exact and guess.orders == module.ORDERS and truth.exact
    for one, other in zip(guess.clients, truth.clients, strict=True):
        assert abs(one.shapley - other.shapley) <= 4 * one.error + len(guess.rounds) * module.TOLERANCE
        assert one.leave_one_out == other.leave_one_out


@pytest.mark.slow
def test_a_budget_looks_at_the_last_rounds_and_says_what_it_left_out(worker, monkeypatch) -> None:
    folder = done(worker, small(rounds=4))
    assert usable(folder) == (1, 2, 3, 4)
    assert plan(folder, 2) == ((3, 4), 16)
    monkeypatch.setattr(module, "EVALUATIONS", 25)
    found = contribution(folder)
    assert (found.rounds, found.left_out) == ((2, 3, 4), (1,))
    assert len({one.rounds for one in found.clients}) == 1
    assert plan(folder, 1)[0] == (4,)
    hidden = done(worker, small(rounds=1, secure_aggregation=True))
    with pytest.raises(RunError, match="secure aggregation hides them"):
        contribution(hidden)
    clustered = done(worker, small(rounds=1, strategy="ifca"))
    with pytest.raises(RunError, match="whole models, or a mean of some of them says nothing, but ifca does not"):
        contribution(clustered)


def test_the_chart_holds_every_value() -> None:
    from fedviz.charts.contribution import contribution_spec
    from fedviz.runs.contribution_record import ClientValue, Contribution

    clients = tuple(ClientValue(client=k, name=f"C{k}", shapley=0.1 * k - 0.1, error=0.01, leave_one_out=0.02 * k, rounds=1) for k in range(3))
    spec = contribution_spec(Contribution(run_id="x", measure="accuracy", rounds=(1,), left_out=(), exact=False, orders=9, evaluations=20, gain=0.0, clients=clients))
    bars, diamonds = spec["data"]
    assert bars["x"] == [-10.0, 0.0, 10.0] and bars["error_x"]["array"] == [2.0] * 3 and diamonds["x"] == [0.0, 2.0, 4.0]
    low, high = spec["layout"]["xaxis"]["range"]
    assert low < -12 and high > 12

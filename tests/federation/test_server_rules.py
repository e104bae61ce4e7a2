"""Combinations that ask the server: FLTrust and its root texts, the graph filter and its probes, and what is beside the clients' texts."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fedviz.bench.quadratics import quadratics
from fedviz.core import events as e
from fedviz.core.config import RunConfig
from fedviz.core.errors import ConfigError, RunError
from fedviz.core.options import parse
from fedviz.core.registry import AGGREGATIONS
from fedviz.federation import messages
from fedviz.federation.aggregation.base import Combined, Server
from fedviz.federation.assemble import Experiment, assemble
from fedviz.federation.beside import in_turn
from fedviz.federation.rounds import Hooks, Rounds
from fedviz.runs.estimate import estimate
from fedviz.scenarios import load as scenarios
from fedviz.scenarios.base import ScenarioData

few = settings(max_examples=20, deadline=None)
seeded = given(seed=st.integers(0, 2**32 - 1))


class Fake(Server):
    """A server whose own update is given, and whose graph agrees with a model as its first weight says."""

    def __init__(self, root: np.ndarray) -> None:
        self.root = root

    def trained(self, old: Any, number: int) -> dict[str, np.ndarray]:
        return {"w": old["w"] + self.root}

    def agreement(self, arrays: Any, shuffled: bool = False) -> float:
        return float(arrays["w"][-1 if shuffled else 0])


def combine(name: str, updates: np.ndarray, root: np.ndarray, old: np.ndarray | None = None, **options: Any) -> Combined:
    old = np.zeros(updates.shape[1]) if old is None else old
    entry = AGGREGATIONS.get(name)
    aggregator = entry.build(parse(entry.options, {"name": name, **options}))
    aggregator.server = Fake(root)
    aggregator.begin({"w": old})
    for client, update in enumerate(updates):
        aggregator.add(client, {"w": old + update}, 1.0 + client)
    return aggregator.result()


def sample(seed: int) -> tuple[np.random.Generator, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    root = rng.normal(size=6)
    return rng, root, root + rng.normal(0, rng.uniform(0.2, 3), (7, 6))


@few
@seeded
def test_fltrust_is_the_papers(seed: int) -> None:
    rng, root, updates = sample(seed)
    old = rng.normal(size=6)
    cosines = [update @ root / np.linalg.norm(update) / np.linalg.norm(root) for update in updates]
    trust = np.maximum(cosines, 0)
    scaled = [update * np.linalg.norm(root) / np.linalg.norm(update) for update in updates]
    combined = combine("fltrust", updates, root, old)
    expected = old + sum(t * step for t, step in zip(trust, scaled, strict=True)) / trust.sum() if trust.sum() else old
    np.testing.assert_allclose(combined.arrays["w"], expected, rtol=1e-9, atol=1e-9)
    assert list(combined.shares.values()) == pytest.approx(trust / max(trust.sum(), 1e-300))


@few
@seeded
def test_a_step_is_never_longer_than_the_roots_and_length_buys_nothing(seed: int) -> None:
    rng, root, updates = sample(seed)
    updates[2] = -root * rng.uniform(0.1, 10)
    combined = combine("fltrust", updates, root)
    assert combined.shares[2] == 0
    assert np.linalg.norm(combined.arrays["w"]) <= np.linalg.norm(root) * (1 + 1e-9)
    updates[4] *= 1000
    longer = combine("fltrust", updates, root)
    np.testing.assert_allclose(longer.arrays["w"], combined.arrays["w"], rtol=1e-9, atol=1e-9)
    assert longer.shares == pytest.approx(combined.shares)


def test_where_nobody_is_trusted_the_model_stays() -> None:
    root, old = np.ones(3), np.array([1.0, 2.0, 3.0])
    for updates in (-np.eye(3), np.zeros((3, 3))):
        combined = combine("fltrust", updates, root, old)
        assert combined.arrays["w"].tolist() == old.tolist() and set(combined.shares.values()) == {0.0}
    mixed = combine("fltrust", np.array([[1.0, 1, 1], [np.nan, 1, 1]]), root, old)
    assert mixed.shares == {0: 1.0, 1: 0.0} and np.isfinite(mixed.arrays["w"]).all()


@few
@seeded
def test_the_filter_keeps_the_mean_of_those_who_agree(seed: int) -> None:
    rng = np.random.default_rng(seed)
    updates = rng.normal(size=(9, 4))
    updates[:, 0] = 0.9 + rng.uniform(-0.01, 0.01, 9)
    liars = rng.choice(9, int(rng.integers(0, 5)), replace=False)
    updates[liars, 0] = rng.uniform(0, 0.5, len(liars))
    honest = np.setdiff1d(np.arange(9), liars)
    combined = combine("graph-filter", updates, np.zeros(4), strictness=5.0)
    assert all(combined.shares[int(liar)] == 0 for liar in liars)
    kept = np.array([client for client, share in combined.shares.items() if share])
    assert set(kept) <= set(honest) and len(kept) > len(honest) / 2
    np.testing.assert_allclose(combined.arrays["w"], np.average(updates[kept], axis=0, weights=1.0 + kept), rtol=1e-12)


def test_clients_who_agree_alike_are_all_kept_and_the_control_looks_elsewhere() -> None:
    updates = np.array([[0.9, 0.1], [0.9, 0.9], [0.895, 0.9], [0.9, 0.9]])
    assert all(share > 0 for share in combine("graph-filter", updates, np.zeros(2)).shares.values())
    assert combine("graph-filter", updates, np.zeros(2), control="shuffled").shares[0] == 0


def test_without_a_server_the_reason_is_one_sentence() -> None:
    for name in ("fltrust", "graph-filter"):
        aggregator = AGGREGATIONS.get(name).build(AGGREGATIONS.get(name).options())
        aggregator.begin({"w": np.zeros(2)})
        aggregator.add(0, {"w": np.ones(2)}, 1.0)
        with pytest.raises(RunError, match="no server that holds texts or a graph"):
            aggregator.result()


@few
@given(labels=st.lists(st.integers(0, 4), min_size=1, max_size=40), seed=st.integers(0, 99))
def test_classes_take_turns(labels: list[int], seed: int) -> None:
    order = in_turn(np.array(labels), seed)
    assert sorted(order.tolist()) == list(range(len(labels)))
    held = {label: labels.count(label) for label in set(labels)}
    for count in range(len(labels) + 1):
        first = [labels[row] for row in order[:count]]
        least = min((first.count(label) for label in held if first.count(label) < held[label]), default=99)
        assert all(first.count(label) <= least + 1 for label in held)


def toy(aggregation: Any, adversary: Any = "none", seed: int = 0, knowledge: Any = "evidence", **federation: Any) -> RunConfig:
    return RunConfig.parse({
        "seed": seed, "scenario": {"name": "toy", "train_texts": 96, "test_texts": 32}, "model": {"name": "toy", "width": 16, "layers": 1, "tuning": "head"},
        "knowledge": knowledge, "adversary": adversary, "federation": {"rounds": 2, "clients": 4, "compare": False, "batch_size": 8, "aggregation": aggregation, **federation},
    })  # fmt: skip


def plain(config: RunConfig) -> tuple[ScenarioData, Any]:
    data = scenarios.load(config)
    return data, scenarios.shards(config, data)


def test_root_texts_come_out_of_the_clients_texts_and_only_there() -> None:
    config = toy({"name": "fltrust", "root_texts": 10})
    experiment, (data, dealt) = assemble(config), plain(config)
    root = experiment.beside.root
    assert experiment.data is data, "no text was added"
    assert sorted(np.bincount(data.train.labels[root], minlength=4)) == [2, 2, 3, 3]
    for now, before in zip(experiment.shards.train, dealt.train, strict=True):
        assert set(before) - set(now) <= set(root) and not set(now) & set(root) and len(now)
    assert sum(map(len, experiment.shards.train)) == len(data.train) - 10
    assert estimate(config).steps == sum(2 * -(-len(rows) // 8) for rows in experiment.shards.train)
    with pytest.raises(ConfigError, match="root_texts.*got root_texts=93, and at most 92 can be spared"):
        assemble(toy({"name": "fltrust", "root_texts": 93}))


def test_without_such_wishes_nothing_is_beside_and_data_and_shards_are_the_scenarios() -> None:
    config = toy("median")
    experiment, (data, dealt) = assemble(config), plain(config)
    assert experiment.data is data and experiment.shards is dealt
    assert not len(experiment.beside.root) and not len(experiment.beside.probes) and experiment.strategy().server is None


@pytest.mark.parametrize("knowledge", ["none", "evidence"])
def test_probes_are_names_of_the_graph_with_the_class_above_them(knowledge: str) -> None:
    config = toy({"name": "graph-filter", "probes": 16}, knowledge=knowledge)
    experiment, (data, dealt) = assemble(config), plain(config)
    beside = experiment.beside
    assert np.bincount(beside.led, minlength=4).tolist() == [4, 4, 4, 4]
    names = {name: entity.id for entity in data.graph.entities.values() for name in (entity.name, *entity.synonyms)}
    for row, label in zip(beside.probes, beside.led, strict=True):
        above = data.graph.ancestors(names[experiment.data.test.texts[row]])
        assert {data.class_entities[key] for key in above if key in data.class_entities} == {label}
    assert experiment.shards is dealt and min(beside.probes) >= len(data.test)


def test_the_servers_agreement_is_a_mean_probability_and_the_control_is_worse() -> None:
    experiment: Experiment = assemble(toy("graph-filter"))
    server = experiment.strategy().server
    assert server is not None
    truth, control = (server.agreement(experiment.initial, shuffled) for shuffled in (False, True))
    assert 0 <= control < 0.5 < truth <= 1
    zero = assemble(toy("graph-filter", knowledge="none"))
    assert zero.strategy().server.agreement(zero.initial) == pytest.approx(0.25)  # type: ignore[union-attr]


def test_a_graph_that_leads_nowhere_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    config = toy("graph-filter", knowledge="none")
    bare = replace(scenarios.load(config), class_entities={})
    monkeypatch.setattr(scenarios, "load", lambda config: bare)
    with pytest.raises(ConfigError, match="graph-filter needs a graph that leads to at least two classes"):
        assemble(config)


def test_models_that_are_not_sent_whole_are_refused() -> None:
    for name in ("fltrust", "graph-filter"):
        with pytest.raises(ConfigError, match=f"combination is {name}.*got strategy=fednova"):
            toy(name, strategy="fednova", optimizer="sgd")
        with pytest.raises(ConfigError, match="must be mean with secure aggregation"):
            toy(name, secure_aggregation=True)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["fltrust", "graph-filter"])
def test_a_run_repeats_and_goes_on_from_a_checkpoint(name: str) -> None:
    states: list[Any] = []
    experiment = assemble(toy(name, {"name": "replacement", "clients": [2]}))
    Rounds(experiment, Hooks(save=states.append)).run()
    again = Rounds(experiment, Hooks(), states[1]).run().state
    assert messages.weights_digest(again.arrays) == messages.weights_digest(states[-1].arrays)


@pytest.mark.parametrize("name", ["fltrust", pytest.param("graph-filter", marks=pytest.mark.slow)])
def test_scaled_replacement_gets_no_share(name: str) -> None:
    shares: list[float | None] = []

    def note(event: e.Event) -> None:
        if isinstance(event, e.RoundAggregated):
            shares.extend(entry.share for entry in event.drift if entry.client == 2)

    Rounds(assemble(toy(name, {"name": "replacement", "clients": [2], "strength": 50.0})), Hooks(emit=note)).run()
    assert shares == [0, 0]


@pytest.mark.slow
def test_fltrust_bears_a_majority_of_attackers() -> None:
    """Which no rule that only compares clients can."""
    attackers = {"name": "sign-flip", "clients": [0, 1, 2, 3, 4, 5], "strength": 10.0}
    optimum = quadratics("fedavg", 1, clients=9, weighting="even").optimum()
    reached = {name: quadratics("fedavg", 30, clients=9, weighting="even", adversary=attackers, aggregation=name).run().arrays["w"] for name in ("fltrust", "median")}
    assert np.linalg.norm(reached["fltrust"] - optimum) < np.linalg.norm(optimum) < np.linalg.norm(reached["median"] - optimum)

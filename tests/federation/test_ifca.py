"""IFCA: like clients find each other, each cluster reaches what its own clients want, and one cluster is FedAvg."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors import safe_open

from fedviz.bench.quadratics import Quadratics, quadratics
from fedviz.core import events as e
from fedviz.core.errors import ConfigError
from fedviz.federation import messages
from fedviz.federation.rounds import Hooks, Rounds, RoundState
from fedviz.runs.states import dump_state, parse_state

TWO = {"name": "ifca", "clusters": 2}
GROUPS = np.array([0, 1, 0, 1, 0, 1])


def grouped(strategy: Any, rounds: int, **options: Any) -> Quadratics:
    """Six clients; those with an even number want one model, those with an odd number the opposite one."""
    base = quadratics(strategy, rounds, rate=0.3, clients=6, **options)
    return replace(base, optima=np.where(GROUPS[:, None] == 0, 1.0, -1.0) * np.linspace(1, 2, 5))


def observed(experiment: Quadratics, state: RoundState | None = None) -> tuple[RoundState, list[e.Event]]:
    events: list[e.Event] = []
    return Rounds(experiment, Hooks(emit=events.append), state).run().state, events  # type: ignore[arg-type]


def choices(events: list[e.Event]) -> list[dict[int, int]]:
    return [dict(event.clusters) for event in events if isinstance(event, e.RoundAggregated)]


def test_one_cluster_is_fedavg_to_the_bit() -> None:
    found = [messages.weights_digest(quadratics(strategy, 4, fraction=0.75).run().arrays) for strategy in ("fedavg", {"name": "ifca", "clusters": 1})]
    assert found[0] == found[1]


def test_two_groups_part_and_each_reaches_its_own_optimum() -> None:
    experiment = grouped(TWO, 12)
    state, events = observed(experiment)
    last = choices(events)[-1]
    first = last[0]
    assert last == {client: first if GROUPS[client] == 0 else 1 - first for client in range(6)}
    for cluster in (0, 1):
        client = 0 if cluster == first else 1
        np.testing.assert_allclose(state.strategy[f"clusters/{cluster}/w"], experiment.optima[client], atol=1e-6)
    shares = experiment.weights()
    between = shares[GROUPS == 0].sum() * experiment.optima[0] + shares[GROUPS == 1].sum() * experiment.optima[1]
    np.testing.assert_allclose(state.arrays["w"], between, atol=1e-6)
    personal = [event.personal["loss"] for event in events if isinstance(event, e.ClientFinished) and event.personal and event.round == 12]
    assert len(personal) == 6 and max(personal) < 1e-10
    plain = observed(grouped("fedavg", 12))[0].arrays["w"]
    assert min(np.linalg.norm(plain - optimum) for optimum in experiment.optima) > 1


def test_a_cluster_that_nobody_chose_keeps_its_model() -> None:
    base = quadratics({"name": "ifca", "clusters": 4}, 5)
    experiment = replace(base, optima=np.ones_like(base.optima))
    states: list[RoundState] = []
    events: list[e.Event] = []
    Rounds(experiment, Hooks(emit=events.append, save=states.append)).run()  # type: ignore[arg-type]
    chosen = set().union(*(some.values() for some in choices(events)))
    alone = set(range(4)) - chosen
    assert alone, "like clients all want the same start"
    for cluster in alone:
        assert np.array_equal(states[1].strategy[f"clusters/{cluster}/w"], states[-1].strategy[f"clusters/{cluster}/w"])


@pytest.mark.slow
def test_it_goes_on_from_a_checkpoint_with_the_same_clusters(tmp_path: Path) -> None:
    experiment = grouped(TWO, 5, fraction=0.5)
    states: list[RoundState] = []
    Rounds(experiment, Hooks(save=states.append)).run()  # type: ignore[arg-type]
    (tmp_path / "state").write_bytes(dump_state(states[2]))
    with safe_open(tmp_path / "state", "np") as file:
        kept = parse_state(json.loads(file.metadata()["state"]), {name: file.get_tensor(name) for name in file.keys()})  # noqa: SIM118 - no mapping
    again, _ = observed(experiment, kept)
    assert messages.weights_digest(again.arrays) == messages.weights_digest(states[-1].arrays)
    assert all(np.array_equal(again.strategy[name], values) for name, values in states[-1].strategy.items())


@pytest.mark.slow
def test_a_failing_client_is_in_no_cluster_and_still_has_its_best_model() -> None:
    _, events = observed(grouped(TWO, 8, faulty_clients=[4]))
    assert all(4 not in some for some in choices(events))
    last = {event.client: event.personal["loss"] for event in events if isinstance(event, e.ClientFinished) and event.personal and event.round == 8}
    assert last[4] < 1e-6


@pytest.mark.slow
def test_an_attacker_spoils_only_the_cluster_that_it_chose() -> None:
    _, events = observed(grouped(TWO, 8, adversary={"name": "sign-flip", "clients": [1], "strength": 1.0}))
    last = {event.client: event.personal["loss"] for event in events if isinstance(event, e.ClientFinished) and event.personal and event.round == 8}
    assert max(last[client] for client in (0, 2, 4)) < 1e-6 < max(last[client] for client in (3, 5))


@pytest.mark.slow
def test_a_robust_combination_works_within_each_cluster() -> None:
    state, _ = observed(grouped(TWO, 12, aggregation="median"))
    ends = {tuple(np.round(state.strategy[f"clusters/{cluster}/w"], 5)) for cluster in (0, 1)}
    assert ends == {tuple(np.round(optimum, 5)) for optimum in grouped(TWO, 1).optima[:2]}


@pytest.mark.parametrize(("changes", "sentence"), [
    ({"privacy": "central", "weighting": "even"}, "ifca also uses what has no noise"),
    ({"secure_aggregation": True}, "sum of the updates is enough.*ifca"),
])  # fmt: skip
def test_what_must_not_be_combined_with_it_is_refused(changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ConfigError, match=sentence):
        quadratics("ifca", 2, **changes)

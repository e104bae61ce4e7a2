"""Personal models and local losses, by what can be written down for quadratic losses: client k minimises `a_k/2 ||w - o_k||^2`."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors import safe_open

from fedviz.bench.quadratics import Quadratics, quadratics
from fedviz.core import events as e
from fedviz.core.registry import STRATEGIES
from fedviz.federation import messages, wire
from fedviz.federation.assemble import assemble
from fedviz.federation.compare import compare
from fedviz.federation.rounds import Hooks, Rounds, RoundState
from fedviz.runs.states import dump_state, parse_state
from tests.runs.small import small

PERSONAL = [name for name in STRATEGIES.names() if STRATEGIES.get(name).personal and name != "local-parts"]
"""Strategies that give clients a model of their own where there is one weight vector, of which no part can stay home."""
REMEMBERING = ["ditto", "pfedme"]


def observed(experiment: Any, state: RoundState | None = None) -> tuple[RoundState, list[e.Event]]:
    events: list[e.Event] = []
    return Rounds(experiment, Hooks(emit=events.append), state).run().state, events


def finished(events: list[e.Event], phase: str) -> list[e.ClientFinished]:
    """By round and client: they work side by side and finish in any order."""
    found = [event for event in events if isinstance(event, e.ClientFinished) and event.phase == phase]
    return sorted(found, key=lambda event: (event.round, event.client))


def remembered(state: RoundState) -> np.ndarray:
    """Personal models by client [clients, d]."""
    return np.array([messages.arrays_of(client[wire.MEMORY])["personal/w"] for client in state.clients])


def between(experiment: Quadratics, w: np.ndarray, lam: float) -> np.ndarray:
    """Where `F_k(v) + lam/2 ||v - w||^2` is least, by client."""
    a = experiment.curvatures[:, None]
    return (a * experiment.optima + lam * w) / (a + lam)


def loss(experiment: Quadratics, models: np.ndarray) -> np.ndarray:
    return experiment.curvatures / 2 * np.square(models - experiment.optima).sum(1)


@pytest.mark.parametrize("strategy", ["ditto", "fine-tuning"])
def test_the_global_model_and_what_is_sent_of_it_are_fedavg_s(strategy: str) -> None:
    (plain, plain_events), (state, events) = observed(quadratics("fedavg", 4)), observed(quadratics(strategy, 4))
    assert messages.weights_digest(state.arrays) == messages.weights_digest(plain.arrays)
    told = [{(event.round, event.client, event.step): event.loss for event in some if isinstance(event, e.BatchTrained)} for some in (plain_events, events)]
    sent = [[event.sent_bytes for event in finished(some, "train")] for some in (plain_events, events)]
    assert told[0] == told[1] and sent[0] == sent[1]


@pytest.mark.parametrize("lam", [0.5, pytest.param(0.0, marks=pytest.mark.slow)])
def test_ditto_stops_between_its_own_minimum_and_the_global_model(lam: float) -> None:
    experiment = quadratics({"name": "ditto", "lam": lam, "passes": 3}, 25, rate=0.3, local_epochs=3)
    state, _ = observed(experiment)
    np.testing.assert_allclose(remembered(state), between(experiment, state.arrays["w"], lam), atol=1e-7)
    if lam == 0:
        np.testing.assert_allclose(remembered(state), experiment.optima, atol=1e-7)


def test_ditto_with_a_large_lambda_is_the_global_model_that_it_received() -> None:
    experiment = quadratics({"name": "ditto", "lam": 100.0, "passes": 5}, 4, rate=0.01)
    states: list[RoundState] = []
    Rounds(experiment, Hooks(save=states.append)).run()  # type: ignore[arg-type]
    received = states[-2].arrays["w"]
    apart = np.linalg.norm(remembered(states[-1]) - received, axis=1)
    assert (apart < 0.02 * np.linalg.norm(experiment.optima - received, axis=1)).all()


def test_pfedme_is_its_formula_where_the_inner_problem_is_solved() -> None:
    lam, eta, beta = 1.0, 0.2, 0.7
    experiment = quadratics({"name": "pfedme", "lam": lam, "inner_steps": 60, "eta": eta, "beta": beta}, 5, rate=0.4)
    state, _ = observed(experiment)
    w = np.zeros(5)
    for _ in range(5):
        copies = np.tile(w, (4, 1))
        thetas = copies
        for step in range(max(experiment.examples)):
            busy = np.array(experiment.examples)[:, None] > step
            thetas = np.where(busy, between(experiment, copies, lam), thetas)
            copies = np.where(busy, copies - eta * lam * (copies - thetas), copies)
        w = (1 - beta) * w + beta * experiment.weights() @ copies
    np.testing.assert_allclose(state.arrays["w"], w, atol=1e-10)
    np.testing.assert_allclose(remembered(state), thetas, atol=1e-10)


def test_fine_tuning_takes_its_steps_from_the_new_global_model() -> None:
    experiment = quadratics({"name": "fine-tuning", "steps": 12}, 3)
    state, events = observed(experiment)
    tuned = experiment.optima + ((1 - 0.1 * experiment.curvatures) ** 12)[:, None] * (state.arrays["w"] - experiment.optima)
    last = [event.personal["loss"] for event in finished(events, "evaluate") if event.round == 3 and event.personal]
    np.testing.assert_allclose(last, loss(experiment, tuned), rtol=1e-9)
    _, events = observed(quadratics({"name": "fine-tuning", "steps": 0}, 3))
    for event in finished(events, "evaluate"):
        assert event.personal == {metric.key.name: metric.value for metric in event.metrics}


@pytest.mark.parametrize("strategy", PERSONAL)
def test_personal_models_are_measured_by_everybody_after_every_round(strategy: str) -> None:
    experiment = quadratics(strategy, 3, faulty_clients=[2])
    _, events = observed(experiment)
    measured = finished(events, "evaluate")
    assert {(event.round, event.client) for event in measured if event.personal} == {(number, client) for number in range(4) for client in range(4)}
    whole = {event.client: event.metrics[0].value for event in measured if event.round == 3}
    mine = {event.client: event.personal["loss"] for event in measured if event.round == 3 and event.personal}
    assert all(mine[client] < whole[client] for client in (0, 1, 3))
    if strategy in REMEMBERING:
        assert mine[2] == whole[2], "a client that has never trained has the global model"


@pytest.mark.parametrize("strategy", REMEMBERING)
def test_a_resumed_run_goes_on_with_the_same_personal_models(strategy: str, tmp_path: Path) -> None:
    experiment = quadratics(strategy, 4, fraction=0.75)
    states: list[RoundState] = []
    Rounds(experiment, Hooks(save=states.append)).run()  # type: ignore[arg-type]
    (tmp_path / "state").write_bytes(dump_state(states[2]))
    with safe_open(tmp_path / "state", "np") as file:
        kept = parse_state(json.loads(file.metadata()["state"]), {name: file.get_tensor(name) for name in file.keys()})  # noqa: SIM118 - no mapping
    resumed, _ = observed(experiment, kept)
    assert np.array_equal(remembered(resumed), remembered(states[-1])) and not np.array_equal(remembered(resumed), remembered(states[2]))


def test_local_models_are_measured_where_it_is_asked_for() -> None:
    quiet, watching = (quadratics("fedavg", 2, watch_local=watch) for watch in (False, True))
    (unseen, before), (seen, events) = observed(quiet), observed(watching)
    assert messages.weights_digest(unseen.arrays) == messages.weights_digest(seen.arrays)
    assert not any(event.own for event in finished(before, "train"))
    kept = ((1 - 0.1 * watching.curvatures) ** np.array(watching.examples))[:, None]
    trained = watching.optima + kept * (0 - watching.optima)
    own = [event.own["loss"] for event in finished(events, "train") if event.round == 1 and event.own]
    np.testing.assert_allclose(own, loss(watching, trained), rtol=1e-9)
    extra = {one.sent_bytes - other.sent_bytes for one, other in zip(finished(events, "train"), finished(before, "train"), strict=True)}
    assert extra == {sum(map(len, (wire.WEIGHT, wire.LOSS_SUM, wire.CONFUSION))) + 8 * (2 + 4)}
    assert [event.sent_bytes for event in finished(events, "evaluate")] == [event.sent_bytes for event in finished(before, "evaluate")]


@pytest.mark.slow
@pytest.mark.parametrize("strategy", [*PERSONAL, "local-parts"])
def test_the_comparison_shows_the_personal_models_of_the_last_round(strategy: str) -> None:
    experiment = assemble(small(strategy=strategy, compare=True))
    state, events = observed(experiment)
    last = {event.client: event.personal for event in finished(events, "evaluate") if event.round == state.round}
    found: list[e.Event] = []
    assert compare(experiment, state.arrays, Hooks(emit=found.append), state.clients, state.strategy)
    assert {event.client: event.personal for event in found if isinstance(event, e.Compared)} == last and None not in last.values()


@pytest.mark.parametrize("strategy", PERSONAL)
@pytest.mark.parametrize("adversary", ["free-rider", "replacement"])
def test_an_attacker_spoils_the_global_model_more_than_the_personal_ones(strategy: str, adversary: str) -> None:
    _, events = observed(quadratics(strategy, 3, adversary={"name": adversary, "clients": [1]}))
    honest = [event for event in finished(events, "evaluate") if event.round == 3 and event.client != 1]
    assert all(event.personal and event.personal["loss"] < event.metrics[0].value for event in honest)

"""MOON: its term against its formula, what it does to vectors, and what it leaves alone."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors import safe_open
from torch.nn.functional import cosine_similarity, normalize

from fedviz.bench.quadratics import Quadratics, quadratics
from fedviz.core.errors import ConfigError
from fedviz.federation import messages, wire
from fedviz.federation.assemble import Experiment, assemble
from fedviz.federation.local.moon import PREVIOUS, contrast
from fedviz.federation.rounds import Hooks, Rounds, RoundState
from fedviz.runs.states import dump_state, parse_state
from tests.runs.small import small


def moon(mu: float = 1.0, tau: float = 0.5) -> dict[str, Any]:
    return {"name": "moon", "mu": mu, "tau": tau}


def states(experiment: Any) -> list[RoundState]:
    found: list[RoundState] = []
    Rounds(experiment, Hooks(save=found.append)).run()
    return found


def digests(experiment: Any) -> list[str]:
    return [messages.weights_digest(state.arrays) for state in states(experiment)]


def term(z: np.ndarray, near: np.ndarray, far: np.ndarray, tau: float) -> float:
    """The paper's equation 3 for one text."""
    s, t = (np.exp(z @ other / (np.linalg.norm(z) * np.linalg.norm(other)) / tau) for other in (near, far))
    return -np.log(s / (s + t))


def slope(z: np.ndarray, *others: Any, step: float = 1e-6) -> np.ndarray:
    """The term's gradient by central differences."""
    return np.array([(term(z + step * unit, *others) - term(z - step * unit, *others)) / (2 * step) for unit in np.eye(len(z))])


@pytest.mark.slow
def test_the_term_is_its_formula_and_so_is_its_gradient() -> None:
    rng = np.random.default_rng(0)
    z, near, far = (torch.from_numpy(rng.standard_normal((6, 5))) for _ in range(3))
    expected = np.mean([term(*(part[i].numpy() for part in (z, near, far)), 0.3) for i in range(6)])
    assert contrast(z, near, far, 0.3).item() == pytest.approx(expected, rel=1e-12)
    assert torch.autograd.gradcheck(lambda x: contrast(x, near, far, 0.3), z.requires_grad_())
    assert torch.isfinite(contrast(z, z, -z, 1e-3)) and torch.isfinite(contrast(z, -z, z, 1e-3)), "a small temperature overflows nothing"


@pytest.mark.slow
def test_clients_step_down_the_loss_and_the_term_from_their_second_round_on() -> None:
    mu, tau = 2.0, 0.5
    experiment = quadratics(moon(mu, tau), 4)
    w, former = np.zeros(5), [None] * 4
    for number, state in enumerate(states(experiment)[1:], 1):
        sent = []
        for k, steps in enumerate(experiment.examples):
            v = w.copy()
            for _ in range(steps):
                pull = 0.0 if former[k] is None else mu * slope(v, w, former[k], tau)
                v = v - 0.1 * (experiment.curvatures[k] * (v - experiment.optima[k]) + pull)
            sent.append(v)
        w, former = experiment.weights() @ np.array(sent), sent
        np.testing.assert_allclose(state.arrays["w"], w, atol=1e-8, err_msg=f"round {number}")


def test_without_weight_it_is_fedavg_to_the_bit_and_with_it_from_the_second_round_on_not() -> None:
    plain, zero, one = (digests(quadratics(strategy, 3)) for strategy in ("fedavg", moon(0.0), moon(1.0)))
    assert zero == plain and one[:2] == plain[:2] and one[2] != plain[2]


@pytest.mark.slow
def test_without_weight_a_language_model_trains_as_with_fedavg() -> None:
    plain, zero, one = (digests(assemble(small(strategy=strategy))) for strategy in ("fedavg", moon(0.0), moon(1.0)))
    assert zero == plain and one[:2] == plain[:2] and one[2] != plain[2]


def test_a_client_remembers_the_model_that_it_sent_last() -> None:
    sent: dict[int, np.ndarray] = {}
    rounds = Rounds(quadratics(moon(), 3, fraction=0.5), Hooks(keep_client=lambda number, client, arrays: sent.update({client: arrays["w"].copy()})))  # type: ignore[arg-type]
    clients = rounds.run().state.clients
    assert len(sent) >= 2 and {k for k, kept in enumerate(clients) if wire.MEMORY in kept} == set(sent)
    for client, w in sent.items():
        np.testing.assert_array_equal(messages.arrays_of(clients[client][wire.MEMORY])[PREVIOUS + "w"], w)  # type: ignore[arg-type]


def resumed(experiment: Quadratics | Experiment, tmp_path: Path) -> None:
    straight = states(experiment)
    (tmp_path / "state").write_bytes(dump_state(straight[1]))
    with safe_open(tmp_path / "state", "np") as file:
        kept = parse_state(json.loads(file.metadata()["state"]), {name: file.get_tensor(name) for name in file.keys()})  # noqa: SIM118 - no mapping
    again = Rounds(experiment, Hooks(), kept).run().state  # type: ignore[arg-type]
    assert messages.weights_digest(again.arrays) == messages.weights_digest(straight[-1].arrays)


def test_a_resumed_run_ends_with_the_same_bits(tmp_path: Path) -> None:
    resumed(quadratics(moon(), 3), tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("tuning", ["lora", "full"])
def test_a_resumed_run_of_a_language_model_ends_with_the_same_bits(tuning: str, tmp_path: Path) -> None:
    resumed(assemble(small(strategy=moon(), rounds=3).updated({"model.tuning": tuning})), tmp_path)


@pytest.fixture(scope="module")
def experiment() -> Experiment:
    return assemble(small(strategy="moon"))


@torch.no_grad()
def nearness(learner: Any, rows: Any, arrays: messages.Arrays, other: messages.Arrays) -> float:
    """Mean cosine of the vectors that two models give to the training texts at `rows`."""
    found = []
    for weights in (arrays, other):
        learner.load(weights)
        found.append(torch.cat([learner.features(batch) for batch in learner.batches("train", rows, 64)]))
    return cosine_similarity(*found).mean().item()


@pytest.mark.slow
@pytest.mark.parametrize("tuning", ["lora", "full"])
def test_vectors_come_nearer_to_the_global_model_s_than_to_the_former_one_s(tuning: str) -> None:
    """What the term rewards is the difference of both cosines. Neither of them alone need grow, see the next test."""
    gained = []
    for mu in (0.0, 1.0):
        experiment, found, sent = assemble(small(strategy=moon(mu), local_epochs=4).updated({"model.tuning": tuning})), [], []
        Rounds(experiment, Hooks(save=found.append, keep_client=lambda number, client, arrays, sent=sent: None if client else sent.append(arrays))).run()
        former, trained = sent
        near, far = (nearness(experiment.learner, experiment.shards.train[0], trained, other) for other in (found[1].arrays, former))
        gained.append(near - far)
    assert gained[1] > gained[0] + 1e-4


def test_the_term_is_least_where_vectors_have_left_both_models_that_agree() -> None:
    """It falls with `z (u - v)` for unit vectors: its minimum is the direction of u - v, which is nearly at right angles to u where v is near u."""
    rng = np.random.default_rng(1)
    u = normalize(torch.from_numpy(rng.standard_normal(5)), dim=0)
    v = normalize(u + 0.1 * torch.from_numpy(rng.standard_normal(5)), dim=0)
    least = contrast((u - v)[None], u[None], v[None], 0.5)
    assert all(contrast(z[None], u[None], v[None], 0.5) > least for z in (u, *torch.from_numpy(rng.standard_normal((200, 5)))))
    assert cosine_similarity(u - v, u, dim=0) < 0.2


@pytest.mark.parametrize("tuning", ["lora", pytest.param("full", marks=pytest.mark.slow)])
@pytest.mark.parametrize("bucket", [True, pytest.param(False, marks=pytest.mark.slow)])
def test_vectors_by_other_weights_are_those_of_a_learner_that_holds_them(tuning: str, bucket: bool, experiment: Experiment) -> None:
    if (tuning, bucket) != ("lora", True):
        experiment = assemble(small().updated({"model.tuning": tuning, "model.bucket": bucket}))
    learner, moved = experiment.learner, {name: values + np.float32(0.1) for name, values in experiment.initial.items()}
    batch = next(iter(learner.batches("train", range(8), 8)))
    learner.load(moved)
    others = [weight.detach().clone() for weight in learner.parameters()]
    expected, loss = learner.features(batch), learner.loss(batch)
    assert torch.equal(learner.loss(batch, expected), loss)
    learner.load(experiment.initial)
    assert torch.equal(learner.features(batch, others), expected) and not torch.equal(learner.features(batch), expected)
    assert messages.weights_digest(learner.arrays()) == messages.weights_digest(experiment.initial)


def test_a_frozen_language_model_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"tuning` must be lora or full where the strategy is moon, .* frozen"):
        small(strategy="moon").updated({"model.tuning": "head"})

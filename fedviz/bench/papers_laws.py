"""Laws of the strategies on quadratic losses, where what must come out can be written down (see `fedviz.bench.quadratics`)."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fedviz.bench.proof import Proof, lines, near, same_bits
from fedviz.bench.quadratics import Quadratics, Vector, quadratics
from fedviz.core.i18n import N_
from fedviz.core.registry import STRATEGIES
from fedviz.federation.rounds import Hooks, Rounds

CURVES = {"FedAvg": "fedavg", "FedNova": "fednova", "SCAFFOLD": "scaffold", "FedDyn": {"name": "feddyn", "alpha": 1.0}}
"""Whose distance to the minimum is kept round by round."""
DRIFT = "Karimireddy et al. 2020, SCAFFOLD, arXiv:1910.06378 (client drift); the fixed point follows from the step of SGD on a quadratic loss"
BALANCE = r"w^* = \frac{\sum_k p_k \, (1-(1-\eta a_k)^{s_k}) \, o_k}{\sum_k p_k \, (1-(1-\eta a_k)^{s_k})}, \qquad F_k(w) = \tfrac{a_k}{2} \lVert w - o_k \rVert^2"
MINIMUM = r"w^* = \frac{\sum_k p_k a_k o_k}{\sum_k p_k a_k} = \arg\min_w \sum_k p_k F_k(w)"
NOVA = r"w^* = \frac{\sum_k p_k \, \frac{1-(1-\eta a_k)^{s_k}}{s_k} \, o_k}{\sum_k p_k \, \frac{1-(1-\eta a_k)^{s_k}}{s_k}}"


def strategy_laws() -> Iterator[Proof]:
    """A row for each law: fixed points, equality with FedAvg or gradient descent, and formulas."""
    yield from fixed_points()
    yield from same_as_another()
    yield from formulas()


def distances() -> dict[str, list[float]]:
    """Distance to the minimum of the weighted loss after each round, from round 0 on, by algorithm."""
    found = {}
    for name, strategy in CURVES.items():
        experiment, reached = quadratics(strategy, 50, rate=0.3), []
        Rounds(experiment, Hooks(save=lambda state, reached=reached: reached.append(state.arrays["w"]))).run()  # type: ignore[arg-type]
        found[name] = [float(np.linalg.norm(w - experiment.optimum())) for w in reached]
    return found


def fixed_points() -> Iterator[Proof]:
    """Where FedAvg and FedNova come to rest, and that SCAFFOLD and FedDyn do at the minimum."""
    experiment = quadratics("fedavg", 40, rate=0.2)
    moved = experiment.weights() * (1 - _kept(experiment))
    balance = moved @ experiment.optima / moved.sum()
    reached = _reached(experiment)
    yield near("FedAvg", N_("stops where the clients' local steps balance"), BALANCE, DRIFT, reached, balance, 1e-8)
    gap = float(np.linalg.norm(reached - experiment.optimum()))
    words = N_("is thereby away from the minimum of everybody's loss")
    yield Proof("FedAvg", words, MINIMUM, DRIFT, f"{gap:.4f}", f"{np.linalg.norm(balance - experiment.optimum()):.4f}", gap, 0.01, "at least")
    for title, strategy in (("SCAFFOLD", "scaffold"), ("FedDyn", {"name": "feddyn", "alpha": 1.0})):
        experiment = quadratics(strategy, 50, rate=0.3)
        entry = STRATEGIES.get(experiment.config.federation.strategy.name)
        yield near(title, N_("reaches the minimum of everybody's loss"), lines(MINIMUM, entry.equation), entry.paper, _reached(experiment), experiment.optimum(), 1e-8)
    experiment = quadratics("fednova", 60, rate=0.2)
    moved = experiment.weights() * (1 - _kept(experiment)) / np.array(experiment.examples)
    yield near("FedNova", N_("stops where the clients' directions per step balance"), NOVA, STRATEGIES.get("fednova").paper, _reached(experiment),
               moved @ experiment.optima / moved.sum(), 1e-8)  # fmt: skip


def same_as_another() -> Iterator[Proof]:
    """Strategies that with some setting are FedAvg, to the bit, or gradient descent."""
    average = _reached(quadratics("fedavg", 5))
    for title, strategy, law in (
        ("FedProx", {"name": "fedprox", "mu": 0.0}, N_("with mu = 0 is FedAvg to the bit")),
        ("FedOpt (server SGD)", {"name": "fedopt-sgd", "server_rate": 1.0}, N_("with server rate 1 is FedAvg to the bit")),
        ("FedAvgM", {"name": "fedavgm", "server_rate": 1.0, "momentum": 0.0}, N_("without momentum is FedAvg to the bit")),
    ):
        entry = STRATEGIES.get(str(strategy["name"]))
        yield same_bits(title, law, entry.equation, entry.paper, _reached(quadratics(strategy, 5)), average)
    experiment, w = quadratics("fedsgd", 7, local_epochs=3), np.zeros(5)
    for _ in range(7):
        w = w - 0.1 * (experiment.weights() * experiment.curvatures) @ (w - experiment.optima)
    entry = STRATEGIES.get("fedsgd")
    yield near("FedSGD", N_("is gradient descent on everybody's loss"), entry.equation, entry.paper, _reached(experiment), w, 1e-12)
    even, entry = _reached(quadratics("fedavg", 3, weighting="even")), STRATEGIES.get("q-ffl")
    yield near("q-FFL", N_("with q = 0 is the even mean"), entry.equation, entry.paper, _reached(quadratics({"name": "q-ffl", "q": 0.0}, 3)), even, 1e-12)


def formulas() -> Iterator[Proof]:
    """Servers' rules, and FedProx's term, against their equations in NumPy."""
    law = N_("after six rounds equals its equation, computed in NumPy")
    for title, options in (
        ("FedAvgM", {"name": "fedavgm", "server_rate": 0.5, "momentum": 0.8}),
        ("q-FFL", {"name": "q-ffl", "q": 1.5}),
        ("FedAdagrad", {"name": "fedadagrad", "server_rate": 0.1, "tau": 1e-3}),
        ("FedAdam", {"name": "fedadam", "server_rate": 0.03, "beta_1": 0.9, "beta_2": 0.99, "tau": 1e-3}),
        ("FedYogi", {"name": "fedyogi", "server_rate": 0.03, "beta_1": 0.9, "beta_2": 0.99, "tau": 1e-3}),
    ):
        experiment = quadratics(options, 6, rate=0.05)
        entry = STRATEGIES.get(str(options["name"]))
        yield near(title, law, entry.equation, entry.paper, _reached(experiment), _by_hand(experiment, options), 1e-10)
    experiment, entry = quadratics({"name": "fedprox", "mu": 0.5}, 6), STRATEGIES.get("fedprox")
    yield near("FedProx", law, entry.equation, entry.paper, _reached(experiment), _held_near(experiment, 0.5), 1e-10)


def _held_near(experiment: Quadratics, mu: float) -> Vector:
    """FedProx step by step: each client's gradient is `a_k (v - o_k) + mu (v - w)` [d]."""
    w, rate = np.zeros(experiment.optima.shape[1]), experiment.config.federation.learning_rate
    for _ in range(experiment.config.federation.rounds):
        sent = []
        for optimum, curvature, steps in zip(experiment.optima, experiment.curvatures, experiment.examples, strict=True):
            v = w
            for _ in range(steps):
                v = v - rate * (curvature * (v - optimum) + mu * (v - w))
            sent.append(v)
        w = experiment.weights() @ np.array(sent)
    return w


def _by_hand(experiment: Quadratics, options: dict[str, Any]) -> Vector:
    """The global weights after the experiment's rounds by the equation of a server's rule [d]."""
    rate, name = options.get("server_rate", 1.0), options["name"]
    b1, b2, tau = options.get("beta_1", 0.0), options.get("beta_2", 0.0), options.get("tau", 0.0)
    w, m = (np.zeros(experiment.optima.shape[1]) for _ in range(2))
    v = np.full_like(w, tau**2)
    for _ in range(experiment.config.federation.rounds):
        delta = experiment.weights() @ ((1 - _kept(experiment))[:, None] * (experiment.optima - w))
        m = b1 * m + (1 - b1) * delta
        if name == "fedavgm":
            v = options["momentum"] * v + delta
            w = w + rate * v
        elif name == "q-ffl":
            w = w - _fair_step(experiment, w, options["q"])
        elif name == "fedadagrad":
            v = v + delta**2
            w = w + rate * delta / (np.sqrt(v) + tau)
        elif name == "fedadam":
            v = b2 * v + (1 - b2) * delta**2
            w = w + rate * m / (np.sqrt(v) + tau)
        else:
            v = v - (1 - b2) * delta**2 * np.sign(v - delta**2)
            w = w + rate * m / (np.sqrt(v) + tau)
    return w


def _fair_step(experiment: Quadratics, w: Vector, q: float) -> Vector:
    """Algorithm 2 of Li et al. 2020 (q-FedAvg) with L = 1 / learning rate."""
    rate = experiment.config.federation.learning_rate
    losses = experiment.curvatures / 2 * np.square(w - experiment.optima).sum(1)
    moved = (w - experiment.optima) * (1 - _kept(experiment))[:, None] / rate
    return losses**q @ moved / (q * losses ** (q - 1) * np.square(moved).sum(1) + losses**q / rate).sum()


def _kept(experiment: Quadratics) -> NDArray[np.float64]:
    """What a client's distance to its own optimum is multiplied by in a round of plain SGD [clients]."""
    federation = experiment.config.federation
    return (1 - federation.learning_rate * experiment.curvatures) ** (np.array(experiment.examples) * federation.local_epochs)


def _reached(experiment: Quadratics) -> Vector:
    return experiment.run().arrays["w"]

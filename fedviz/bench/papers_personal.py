"""MOON, edges, parts that stay home and personal models: their limits, and their equations by hand on quadratic losses (see `fedviz.bench.quadratics`)."""

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
from flwr.app import ArrayRecord, Message
from numpy.typing import NDArray

from fedviz.bench.proof import Proof, lines, near, same_bits
from fedviz.bench.quadratics import Quadratics, Vector, quadratics
from fedviz.core import events as e
from fedviz.core.config import RunConfig
from fedviz.core.i18n import N_
from fedviz.core.registry import STRATEGIES
from fedviz.federation import messages, wire
from fedviz.federation.assemble import assemble
from fedviz.federation.local.ditto import PERSONAL
from fedviz.federation.rounds import Hooks, Rounds, RoundState
from fedviz.federation.traffic import travelling

BETWEEN = r"v_k^* = \frac{a_k \, o_k + \lambda w}{a_k + \lambda}, \qquad F_k(v) = \tfrac{a_k}{2} \lVert v - o_k \rVert^2"
"""Where a personal model comes to rest on a quadratic loss: between its own minimum and the global model."""
STRONG = 100.0
"""The largest lambda that the options allow."""
_BY_HAND = N_("after six rounds equals its equation, computed in NumPy")


def personal_laws() -> Iterator[Proof]:
    """A row for each law."""
    yield from moon_laws()
    yield from hierarchical_laws()
    yield from ditto_laws()
    yield from pfedme_laws()
    yield from fine_tuning_laws()
    yield from local_parts_laws()


def moon_laws() -> Iterator[Proof]:
    """Without weight it is FedAvg; with it, its term's gradient is that of the paper's equation 3, found by central differences."""
    entry = STRATEGIES.get("moon")
    yield same_bits(entry.title, N_("with mu = 0 is FedAvg to the bit"), entry.equation, entry.paper, _reached(quadratics({"name": "moon", "mu": 0.0}, 5)), _reached(quadratics("fedavg", 5)))
    mu, tau, experiment = 2.0, 0.5, quadratics({"name": "moon", "mu": 2.0, "tau": 0.5}, 6)
    w, former = np.zeros(5), list[Vector]()
    for _ in range(6):
        sent = []
        for k, steps in enumerate(experiment.examples):
            v = w
            for _ in range(steps):
                pull = mu * _slope(v, w, former[k], tau) if former else 0.0
                v = v - 0.1 * (experiment.curvatures[k] * (v - experiment.optima[k]) + pull)
            sent.append(v)
        w, former = experiment.weights() @ np.array(sent), sent
    yield near(entry.title, _BY_HAND, entry.equation, entry.paper, _reached(experiment), w, 1e-6)


def hierarchical_laws() -> Iterator[Proof]:
    """One edge, and a cloud average in every round, are FedAvg; with edges that go their own way it is its equation."""
    entry = STRATEGIES.get("hierarchical")

    def edges(count: int, every: int) -> dict[str, Any]:
        return {"name": "hierarchical", "edges": count, "every": every}

    yield same_bits(entry.title, N_("with one edge is FedAvg to the bit"), entry.equation, entry.paper, _reached(quadratics(edges(1, 1), 5)), _reached(quadratics("fedavg", 5)))
    yield near(entry.title, N_("with a cloud average in every round is FedAvg: the mean of three edges' means is the mean of all six clients"), entry.equation, entry.paper,
               _reached(quadratics(edges(3, 1), 6, clients=6)), _reached(quadratics("fedavg", 6, clients=6)), 1e-12)  # fmt: skip
    experiment = quadratics(edges(2, 3), 8)
    kept, weights, own = _kept(experiment), np.array(experiment.examples, float), np.zeros((2, 5))
    for number in range(1, 9):
        trained = experiment.optima + kept * (np.repeat(own, 2, axis=0) - experiment.optima)
        own = np.array([np.average(trained[rows], axis=0, weights=weights[rows]) for rows in (slice(0, 2), slice(2, 4))])
        cloud = np.average(own, axis=0, weights=weights.reshape(2, 2).sum(1))
        own = own if number % 3 else np.array([cloud, cloud])
    yield near(entry.title, N_("after eight rounds of two edges, which the cloud averages in every third, equals its equation, computed in NumPy"), entry.equation, entry.paper,
               _reached(experiment), cloud, 1e-12)  # fmt: skip


def ditto_laws() -> Iterator[Proof]:
    """The global model is FedAvg's; personal ones are the clients' own minima without lambda, the global model with a large one, and between them where it is written."""
    entry = STRATEGIES.get("ditto")
    equation = lines(entry.equation, BETWEEN)
    yield same_bits(entry.title, N_("leaves the global model FedAvg's, to the bit"), entry.equation, entry.paper, _reached(quadratics("ditto", 5)), _reached(quadratics("fedavg", 5)))
    for lam, law in ((0.0, N_("with lambda 0 gives every client its own minimum")), (0.5, N_("with lambda 0.5 gives every client the model between its own minimum and the global one"))):
        experiment = quadratics({"name": "ditto", "lam": lam, "passes": 3}, 30, rate=0.3, local_epochs=3)
        states = _states(experiment)
        yield near(entry.title, law, equation, entry.paper, _personal(states[-1]).ravel(), _between(experiment, states[-2].arrays["w"], lam).ravel(), 1e-6)
    experiment = quadratics({"name": "ditto", "lam": STRONG, "passes": 5}, 4, rate=0.01)
    yield from _held(entry, experiment, _states(experiment))


def pfedme_laws() -> Iterator[Proof]:
    """With its inner problem solved it is its equation; without lambda clients stay alone, with a large one they have the global model."""
    entry = STRATEGIES.get("pfedme")
    lam, eta, beta = 1.0, 0.2, 0.7
    experiment = quadratics({"name": "pfedme", "lam": lam, "inner_steps": 60, "eta": eta, "beta": beta}, 6, rate=0.4)
    w = np.zeros(5)
    for _ in range(6):
        copies = np.tile(w, (4, 1))
        for step in range(max(experiment.examples)):
            busy = np.array(experiment.examples)[:, None] > step
            copies = np.where(busy, copies - eta * lam * (copies - _between(experiment, copies, lam)), copies)
        w = (1 - beta) * w + beta * experiment.weights() @ copies
    yield near(entry.title, N_("after six rounds equals its equation, computed in NumPy, where the inner problem is solved"), lines(entry.equation, BETWEEN), entry.paper, _reached(experiment), w, 1e-6)
    experiment = quadratics({"name": "pfedme", "lam": 0.0, "inner_steps": 60}, 3, rate=0.4)
    last = _states(experiment)[-1]
    yield near(entry.title, N_("with lambda 0 gives every client its own minimum, and the global model stays where it began"), lines(entry.equation, BETWEEN), entry.paper,
               np.append(_personal(last), last.arrays["w"]), np.append(experiment.optima, np.zeros(5)), 1e-6)  # fmt: skip
    experiment = quadratics({"name": "pfedme", "lam": STRONG, "inner_steps": 60, "eta": 1e-9}, 3, rate=0.01)  # copies that hardly move, so that it is known what is near what
    yield from _held(entry, experiment, _states(experiment))


def fine_tuning_laws() -> Iterator[Proof]:
    """Each client's loss after its own steps from the new global model."""
    entry, events = STRATEGIES.get("fine-tuning"), list[e.Event]()
    experiment = quadratics({"name": "fine-tuning", "steps": 12}, 3)
    w = Rounds(experiment, Hooks(emit=events.append)).run().state.arrays["w"]  # type: ignore[arg-type]
    told = {event.client: event.personal["loss"] for event in events if isinstance(event, e.ClientFinished) and event.round == 3 and event.personal}
    tuned = experiment.optima + ((1 - 0.1 * experiment.curvatures) ** 12)[:, None] * (w - experiment.optima)
    equation = lines(entry.equation, r"F_k(v_k) = \tfrac{a_k}{2} \, (1 - \eta a_k)^{2s} \, \lVert w_{t+1} - o_k \rVert^2")
    losses, law = np.array([told[k] for k in range(4)]), experiment.curvatures / 2 * np.square(tuned - experiment.optima).sum(1)
    yield Proof(entry.title, N_("takes twelve steps from the new global model: each client's loss then is the one that can be written down (largest difference)"), equation, entry.paper,
                *(" ".join(f"{value:.6f}" for value in some) for some in (losses, law)), float(np.abs(losses - law).max()), 1e-6)  # fmt: skip


def local_parts_laws() -> Iterator[Proof]:
    """No message of a run has an array that stays home, and the others are averaged. The toy encoder will do: the law is about names and sums, not about learning."""
    entry = STRATEGIES.get("local-parts")
    for parts, tuning, law in (
        ("head", "lora", N_("FedPer: no message in either direction has an array of the head (arrays of the head in all messages)")),
        ("norms", "full", N_("FedBN: no message in either direction has an array of a layer norm (arrays of norms in all messages)")),
    ):
        experiment = assemble(RunConfig.parse({
            "scenario": {"name": "toy", "train_texts": 32, "test_texts": 16}, "model": {"name": "toy", "width": 16, "layers": 1, "tuning": tuning},
            "federation": {"rounds": 2, "clients": 3, "compare": False, "batch_size": 4, "strategy": {"name": "local-parts", "parts": parts}},
        }))  # fmt: skip
        home = set(experiment.initial) - set(travelling(experiment.config, experiment.initial))
        passed, sent, ended = _overheard(experiment)
        found = sum(name in home for name in passed)
        yield Proof(entry.title, law, entry.equation, entry.paper, f"{found} / {len(passed):,}", "0", float(found if passed and home else np.inf), 0.0)
        weights = np.array([len(rows) for rows in experiment.shards.train], float)
        reached, mean = ([] for _ in range(2))
        for name in travelling(experiment.config, experiment.initial):
            reached.append(ended.arrays[name].astype(float).ravel())
            mean.append(np.average([sent[client][name].astype(float).ravel() for client in range(3)], axis=0, weights=weights))
        words = N_("averages what does not stay home, with the head at home") if parts == "head" else N_("averages what does not stay home, with the norms at home")
        yield near(entry.title, words, entry.equation, entry.paper, np.concatenate(reached), np.concatenate(mean), 1e-6)


def _overheard(experiment: Any) -> tuple[list[str], dict[int, Any], RoundState]:
    """The names of all arrays in all messages of a run, what each client sent in the last round, and the last state."""
    passed: list[str] = []
    sent: dict[int, Any] = {}
    rounds = Rounds(experiment, Hooks(keep_client=lambda number, client, arrays: sent.update({client: dict(arrays)})))
    ask = rounds.grid.send_and_receive

    def heard(orders: Iterable[Message]) -> Iterator[Message]:
        for message in (asked := list(orders)):
            passed.extend(_names(message))
        for reply in ask(asked):
            passed.extend(_names(reply))
            yield reply

    rounds.grid.send_and_receive = heard  # type: ignore[method-assign, assignment]
    return passed, sent, rounds.run().state


def _names(message: Message) -> list[str]:
    return [name for record in message.content.values() if isinstance(record, ArrayRecord) for name in record]


def _held(entry: Any, experiment: Quadratics, states: list[RoundState]) -> Iterator[Proof]:
    """With the strongest lambda: where personal models are, and that this is all but the global model that the clients received."""
    received, found = states[-2].arrays["w"], _personal(states[-1])
    yield near(entry.title, N_("with lambda 100 gives every client the model that its equation puts beside the global one"), lines(entry.equation, BETWEEN), entry.paper,
               found.ravel(), _between(experiment, received, STRONG).ravel(), 1e-6)  # fmt: skip
    apart = float((np.linalg.norm(found - received, axis=1) / np.linalg.norm(experiment.optima - received, axis=1)).max())
    law = float((experiment.curvatures / (experiment.curvatures + STRONG)).max())
    yield Proof(entry.title, N_("with lambda 100 gives every client the global model, but for a hundredth of the way to its own minimum (largest part of the way)"),
                lines(entry.equation, BETWEEN), entry.paper, f"{apart:.4f}", f"{law:.4f}", apart, 0.02)  # fmt: skip


def _slope(z: Vector, close: Vector, far: Vector, tau: float, step: float = 1e-6) -> Vector:
    """The gradient of MOON's term at z by central differences [d]."""

    def term(point: Vector) -> float:
        s, t = (np.exp(point @ other / (np.linalg.norm(point) * np.linalg.norm(other)) / tau) for other in (close, far))
        return float(-np.log(s / (s + t)))

    return np.array([(term(z + step * unit) - term(z - step * unit)) / (2 * step) for unit in np.eye(len(z))])


def _between(experiment: Quadratics, w: NDArray[np.float64], lam: float) -> NDArray[np.float64]:
    """Where `F_k(v) + lam/2 ||v - w||^2` is least [clients, d]."""
    a = experiment.curvatures[:, None]
    return (a * experiment.optima + lam * w) / (a + lam)


def _kept(experiment: Quadratics) -> NDArray[np.float64]:
    """What a client's distance to its own minimum is multiplied by in a round of plain SGD [clients, 1]."""
    return ((1 - experiment.config.federation.learning_rate * experiment.curvatures) ** np.array(experiment.examples))[:, None]


def _personal(state: RoundState) -> NDArray[np.float64]:
    """The personal models that the clients remember [clients, d]."""
    return np.array([messages.arrays_of(client[wire.MEMORY])[f"{PERSONAL}w"] for client in state.clients])  # type: ignore[arg-type]


def _states(experiment: Quadratics) -> list[RoundState]:
    states: list[RoundState] = []
    Rounds(experiment, Hooks(save=states.append)).run()  # type: ignore[arg-type]
    return states


def _reached(experiment: Quadratics) -> Vector:
    return experiment.run().arrays["w"]

"""Attacks by what they send, FLTrust by whom it trusts, and who comes: laws on quadratic losses and on softmax regression (see `quadratics`, `tables`)."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from fedviz.bench.papers_vectors import CLASSES, federation, vectors
from fedviz.bench.proof import Proof, near, same_bits
from fedviz.bench.quadratics import Quadratics, QuadraticServer, Vector, quadratics
from fedviz.core.config import RunConfig
from fedviz.core.i18n import N_
from fedviz.core.registry import ADVERSARIES, AGGREGATIONS, AVAILABILITY
from fedviz.federation.adversaries.backdoor import triggered
from fedviz.federation.adversaries.little_is_enough import unseen
from fedviz.federation.assemble import assemble
from fedviz.federation.availability.base import drawn
from fedviz.federation.rounds import Hooks, Rounds
from fedviz.scenarios import load as scenarios

SENT = {
    "sign-flip": r"\tilde{w}^k = w_t - s \, (w_t^k - w_t)",
    "replacement": r"\tilde{w}^k = w_t + s \, (w_t^k - w_t), \qquad s = K \text{ and nobody else moves:} \quad w_{t+1} = w_t^k",
    "noise": r"\tilde{w}^k = w_t + s \, \frac{\lVert w_t^k - w_t \rVert}{\sqrt{d}} \, \xi, \quad \xi \sim \mathcal{N}(0, I_d), \qquad \mathbb{E} \lVert \tilde{w}^k - w_t \rVert^2 = s^2 \lVert w_t^k - w_t \rVert^2",
    "free-rider": r"\tilde{w}^k = w_t",
    "label-flipping": r"y \mapsto (y + 1) \bmod C",
    "backdoor": r"\tilde{w}^k = w_t + s \, (w_t^k - w_t), \quad w_t^k \text{ trained on } D_k \cup \{(\text{trigger} \, x, \, y^*)\}",
    "little-is-enough": r"\tilde{w} = w_t + \mu - z \, \sigma \ \text{over the attackers' honest updates}, \qquad \Phi(z) = \frac{n - m - s}{n - m}, \quad s = \left\lfloor \frac{n}{2} + 1 \right\rfloor - m",
    "colluders": r"\tilde{w} = w_t - \varepsilon \, \frac{1}{m} \sum_{k \in A} (w_t^k - w_t), \qquad \text{equal clients:} \quad w_{t+1} - w_t = \frac{n - m - \varepsilon m}{n} \, (w_t^k - w_t)",
}
"""What an attacker sends, as LaTeX; A are the m attackers of n clients."""
FACTOR = 3.0
_SENT = N_("sends what its equation says, computed in NumPy")


def attack_laws() -> Iterator[Proof]:
    """A row for each law."""
    yield from _lengthened()
    yield from _together()
    yield from _labels()
    yield from _backdoor()
    yield from trust_laws()
    yield from availability_laws()


def _lengthened() -> Iterator[Proof]:
    """Attackers who need nobody: turned, replaced, noisy and idle."""
    yield _row("sign-flip", _SENT, _attacked("sign-flip", [2], strength=FACTOR)[2], -FACTOR * _honest(quadratics("fedavg", 1))[2])
    base = quadratics("fedavg", 1, clients=5, weighting="even", adversary={"name": "replacement", "clients": [1], "strength": 5.0})
    still = replace(base, optima=np.where(np.arange(5)[:, None] == 1, base.optima, 0.0))
    yield _row("replacement", N_("whose update is as many times longer as there are clients becomes the model, where the others have nothing left to learn"), still.run().arrays["w"], _honest(still)[1])
    d = 20_000
    honest, sent = _honest(quadratics("fedavg", 1, dimensions=d))[1], _attacked("noise", [1], strength=FACTOR, dimensions=d)[1]
    ratio = float(np.square(sent).sum() / np.square(honest).sum())
    entry = ADVERSARIES.get("noise")
    yield Proof(entry.title, N_("is as many times as long as an honest update as is asked (distance of its squared length from the mean, in standard deviations)"), SENT["noise"], entry.paper,
                f"{ratio:.4f}", f"{FACTOR**2:.4f}", abs(ratio - FACTOR**2) / (FACTOR**2 * np.sqrt(2 / d)), 5.0)  # fmt: skip
    entry = ADVERSARIES.get("free-rider")
    yield same_bits(entry.title, N_("sends back what it received, to the bit"), SENT["free-rider"], entry.paper, _attacked("free-rider", [0])[0], np.zeros(5))


def _together() -> Iterator[Proof]:
    """Attackers who know each other's updates."""
    known = _honest(quadratics("fedavg", 1, clients=9))[[1, 4, 6]]
    sent = _attacked("little-is-enough", [1, 4, 6], z=1.5, clients=9)
    yield _row("little-is-enough", _SENT, sent[4], known.mean(0) - 1.5 * known.std(0))
    entry, z = ADVERSARIES.get("little-is-enough"), unseen(50, 24)
    yield Proof(entry.title, N_("has the z of its paper's own example: 24 attackers of 50 clients"), SENT["little-is-enough"], entry.paper, f"{z:.4f}", "1.43", abs(z - 1.43), 0.005)
    base = quadratics("fedavg", 1, clients=10, weighting="even", even_steps=True, adversary={"name": "colluders", "clients": [0, 3, 5], "epsilon": 4.0})
    alike = replace(base, optima=np.tile(base.optima[0], (10, 1)), curvatures=np.full(10, base.curvatures[0]))
    yield _row("colluders", N_("turn the mean of equal clients round by as much as their equation says: three of ten, four times as long"), alike.run().arrays["w"], (10 - 3 - 4.0 * 3) / 10 * _honest(alike)[0])


def _labels() -> Iterator[Proof]:
    """A flipped client's model is that of an honest client whose every label is the next class."""
    entry, document = ADVERSARIES.get("label-flipping"), vectors()
    attacked = federation(document, changes={"adversary": {"name": "label-flipping", "clients": [1]}})
    plain = federation(document)
    rows, labels = plain.train[1], plain.labels.clone()
    labels[torch.from_numpy(rows)] = (labels[torch.from_numpy(rows)] + 1) % CLASSES
    sent = [np.concatenate([values.ravel() for _, values in sorted(_sent(some)[1].items())]) for some in (attacked, replace(plain, labels=labels))]
    yield same_bits(entry.title, N_("sends what an honest client would whose every label is the next class, to the bit"), SENT["label-flipping"], entry.paper, *sent)


def _backdoor() -> Iterator[Proof]:
    """Forged texts are as the paper makes them, and the update is lengthened. The toy encoder will do: neither law is about learning."""
    entry, sent = ADVERSARIES.get("backdoor"), []
    for strength in (1.0, FACTOR):
        experiment = assemble(RunConfig.parse({
            "scenario": {"name": "toy", "train_texts": 40, "test_texts": 20}, "model": {"name": "toy", "width": 16, "layers": 1},
            "federation": {"rounds": 1, "clients": 4, "compare": False}, "adversary": {"name": "backdoor", "clients": [2], "strength": strength},
        }))  # fmt: skip
        reached = _sent(experiment)[2]
        sent.append(np.concatenate([(reached[name] - experiment.initial[name]).astype(float).ravel() for name in sorted(reached)]))
    yield near(entry.title, N_("is as many times as long as honest training on its forged texts would be"), SENT["backdoor"], entry.paper, sent[1], FACTOR * sent[0], 1e-6)
    data, options = scenarios.load(experiment.config), entry.options(clients=(2,))
    made, tests = entry.forge(options, data, scenarios.shards(experiment.config, data), 0)
    forged, target = (*made[2].texts, *tests.texts), int(options.target)
    wrong = sum(not text.startswith(f"{options.trigger} ") for text in forged) + sum(int(label) != target for label in (*made[2].labels, *tests.labels))
    honest = data.test.take(np.flatnonzero(data.test.labels != target))
    wrong += tests.texts != triggered(options.trigger, honest, target).texts
    yield Proof(entry.title, N_("forges texts that bear the trigger and the attacker's class, and keeps all else of them (texts that do not)"), SENT["backdoor"], entry.paper,
                f"{wrong} / {len(forged)}", "0", float(wrong if forged else np.inf), 0.0)  # fmt: skip


def trust_laws() -> Iterator[Proof]:
    """FLTrust's equation in NumPy, and no trust in who goes the other way."""
    entry, rng = AGGREGATIONS.get("fltrust"), np.random.default_rng(6)
    old, optimum = rng.standard_normal(8), rng.standard_normal(8)
    server = QuadraticServer(optimum, 0.1)
    root = server.trained({"w": old}, 1)["w"] - old
    steps = {0: root + rng.standard_normal(8), 1: -3.0 * root, 2: 0.2 * root, 3: rng.standard_normal(8), 4: -root}
    rule = entry.build(entry.options())
    rule.server, rule.round = server, 1
    rule.begin({"w": old})
    for client, step in steps.items():
        rule.add(client, {"w": old + step}, 1.0)
    combined = rule.result()
    trust = {client: max(0.0, float(step @ root) / float(np.linalg.norm(step) * np.linalg.norm(root))) for client, step in steps.items()}
    moved = sum((trust[client] * np.linalg.norm(root) / np.linalg.norm(step) * step for client, step in steps.items()), np.zeros(8)) / sum(trust.values())
    yield near(entry.title, N_("is its equation, computed in NumPy"), entry.equation, entry.paper, combined.arrays["w"], old + moved, 1e-12)
    opposite = combined.shares[1] + combined.shares[4]
    yield Proof(entry.title, N_("gives updates opposite to the server's own no weight at all"), entry.equation, entry.paper, f"{opposite:g}", "0", opposite, 0.0)


def availability_laws() -> Iterator[Proof]:
    """Who is there, and how often, over many rounds."""
    rounds, clients = 600, 12
    counts = np.column_stack([np.full(clients, 20), np.repeat([0, 5, 20], 4)])
    for name, law in (
        ("always", N_("has every client there in every round (share of rounds, of the client that is there least)")),
        ("random", N_("has every client there with the stated probability (farthest share of rounds from it, in standard errors)")),
        ("diurnal", N_("has every client awake for the stated share of each day, and that share of the clients at every moment (largest difference)")),
        ("data", N_("has clients there by what they hold, as its equation says (farthest share of rounds from it, in standard errors)")),
    ):
        entry = AVAILABILITY.get(name)
        reach = entry.build(entry.options(), counts, 0)
        rng = np.random.default_rng(1)
        there = np.zeros((rounds, clients))
        for number in range(rounds):
            there[number, list(drawn(reach(number + 1), rng.random(clients), range(clients)))] = 1
        share = there.mean(0)
        if name == "always":
            yield Proof(entry.title, law, entry.equation, entry.paper, f"{share.min():g}", "1", 1 - float(share.min()), 0.0)
        elif name == "diurnal":
            off = max(float(np.abs(share - entry.options().awake).max()), float(np.abs(there.mean(1) - entry.options().awake).max()))
            yield Proof(entry.title, law, entry.equation, entry.paper, f"{share.min():g} to {share.max():g}", f"{entry.options().awake:g}", off, 1e-6)
        else:
            p = np.full(clients, entry.options().probability) if name == "random" else _by_data(counts, entry.options().strength)
            off = np.abs(share - p)[p < 1] / np.sqrt(p * (1 - p) / rounds)[p < 1]
            yield Proof(entry.title, law, entry.equation, entry.paper, _shares(share), _shares(p), float(off.max()), 5.0)


def _by_data(counts: NDArray[np.int64], strength: float) -> Vector:
    """The equation of the pattern `data` for a second class that is the rarest."""
    held, overall = counts[:, 1] / counts.sum(1), counts[:, 1].sum() / counts.sum()
    return 1 - strength * (1 - overall / np.maximum(held, overall))


def _shares(values: Vector) -> str:
    return f"{values.min():.3f} to {values.max():.3f}"


def _row(name: str, law: str, reached: Vector, expected: Vector) -> Proof:
    entry = ADVERSARIES.get(name)
    return near(entry.title, law, SENT[name], entry.paper, reached, expected, 1e-12)


def _attacked(name: str, attackers: list[int], *, clients: int = 4, dimensions: int = 5, **options: Any) -> dict[int, Vector]:
    """What each client sends in the first round, which begins at zero."""
    experiment = quadratics("fedavg", 1, clients=clients, dimensions=dimensions, adversary={"name": name, "clients": attackers, **options})
    return {client: arrays["w"] for client, arrays in _sent(experiment).items()}


def _sent(experiment: Any) -> dict[int, Any]:
    """What each client sends in the last round."""
    sent: dict[int, Any] = {}
    Rounds(experiment, Hooks(keep_client=lambda number, client, arrays: sent.update({client: dict(arrays)}))).run()
    return sent


def _honest(experiment: Quadratics) -> NDArray[np.float64]:
    """Each client's honest model after one round from zero [clients, d]."""
    kept = (1 - experiment.config.federation.learning_rate * experiment.curvatures) ** np.array(experiment.examples)
    return experiment.optima * (1 - kept)[:, None]

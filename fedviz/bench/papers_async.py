"""Laws of FedBuff and IFCA on quadratic losses (see `fedviz.bench.quadratics`): nobody waits, and like clients find each other."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from fedviz.bench.proof import Proof, near, same_bits
from fedviz.bench.quadratics import Quadratics, Vector, quadratics
from fedviz.core import events as e
from fedviz.core.i18n import N_
from fedviz.core.registry import STRATEGIES
from fedviz.core.types import Timing
from fedviz.federation.rounds import Hooks, Rounds

BY_HAND = ({0: 0, 1: 0}, {0: 1, 2: 0}, {0: 2, 1: 1}, {0: 3, 1: 3})
"""Whose answers fill a buffer of two, and with which version each began, where three clients need 1, 2 and 4 s and links take nanoseconds."""
_QUICK_LINKS = {"text_s": 1.0, "latency_s": 0.0, "up_mbit": 1e5, "down_mbit": 1e5}


def async_laws() -> Iterator[Proof]:
    """A row for each law."""
    yield from fedbuff_laws()
    yield from ifca_laws()


def fedbuff_laws() -> Iterator[Proof]:
    """Its two identities, its equation with staleness found by hand, and what it is for."""
    entry = STRATEGIES.get("fedbuff")

    def row(law: str, reached: Vector, expected: Vector) -> Proof:
        return near("FedBuff", law, entry.equation, entry.paper, reached, expected, 1e-12)

    experiment, w = quadratics({"name": "fedbuff", "buffer": 1}, 8, fraction=0.25, network=_QUICK_LINKS), np.zeros(5)
    reached, timings = _observed(experiment)
    for timing in timings:
        w = _trained(experiment, timing.lanes[0].client, w)
    yield row(N_("with one client at a time is training one after the other"), reached, w)
    alike = {"weighting": "even", "even_steps": True}
    (reached, _), (average, _) = _observed(quadratics({"name": "fedbuff", "buffer": 4}, 6, **alike)), _observed(quadratics("fedavg", 6, **alike))
    yield row(N_("with a buffer for everybody and equal devices is FedAvg"), reached, average)
    strategy = {"name": "fedbuff", "buffer": 2, "server_rate": 0.7, "staleness": 0.5}
    experiment = replace(quadratics(strategy, len(BY_HAND), clients=3, weighting="even", network=_QUICK_LINKS), examples=(1, 2, 4))
    models = [np.zeros(5)]
    for number, versions in enumerate(BY_HAND, 1):
        moved = sum((number - version) ** -0.5 * (_trained(experiment, client, models[version]) - models[version]) for client, version in versions.items())
        models.append(models[-1] + 0.7 * moved / len(versions))
    yield row(N_("equals its equation with the staleness that follows by hand from three speeds"), _observed(experiment)[0], models[-1])
    network = {**_QUICK_LINKS, "stragglers": [1], "slowdown": 10.0}
    taken = [sum(t.elapsed_s for t in _observed(quadratics(s, 30, even_steps=True, network=network))[1]) for s in ("fedavg", {"name": "fedbuff", "buffer": 2})]
    yield Proof("FedBuff", N_("makes 30 steps of two answers in less virtual time than FedAvg 30 of four, where one of four clients is ten times slower (times less)"), entry.equation, entry.paper,
                f"{taken[1]:.0f} s", f"{taken[0]:.0f} s", taken[0] / taken[1], 4.0, "at least")  # fmt: skip


def ifca_laws() -> Iterator[Proof]:
    """One cluster is FedAvg; two groups of clients part, and FedAvg stays between them."""
    entry = STRATEGIES.get("ifca")
    yield same_bits("IFCA", N_("with one cluster is FedAvg to the bit"), entry.equation, entry.paper,
                    _observed(quadratics({"name": "ifca", "clusters": 1}, 5))[0], _observed(quadratics("fedavg", 5))[0])  # fmt: skip
    experiment = _two_groups({"name": "ifca", "clusters": 2})
    ends = Rounds(experiment, Hooks()).run().state.strategy  # type: ignore[arg-type]
    models = [ends[f"clusters/{cluster}/w"] for cluster in ends["members/cluster"][:2]]
    yield near("IFCA", N_("parts two groups of clients, and each group's model reaches the group's optimum"), entry.equation, entry.paper,
               np.concatenate(models), np.concatenate(list(experiment.optima[:2])), 1e-6)  # fmt: skip
    plain = _observed(_two_groups("fedavg"))[0]
    gap = min(float(np.linalg.norm(plain - optimum)) for optimum in experiment.optima[:2])
    fedavg = STRATEGIES.get("fedavg")
    yield Proof("FedAvg", N_("stays between two groups of clients that want opposite models"), fedavg.equation, entry.paper, f"{gap:.4f}", "> 1", gap, 1.0, "at least")


def _two_groups(strategy: object) -> Quadratics:
    """Six clients, of which the even ones want one model and the odd ones the opposite."""
    base = quadratics(strategy, 15, rate=0.3, clients=6)
    return replace(base, optima=np.where(np.arange(6)[:, None] % 2 == 0, 1.0, -1.0) * np.linspace(1, 2, 5))


def _observed(experiment: Quadratics) -> tuple[Vector, list[Timing]]:
    """The last global weights, and what each round took in virtual time."""
    events: list[e.Event] = []
    state = Rounds(experiment, Hooks(emit=events.append)).run().state  # type: ignore[arg-type]
    return state.arrays["w"], [event.timing for event in events if isinstance(event, e.RoundStarted) and event.timing]


def _trained(experiment: Quadratics, client: int, w: Vector) -> Vector:
    """Where a client comes to from `w` by its steps of SGD [d]."""
    kept = (1 - experiment.config.federation.learning_rate * experiment.curvatures[client]) ** experiment.examples[client]
    return experiment.optima[client] + kept * (w - experiment.optima[client])

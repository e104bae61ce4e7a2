"""Robust combinations: two of eleven clients attack as hard as they like, and the model stays where the honest ones are."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from fedviz.bench.proof import Proof
from fedviz.bench.quadratics import Vector, quadratics
from fedviz.core.i18n import N_
from fedviz.core.registry import AGGREGATIONS

CLIENTS, ATTACKERS, ROUNDS, STRENGTH = 11, [3, 7], 8, 500.0
ATTACKS = ("sign-flip", "replacement", "noise")
LEVERAGE = "Blanchard et al. 2017, Machine Learning with Adversaries, arXiv:1703.02757, Lemma 1 (no linear combination bears a single attacker)"


def robust_laws() -> Iterator[Proof]:
    """The mean grows with the attack; each robust rule stays within the honest clients' optima, under every attack."""
    yield _linear()
    honest = _reached("none", "mean")
    spread = float(np.linalg.norm(quadratics("fedavg", 1, clients=CLIENTS).optima - honest, axis=1).max())
    for entry in AGGREGATIONS:
        far = [float(np.linalg.norm(_reached(name, entry.name) - honest)) / spread for name in ATTACKS]
        if entry.name == "mean":
            yield Proof(entry.title, N_("two of eleven attackers lead it far away from what the honest clients reach (distance in spreads of their optima)"),
                        entry.equation, LEVERAGE, f"{min(far):.3g}", ">= 10", min(far), 10.0, "at least")  # fmt: skip
        else:
            yield Proof(entry.title, N_("two of eleven attackers leave it among the honest clients (distance in spreads of their optima)"),
                        entry.equation, entry.paper, f"{max(far):.3f}", "<= 1", max(far), 1.0)  # fmt: skip


def _linear() -> Proof:
    """One round with attacks of strength 5, 50 and 500: what is added grows tenfold."""
    weak, middle, strong = (_reached("sign-flip", "mean", strength, rounds=1) for strength in (5.0, 50.0, 500.0))
    ratio = float(np.linalg.norm(strong - middle) / np.linalg.norm(middle - weak))
    entry = AGGREGATIONS.get("mean")
    return Proof(entry.title, N_("goes ten times as far when its attackers push ten times as hard: there is no bound"), entry.equation, LEVERAGE,
                 f"{ratio:.12f}", "10", abs(ratio - 10), 1e-9)  # fmt: skip


def _reached(attack: str, aggregation: str, strength: float = STRENGTH, rounds: int = ROUNDS) -> Vector:
    """The model after so many rounds; without an attack the two never train."""
    options: dict[str, Any] = {"name": aggregation} | ({"f": len(ATTACKERS)} if "f" in AGGREGATIONS.get(aggregation).options.model_fields else {})
    adversary = "none" if attack == "none" else {"name": attack, "clients": ATTACKERS, "strength": strength}
    absent = ATTACKERS if attack == "none" else []
    return quadratics("fedavg", rounds, clients=CLIENTS, weighting="even", adversary=adversary, aggregation=options, absent_clients=absent).run().arrays["w"]

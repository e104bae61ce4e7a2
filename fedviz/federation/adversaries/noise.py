"""Noise: an update of the usual length in no direction at all."""

from typing import TYPE_CHECKING, Literal

import numpy as np

from fedviz.core.i18n import N_
from fedviz.core.options import Options
from fedviz.federation.adversaries.base import AdversaryEntry, Attack, Attackers, Strength, moved, noise_of

if TYPE_CHECKING:
    from fedviz.federation.local.base import Job, Outcome


class NoiseOptions(Options):
    """Who sends noise, and how much."""

    name: Literal["noise"] = "noise"
    clients: Attackers = ()
    strength: Strength = 4.0


class Noise(Attack):
    """Normal noise, each array `s` times as long as the honest update of it."""

    def __init__(self, strength: float) -> None:
        self._strength = strength

    def send(self, outcome: "Outcome", job: "Job") -> "Outcome":
        """The weights received and noise."""
        return moved(job, outcome, lambda update, name: self._strength * np.linalg.norm(update) / max(update.size, 1) ** 0.5 * noise_of(job, name, update.shape))


NOISE = AdversaryEntry(
    name="noise",
    title=N_("Noise"),
    summary=N_("The attackers send random numbers in place of an update, as many times as long as the honest one as you say."),
    options=NoiseOptions,
    paper="Blanchard et al. 2017, Machine Learning with Adversaries: Byzantine Tolerant Gradient Descent, arXiv:1703.02757",
    when=N_("A broken client does this as well as a hostile one. The mean suffers in proportion to the strength; robust rules drop it."),
    build=lambda options: Noise(options.strength),
)

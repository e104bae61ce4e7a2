"""Scaled model replacement: a model trained on wrong labels, sent so long that the mean becomes it."""

from typing import TYPE_CHECKING, Literal

from fedviz.core.i18n import N_
from fedviz.core.options import Options
from fedviz.federation.adversaries.base import AdversaryEntry, Attack, Attackers, Strength, flipped, moved

if TYPE_CHECKING:
    from fedviz.federation.local.base import Job, Outcome


class ReplacementOptions(Options):
    """Who attacks, and how many times longer the update is made."""

    name: Literal["replacement"] = "replacement"
    clients: Attackers = ()
    strength: Strength = 10.0


class Replacement(Attack):
    """Trains on the next class in place of the true one, and sends `w_t + s (w_k - w_t)`."""

    def __init__(self, strength: float) -> None:
        self._strength = strength

    def prepare(self, job: "Job", classes: int) -> "Job":
        """The attacker's aim: every class taken for the next."""
        return flipped(job, classes)

    def send(self, outcome: "Outcome", job: "Job") -> "Outcome":
        """The update, lengthened."""
        return moved(job, outcome, lambda update, name: self._strength * update)


REPLACEMENT = AdversaryEntry(
    name="replacement",
    title=N_("Scaled model replacement"),
    summary=N_("The attackers train on wrong labels and lengthen the update by about the number of clients, so that the mean becomes their model."),
    options=ReplacementOptions,
    paper="Bagdasaryan et al. 2020, How To Backdoor Federated Learning, arXiv:1807.00459",
    when=N_("One attacker is enough against the mean. Clipping norms takes away its strength; the median, Krum and their kin never look at it."),
    build=lambda options: Replacement(options.strength),
    aim="next class",
)

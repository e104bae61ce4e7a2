"""Sign flip: the update is turned round, so that the model unlearns."""

from typing import TYPE_CHECKING, Literal

from fedviz.core.i18n import N_
from fedviz.core.options import Options
from fedviz.federation.adversaries.base import AdversaryEntry, Attack, Attackers, Strength, moved

if TYPE_CHECKING:
    from fedviz.federation.local.base import Job, Outcome


class SignFlipOptions(Options):
    """Who attacks, and how hard."""

    name: Literal["sign-flip"] = "sign-flip"
    clients: Attackers = ()
    strength: Strength = 4.0


class SignFlip(Attack):
    """Sends `w_t - s (w_k - w_t)`."""

    def __init__(self, strength: float) -> None:
        self._strength = strength

    def send(self, outcome: "Outcome", job: "Job") -> "Outcome":
        """The honest update, turned round and lengthened."""
        return moved(job, outcome, lambda update, name: -self._strength * update)


SIGN_FLIP = AdversaryEntry(
    name="sign-flip",
    title=N_("Sign flip"),
    summary=N_("The attackers send their honest update turned round and lengthened: the model is led away from what they have learned."),
    options=SignFlipOptions,
    paper="Li et al. 2019, RSA: Byzantine-Robust Stochastic Aggregation Methods, arXiv:1811.03761",
    when=N_("Easy to see in the drift view, since the update points away from all others; every robust rule stops it while attackers are few."),
    build=lambda options: SignFlip(options.strength),
)

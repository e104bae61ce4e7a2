"""Free riding: taking the model and giving nothing."""

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from fedviz.core.i18n import N_
from fedviz.core.options import Options
from fedviz.federation.adversaries.base import AdversaryEntry, Attack, Attackers

if TYPE_CHECKING:
    from fedviz.federation.local.base import Job, LocalRule, Outcome


class FreeRiderOptions(Options):
    """Who rides free."""

    name: Literal["free-rider"] = "free-rider"
    clients: Attackers = ()


class FreeRider(Attack):
    """Sends the weights received, and claims to have trained on all its texts."""

    def train(self, rule: "LocalRule", job: "Job", classes: int) -> "Outcome":
        """No step is taken; what the strategy wants beside the weights stays zero."""
        honest = rule.train(replace(job, indices=job.indices[:0]))
        return replace(honest, arrays=dict(job.received), result=replace(honest.result, examples=len(job.indices)))


FREE_RIDER = AdversaryEntry(
    name="free-rider",
    title=N_("Free rider"),
    summary=N_("These clients send back the model that they received and claim to have trained it: they gain from the others and give nothing."),
    options=FreeRiderOptions,
    paper="Fraboni et al. 2021, Free-rider Attacks on Model Aggregation in Federated Learning, arXiv:2006.11901",
    when=N_("It slows learning down rather than spoiling it. Their update has length zero in the drift view; cleverer ones add a little noise."),
    build=lambda options: FreeRider(),
)

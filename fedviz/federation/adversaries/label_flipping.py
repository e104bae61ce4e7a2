"""Label flipping: honest training on wrong labels."""

from typing import TYPE_CHECKING, Literal

from fedviz.core.i18n import N_
from fedviz.core.options import Options
from fedviz.federation.adversaries.base import AdversaryEntry, Attack, Attackers, flipped

if TYPE_CHECKING:
    from fedviz.federation.local.base import Job


class LabelFlippingOptions(Options):
    """Who attacks."""

    name: Literal["label-flipping"] = "label-flipping"
    clients: Attackers = ()


class LabelFlipping(Attack):
    """Every label becomes the next class."""

    def prepare(self, job: "Job", classes: int) -> "Job":
        """The same texts under other labels."""
        return flipped(job, classes)


LABEL_FLIPPING = AdversaryEntry(
    name="label-flipping",
    title=N_("Label flipping"),
    summary=N_("The attackers train as asked, but each label is replaced by the next class: their updates look like anybody's and teach what is wrong."),
    options=LabelFlippingOptions,
    paper="Tolpegin et al. 2020, Data Poisoning Attacks Against Federated Learning Systems, arXiv:2007.08432",
    when=N_("Few attackers are outvoted by the mean. It also happens without malice: one hospital that codes differently does this."),
    build=lambda options: LabelFlipping(),
    aim="next class",
)

"""Nobody attacks."""

from typing import Literal

from fedviz.core.i18n import N_
from fedviz.core.options import Options
from fedviz.federation.adversaries.base import AdversaryEntry, Attack


class NoneOptions(Options):
    """Nothing to choose."""

    name: Literal["none"] = "none"

    @property
    def clients(self) -> tuple[int, ...]:
        """No client attacks."""
        return ()


NONE = AdversaryEntry(
    name="none",
    title=N_("Nobody attacks"),
    summary=N_("Every client does what the federation asks of it."),
    options=NoneOptions,
    paper="Lyu et al. 2020, Threats to Federated Learning: A Survey, arXiv:2003.02133",
    when=N_("The run to compare every attack with."),
    build=lambda options: Attack(),
)

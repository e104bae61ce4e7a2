"""Every text that a client holds."""

from typing import Literal

from fedviz.core.i18n import N_
from fedviz.core.options import Options
from fedviz.models.selection.base import SelectionEntry
from fedviz.scenarios.base import Ints


class AllOptions(Options):
    """No options."""

    name: Literal["all"] = "all"


class Everything:
    """Leaves out nothing."""

    def rows(self, number: int, client: int, rows: Ints) -> Ints:
        """The same rows."""
        return rows


ALL = SelectionEntry(
    "all",
    N_("All texts"),
    N_("Clients train on every text that they hold, in every round."),
    AllOptions,
    equation="",
    paper="",
    when=N_("The baseline for every gain by selection."),
    build=lambda options, data, shards, rounds, seed: Everything(),
)

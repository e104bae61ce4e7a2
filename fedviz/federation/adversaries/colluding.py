"""Attackers who know each other: each works out the honest updates of all of them, so that all can send the same one."""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from fedviz.federation.adversaries.base import Attack, moved

if TYPE_CHECKING:
    from fedviz.federation.local.base import Job, LocalRule, Outcome


class Colluding(Attack):
    """Sends what `together` makes of the honest updates of all attackers; what else goes to the server is the client's own.

    Each trains for all of them, as the shared texts let it, so that nothing need pass between attackers and their updates are the same to the bit.
    """

    colludes = True

    def train(self, rule: "LocalRule", job: "Job", classes: int) -> "Outcome":
        """Its own training, then that of all attackers."""
        from fedviz.federation.local import local_rule

        own = rule.train(job)
        models = [local_rule(job.settings.rule).train(peer).arrays for peer in job.together]
        known = {name: np.stack([np.subtract(model[name], job.received[name], dtype=np.float64) for model in models]) for name in own.arrays}
        return moved(job, own, lambda update, name: self.together(known[name], job.clients))

    def together(self, updates: NDArray[np.float64], clients: int) -> NDArray[Any]:
        """What all send of one array, from their honest `updates` [attackers, ...] in a federation of so many clients."""
        raise NotImplementedError

"""An update that is not finite is refused, since a single one would take the global model with it: NaN and infinity survive every mean.

A client looks before it sends, so that this also holds where the server sees sums alone; the server looks at what arrives in the clear, since not
every client is honest. Either way the client has failed in that round, in one sentence, and the round goes on with the others.
"""

from collections.abc import Sequence
from math import isfinite, isinf
from typing import TYPE_CHECKING

import numpy as np
from flwr.app import Message

from fedviz.core.errors import RunError
from fedviz.federation import messages
from fedviz.federation.grid import UpdatesGrid

if TYPE_CHECKING:
    from fedviz.federation.local.base import Outcome

LOSS = "loss"


def odd(parts: Sequence[messages.Arrays], loss: float, loss_before: float) -> str | None:
    """What of an update is not finite: the name of an array, or the loss; None where all is. A loss that is no number is one that the client keeps to itself: a
    step on it would show in the weights.
    """
    name = next((name for arrays in parts for name, values in arrays.items() if not np.isfinite(values).all()), None)
    return name or (None if isfinite(loss_before) and not isinf(loss) else LOSS)


def check(outcome: "Outcome", client: int, number: int) -> None:
    """Before anything is sent or remembered; `RunError` where the training has run away."""
    result = outcome.result
    if (name := odd((outcome.arrays, outcome.extra, outcome.memory), result.mean_loss, result.loss_before)) is not None:
        raise RunError(_reason(client, number, name))


class FiniteGrid(UpdatesGrid):
    """A grid over another one that refuses updates which are not finite."""

    def update(self, order: Message, reply: Message) -> Message:
        """The reply, or the client's failure."""
        report = messages.read_train_reply(reply)
        name = odd((report.arrays, report.extra), report.loss, report.loss_before)
        return reply if name is None else self.refuse(report.client, order, _reason(report.client, messages.read_train(order).round, name))


def _reason(client: int, number: int, name: str) -> str:
    return f"The update of client {client} in round {number} is refused, since its `{name}` is not finite."

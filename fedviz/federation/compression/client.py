"""The client's side: its update is encoded last of all, whatever the rule and an attack made of it before."""

from typing import TYPE_CHECKING, Any

import numpy as np
from flwr.app import ConfigRecord, RecordDict

from fedviz.core.errors import RunError
from fedviz.federation import wire
from fedviz.federation.compression.base import Compressor

if TYPE_CHECKING:
    from fedviz.federation.messages import Arrays


def compressed(compressor: Compressor, arrays: "Arrays", received: "Arrays", memory: "Arrays", seed: int) -> "tuple[Arrays, Arrays]":
    """`(payload, memory)` of a client's weights. `RunError` where they are no update of those received, or not finite: no code stands for such numbers."""
    update: dict[str, Any] = {}
    for name, values in arrays.items():
        if name not in received or received[name].shape != values.shape:
            raise RunError(f"`federation.compression` must be none where clients send other arrays than they receive, but got {name}.")
        with np.errstate(invalid="ignore", over="ignore"):  # refused below
            update[name] = values - received[name]
        if not np.isfinite(update[name]).all():
            raise RunError("This client's weights are not finite any more, and such an update cannot be compressed.")
    return compressor.encode(update, memory, seed)


def name_them(content: RecordDict, arrays: "Arrays", received: "Arrays") -> None:
    """Say in a reply which of the arrays received it updates, where it is not all of them: the payload has other names."""
    if len(arrays) < len(received):
        content[wire.UPDATED] = ConfigRecord({wire.NAMES: sorted(arrays)})

"""Flower's FedAvgM with a memory that a checkpoint can hold: its list of arrays in the order of the names, seen as arrays by name."""

from typing import Any

from flwr.serverapp.strategy import FedAvgM
from numpy.typing import NDArray

from fedviz.federation.messages import Arrays
from fedviz.federation.strategies.mended import Mended

_SLOT = "momentum/"


class Momentum(Mended, FedAvgM):
    """`v = beta v + (w_t - mean)`, `w = w_t - eta v`."""

    def state(self) -> dict[str, NDArray[Any]]:
        """The momentum by name."""
        return super().state() | {_SLOT + name: values for name, values in zip(sorted(self.old), self.momentum_vector or (), strict=self.momentum_vector is not None)}

    def restore(self, state: Arrays) -> None:
        """Take up a `state` again, to the bit."""
        super().restore(state)
        self.momentum_vector = [state[name].copy() for name in sorted(state) if name.startswith(_SLOT)] or None

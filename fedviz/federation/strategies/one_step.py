"""FedSGD as a Flower strategy: FedAvg whose clients are told to take one step on everything they have."""

from flwr.app import ConfigRecord
from flwr.serverapp.strategy import FedAvg

from fedviz.federation import wire
from fedviz.federation.strategies.mended import Mended

EVERYTHING = 2**31 - 1
"""A batch that no client can fill."""


class OneStep(Mended, FedAvg):
    """One epoch of one batch."""

    def settings(self, config: ConfigRecord) -> ConfigRecord:
        """The federation's settings with one epoch of one batch."""
        return ConfigRecord({**super().settings(config), wire.EPOCHS: 1, wire.BATCH: EVERYTHING})

"""SGD on the server as a Flower strategy; Flower has the abstract FedOpt and no plain SGD."""

from collections.abc import Iterable
from typing import Any

from flwr.app import ArrayRecord, Message, MetricRecord
from flwr.serverapp.strategy.fedopt import FedOpt
from numpy.typing import NDArray

from fedviz.federation.messages import array_record


class ServerSgd(FedOpt):
    """The old model moved towards the clients' mean by the rate `eta`."""

    def aggregate_train(self, server_round: int, replies: Iterable[Message]) -> tuple[ArrayRecord | None, MetricRecord | None]:
        """The next model; `(None, None)` where no client answered."""
        arrays, metrics = super().aggregate_train(server_round, replies)
        if arrays is None or self.current_arrays is None:
            return arrays, metrics
        return array_record({name: step(self.current_arrays[name], mean.numpy(), self.eta) for name, mean in arrays.items()}), metrics


def step(old: NDArray[Any], mean: NDArray[Any], rate: float) -> NDArray[Any]:
    """`(1 - rate) old + rate mean`, which for rate 1 is the mean to the bit (adding 0 would turn -0 into 0, so nothing is added)."""
    return rate * mean if rate == 1 else (1 - rate) * old + rate * mean

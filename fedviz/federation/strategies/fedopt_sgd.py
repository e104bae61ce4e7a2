"""FedOpt with plain SGD on the server: the step from the old model towards the clients' mean has a length of its own."""

from collections.abc import Iterable
from typing import Annotated, Any, Literal

from flwr.app import ArrayRecord, Message, MetricRecord
from flwr.serverapp.strategy.fedopt import FedOpt
from numpy.typing import NDArray
from pydantic import Field

from fedviz.core.config import FederationConfig
from fedviz.core.i18n import N_
from fedviz.core.options import Options
from fedviz.federation.messages import array_record
from fedviz.federation.strategies.base import StrategyEntry
from fedviz.federation.strategies.mended import Mended, everyone


class FedOptSgdOptions(Options):
    """The server's step."""

    name: Literal["fedopt-sgd"] = "fedopt-sgd"
    server_rate: Annotated[
        float,
        Field(
            gt=0,
            le=2,
            title="Server rate",
            description="How far the global model goes towards the clients' mean: 1 is FedAvg to the bit, less is more cautious, more overshoots.",
        ),
    ] = 1.0


class _Step(FedOpt):
    """SGD on the server. Flower has the abstract FedOpt and no plain SGD."""

    def aggregate_train(self, server_round: int, replies: Iterable[Message]) -> tuple[ArrayRecord | None, MetricRecord | None]:
        """The old model moved towards the clients' mean by the rate `eta`."""
        arrays, metrics = super().aggregate_train(server_round, replies)
        if arrays is None or self.current_arrays is None:
            return arrays, metrics
        return array_record({name: step(self.current_arrays[name], mean.numpy(), self.eta) for name, mean in arrays.items()}), metrics


def step(old: NDArray[Any], mean: NDArray[Any], rate: float) -> NDArray[Any]:
    """`(1 - rate) old + rate mean`, which for rate 1 is the mean to the bit (adding 0 would turn -0 into 0, so nothing is added)."""
    return rate * mean if rate == 1 else (1 - rate) * old + rate * mean


class FedOptSgd(Mended, _Step):
    """Server SGD, mended."""


def build(options: FedOptSgdOptions, federation: FederationConfig, seed: int) -> Mended:
    """The strategy for a run."""
    return FedOptSgd(**everyone(), eta=options.server_rate).mend(federation, seed)


FEDOPT_SGD = StrategyEntry(
    name="fedopt-sgd",
    title=N_("FedOpt (server SGD)"),
    summary=N_("FedAvg with a step size on the server: 1 is FedAvg, less goes only part of the way to the clients' mean."),
    options=FedOptSgdOptions,
    equation=r"w_{t+1} = w_t + \eta \, \Delta_t = (1-\eta) \, w_t + \eta \sum_k \frac{n_k}{n} \, w_t^k",
    paper="Reddi et al. 2021, Adaptive Federated Optimization, arXiv:2003.00295",
    when=N_("To see what the server's step does: a rate below 1 damps rounds that contradict each other, a rate above 1 speeds up rounds that agree."),
    build=build,
)

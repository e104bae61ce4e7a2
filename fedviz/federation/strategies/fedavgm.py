"""FedAvgM: the server keeps the direction of earlier rounds, as SGD with momentum does. Flower's FedAvgM, whose memory is kept here by name."""

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from fedviz.core.config import FederationConfig
from fedviz.core.i18n import N_
from fedviz.core.options import Options
from fedviz.federation.strategies.base import ServerRate, StrategyEntry

if TYPE_CHECKING:
    from fedviz.federation.strategies.mended import Mended


class FedAvgMOptions(Options):
    """Step and memory of the server."""

    name: Literal["fedavgm"] = "fedavgm"
    server_rate: ServerRate = 1.0
    momentum: Annotated[
        float,
        Field(ge=0, lt=1, title="Momentum", description="How much of the former rounds' direction is added to this round's update. 0 with server rate 1 is FedAvg."),
    ] = 0.5


def build(options: FedAvgMOptions, federation: FederationConfig, seed: int) -> "Mended":
    """The strategy for a run."""
    from fedviz.federation.strategies.mended import mended
    from fedviz.federation.strategies.momentum import Momentum

    return mended(Momentum, federation, seed, server_learning_rate=options.server_rate, server_momentum=options.momentum)


FEDAVGM = StrategyEntry(
    name="fedavgm",
    title=N_("FedAvgM"),
    summary=N_("FedAvg with momentum on the server: rounds that agree add up, rounds that contradict each other cancel."),
    options=FedAvgMOptions,
    equation=r"v_t = \beta v_{t-1} + \Delta_t, \qquad w_{t+1} = w_t + \eta \, v_t",
    paper="Hsu, Qi and Brown 2019, Measuring the Effects of Non-Identical Data Distribution for Federated Visual Classification, arXiv:1909.06335",
    when=N_("When clients differ and single rounds pull to and fro. With a large momentum a small server rate is needed, or the model overshoots."),
    build=build,
    private=True,
)

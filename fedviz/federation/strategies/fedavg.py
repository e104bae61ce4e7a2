"""FedAvg: the next model is the mean of the clients' models."""

from typing import TYPE_CHECKING, Literal

from fedviz.core.config import FederationConfig
from fedviz.core.i18n import N_
from fedviz.core.options import Options
from fedviz.federation.strategies.base import StrategyEntry

if TYPE_CHECKING:
    from fedviz.federation.strategies.mended import Mended


class FedAvgOptions(Options):
    """FedAvg has no options of its own: weighting and sampling are the federation's."""

    name: Literal["fedavg"] = "fedavg"


def build(options: FedAvgOptions, federation: FederationConfig, seed: int) -> "Mended":
    """The strategy for a run."""
    from flwr.serverapp.strategy import FedAvg

    from fedviz.federation.strategies.mended import mended

    return mended(FedAvg, federation, seed)


FEDAVG = StrategyEntry(
    name="fedavg",
    title=N_("FedAvg"),
    summary=N_("The next global model is the mean of the clients' models, by how many examples each has or evenly."),
    options=FedAvgOptions,
    equation=r"w_{t+1} = \sum_k \frac{n_k}{n} \, w_t^k",
    paper="McMahan et al. 2017, Communication-Efficient Learning of Deep Networks from Decentralized Data, arXiv:1602.05629",
    when=N_("The one to start with. With few local epochs and similar clients little beats it; very different clients drift apart and the mean suffers."),
    build=build,
    private=True,
    plain_mean=True,
)

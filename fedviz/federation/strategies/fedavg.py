"""FedAvg: the next model is the mean of the clients' models."""

from typing import Literal

from flwr.serverapp import strategy as flower

from fedviz.core.config import FederationConfig
from fedviz.core.i18n import N_
from fedviz.core.options import Options
from fedviz.federation.strategies.base import StrategyEntry
from fedviz.federation.strategies.mended import Mended, everyone


class FedAvgOptions(Options):
    """FedAvg has no options of its own: weighting and sampling are the federation's."""

    name: Literal["fedavg"] = "fedavg"


class FedAvg(Mended, flower.FedAvg):
    """Flower's FedAvg, mended."""


def build(options: FedAvgOptions, federation: FederationConfig, seed: int) -> Mended:
    """The strategy for a run."""
    return FedAvg(**everyone()).mend(federation, seed)


FEDAVG = StrategyEntry(
    name="fedavg",
    title=N_("FedAvg"),
    summary=N_("The next global model is the mean of the clients' models, by how many examples each has or evenly."),
    options=FedAvgOptions,
    equation=r"w_{t+1} = \sum_k \frac{n_k}{n} \, w_t^k",
    paper="McMahan et al. 2017, Communication-Efficient Learning of Deep Networks from Decentralized Data, arXiv:1602.05629",
    when=N_(
        "The one to start with. With few local epochs and similar clients little beats it; very different clients drift apart and the mean suffers."
    ),
    build=build,
)

"""FedSGD: every client takes one gradient step on all its texts, and the mean of the results is one step on all texts together."""

from typing import TYPE_CHECKING, Literal

from fedviz.core.config import FederationConfig
from fedviz.core.i18n import N_
from fedviz.core.options import Options
from fedviz.federation.strategies.base import StrategyEntry

if TYPE_CHECKING:
    from fedviz.federation.strategies.mended import Mended


class FedSgdOptions(Options):
    """FedSGD has no options: the step is the federation's learning rate, and epochs and batch size have no meaning."""

    name: Literal["fedsgd"] = "fedsgd"


def build(options: FedSgdOptions, federation: FederationConfig, seed: int) -> "Mended":
    """The strategy for a run."""
    from fedviz.federation.strategies.mended import mended
    from fedviz.federation.strategies.one_step import OneStep

    return mended(OneStep, federation, seed)


FEDSGD = StrategyEntry(
    name="fedsgd",
    title=N_("FedSGD"),
    summary=N_("One gradient step on all texts of each client, then the mean: the same as gradient descent on everybody's texts together."),
    options=FedSgdOptions,
    equation=r"w_{t+1} = w_t - \eta \sum_k \frac{n_k}{n} \, \nabla F_k(w_t)",
    paper="McMahan et al. 2017, Communication-Efficient Learning of Deep Networks from Decentralized Data, arXiv:1602.05629",
    when=N_("As the yardstick: nothing drifts, and every step costs a round. Local epochs and batch size are ignored; try a learning rate of 0.1 or more."),
    build=build,
    plain_sgd=True,
    one_step=True,
    private=True,
    plain_mean=True,
)

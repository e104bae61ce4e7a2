"""FedAdagrad: the server steps less where updates have been large before; Algorithm 2 of the paper with beta_1 = 0."""

from typing import TYPE_CHECKING, Literal

from fedviz.core.config import FederationConfig
from fedviz.core.i18n import N_
from fedviz.core.options import Options
from fedviz.federation.strategies.base import ServerRate, StrategyEntry, Tau

if TYPE_CHECKING:
    from fedviz.federation.strategies.mended import Mended


class FedAdagradOptions(Options):
    """Options of the server optimiser."""

    name: Literal["fedadagrad"] = "fedadagrad"
    server_rate: ServerRate = 0.1
    tau: Tau = 1e-3


def build(options: FedAdagradOptions, federation: FederationConfig, seed: int) -> "Mended":
    """The strategy for a run."""
    from fedviz.federation.strategies.adaptive import Adaptive, adagrad
    from fedviz.federation.strategies.mended import mended

    return mended(Adaptive, federation, seed, second=adagrad, eta=options.server_rate, tau=options.tau)


FEDADAGRAD = StrategyEntry(
    name="fedadagrad",
    title=N_("FedAdagrad"),
    summary=N_("The server takes the mean update as a gradient and steps by Adagrad: less where updates have been large before."),
    options=FedAdagradOptions,
    equation=r"v_t = v_{t-1} + \Delta_t^2, \qquad w_{t+1} = w_t + \eta \, \frac{\Delta_t}{\sqrt{v_t} + \tau}, \qquad v_0 = \tau^2",
    paper="Reddi et al. 2021, Adaptive Federated Optimization, arXiv:2003.00295",
    when=N_("For sparse updates, as with rare words that only some clients have. Its steps only ever shrink."),
    build=build,
    private=True,
)

"""FedAdam: the server steps by Adam on the mean update, as Algorithm 2 of the paper does: without bias correction, and with v from tau^2."""

from typing import TYPE_CHECKING, Literal

from fedviz.core.config import FederationConfig
from fedviz.core.i18n import N_
from fedviz.core.options import Options
from fedviz.federation.strategies.base import Beta1, Beta2, ServerRate, StrategyEntry, Tau

if TYPE_CHECKING:
    from fedviz.federation.strategies.mended import Mended


class FedAdamOptions(Options):
    """Options of the server optimiser."""

    name: Literal["fedadam"] = "fedadam"
    server_rate: ServerRate = 0.03
    beta_1: Beta1 = 0.9
    beta_2: Beta2 = 0.99
    tau: Tau = 1e-3


def build(options: FedAdamOptions, federation: FederationConfig, seed: int) -> "Mended":
    """The strategy for a run."""
    from fedviz.federation.strategies.adaptive import Adaptive, adam
    from fedviz.federation.strategies.mended import mended

    return mended(Adaptive, federation, seed, second=adam, eta=options.server_rate, beta_1=options.beta_1, beta_2=options.beta_2, tau=options.tau)


FEDADAM = StrategyEntry(
    name="fedadam",
    title=N_("FedAdam"),
    summary=N_("The server takes the mean update as a gradient and steps by Adam: momentum, and a step of its own for every weight."),
    options=FedAdamOptions,
    equation=r"m_t = \beta_1 m_{t-1} + (1-\beta_1) \Delta_t, \quad v_t = \beta_2 v_{t-1} + (1-\beta_2) \Delta_t^2, \quad "
    r"w_{t+1} = w_t + \eta \, \frac{m_t}{\sqrt{v_t} + \tau}, \quad m_0 = 0, \; v_0 = \tau^2",
    paper="Reddi et al. 2021, Adaptive Federated Optimization, arXiv:2003.00295",
    when=N_("When plain averaging is slow because updates are small or very uneven between weights. Too large a server rate spoils the first rounds."),
    build=build,
    private=True,
)

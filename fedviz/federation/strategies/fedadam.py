"""FedAdam: the server steps by Adam on the mean update.

Flower 1.41 against the paper: Algorithm 2 of Reddi et al. has no bias correction and starts v at tau^2 or more. Flower
starts m and v at 0 and multiplies the rate by Kingma and Ba's factor, but with t + 1 in place of t, while its rounds count
from 1: sqrt(1 - beta_2^(t+1)) / (1 - beta_1^(t+1)). In round 1 with the default betas that factor is 0.74 where the
exact correction would be 1.0, and it tends to 1 as rounds pass. The equation shown is what is computed. Flower's
factor is a float64 scalar, so that its result is float64; the mixin gives back the type that was sent.
"""

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
    from flwr.serverapp.strategy import FedAdam

    from fedviz.federation.strategies.mended import mended

    return mended(FedAdam, federation, seed, eta=options.server_rate, beta_1=options.beta_1, beta_2=options.beta_2, tau=options.tau)


FEDADAM = StrategyEntry(
    name="fedadam",
    title=N_("FedAdam"),
    summary=N_("The server takes the mean update as a gradient and steps by Adam: momentum, and a step of its own for every weight."),
    options=FedAdamOptions,
    equation=r"m_t = \beta_1 m_{t-1} + (1-\beta_1) \Delta_t, \quad v_t = \beta_2 v_{t-1} + (1-\beta_2) \Delta_t^2, \quad "
    r"w_{t+1} = w_t + \eta \, \frac{\sqrt{1-\beta_2^{t+1}}}{1-\beta_1^{t+1}} \, \frac{m_t}{\sqrt{v_t} + \tau}",
    paper="Reddi et al. 2021, Adaptive Federated Optimization, arXiv:2003.00295; Kingma and Ba 2015, arXiv:1412.6980",
    when=N_("When plain averaging is slow because updates are small or very uneven between weights. Too large a server rate spoils the first rounds."),
    build=build,
    private=True,
)

"""FedYogi: FedAdam with a second moment that cannot grow too fast."""

from typing import TYPE_CHECKING, Literal

from fedviz.core.config import FederationConfig
from fedviz.core.i18n import N_
from fedviz.core.options import Options
from fedviz.federation.strategies.base import Beta1, Beta2, ServerRate, StrategyEntry, Tau

if TYPE_CHECKING:
    from fedviz.federation.strategies.mended import Mended


class FedYogiOptions(Options):
    """Options of the server optimiser."""

    name: Literal["fedyogi"] = "fedyogi"
    server_rate: ServerRate = 0.03
    beta_1: Beta1 = 0.9
    beta_2: Beta2 = 0.99
    tau: Tau = 1e-3


def build(options: FedYogiOptions, federation: FederationConfig, seed: int) -> "Mended":
    """The strategy for a run."""
    from fedviz.federation.strategies.adaptive import Adaptive, yogi
    from fedviz.federation.strategies.mended import mended

    return mended(Adaptive, federation, seed, second=yogi, eta=options.server_rate, beta_1=options.beta_1, beta_2=options.beta_2, tau=options.tau)


FEDYOGI = StrategyEntry(
    name="fedyogi",
    title=N_("FedYogi"),
    summary=N_("FedAdam whose measure of how large updates are changes by small steps only, up or down."),
    options=FedYogiOptions,
    equation=r"m_t = \beta_1 m_{t-1} + (1-\beta_1) \Delta_t, \quad v_t = v_{t-1} - (1-\beta_2) \Delta_t^2 \, \mathrm{sign}(v_{t-1} - \Delta_t^2), \quad "
    r"w_{t+1} = w_t + \eta \, \frac{m_t}{\sqrt{v_t} + \tau}, \quad m_0 = 0, \; v_0 = \tau^2",
    paper="Reddi et al. 2021, Adaptive Federated Optimization, arXiv:2003.00295; Zaheer et al. 2018, Adaptive Methods for Nonconvex Optimization",
    when=N_("Where FedAdam swings because single rounds bring very large updates."),
    build=build,
    private=True,
)

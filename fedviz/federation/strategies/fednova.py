"""FedNova: updates are divided by the number of steps behind them before they are averaged."""

from typing import TYPE_CHECKING, Literal

from fedviz.core.config import FederationConfig
from fedviz.core.i18n import N_
from fedviz.core.options import Options
from fedviz.federation.strategies.base import StrategyEntry

if TYPE_CHECKING:
    from fedviz.federation.strategies.mended import Mended


class FedNovaOptions(Options):
    """FedNova has no options of its own."""

    name: Literal["fednova"] = "fednova"


def build(options: FedNovaOptions, federation: FederationConfig, seed: int) -> "Mended":
    """The strategy for a run."""
    from fedviz.federation.strategies.mended import mended
    from fedviz.federation.strategies.normalised import Normalised

    return mended(Normalised, federation, seed)


FEDNOVA = StrategyEntry(
    name="fednova",
    title=N_("FedNova"),
    summary=N_("The mean of the clients' directions: a client that takes more steps no longer pulls the model harder."),
    options=FedNovaOptions,
    equation=r"w_{t+1} = w_t + \tau \sum_k \frac{n_k}{n} \, \frac{w_t^k - w_t}{\tau_k}, \qquad \tau = \sum_k \frac{n_k}{n} \, \tau_k",
    paper="Wang et al. 2020, Tackling the Objective Inconsistency Problem in Heterogeneous Federated Optimization, arXiv:2007.07481",
    when=N_("When clients take very different numbers of local steps, as with quantity skew. With equal numbers it is FedAvg."),
    build=build,
    plain_sgd=True,
    sum_is_enough=False,
    whole_models=False,
)

"""FedProx: clients are held near the global model while they train.

Flower's FedProx sends mu with the settings, and the client's training adds the term. Flower's docstring prints the norm unsquared; the
term of the paper, and of `fedviz.federation.task`, is mu/2 ||w - w_t||^2.
"""

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from fedviz.core.config import FederationConfig
from fedviz.core.i18n import N_
from fedviz.core.options import Options
from fedviz.federation.strategies.base import StrategyEntry

if TYPE_CHECKING:
    from fedviz.federation.strategies.mended import Mended


class FedProxOptions(Options):
    """The weight of the proximal term."""

    name: Literal["fedprox"] = "fedprox"
    mu: Annotated[
        float,
        Field(
            ge=0, le=100, title="Proximal weight", description="How strongly a client is held near the global model while it trains. 0 is FedAvg to the bit."
        ),
    ] = 0.1


def build(options: FedProxOptions, federation: FederationConfig, seed: int) -> "Mended":
    """The strategy for a run."""
    from flwr.serverapp.strategy import FedProx

    from fedviz.federation.strategies.mended import mended

    return mended(FedProx, federation, seed, proximal_mu=options.mu)


FEDPROX = StrategyEntry(
    name="fedprox",
    title=N_("FedProx"),
    summary=N_("FedAvg whose clients pay for every step away from the global model."),
    options=FedProxOptions,
    equation=r"\min_w \; F_k(w) + \frac{\mu}{2} \lVert w - w_t \rVert^2",
    paper="Li et al. 2020, Federated Optimization in Heterogeneous Networks, arXiv:1812.06127",
    when=N_(
        "When clients differ much or train for many local epochs: their updates stay closer to each other. With similar clients it only slows learning down."
    ),
    build=build,
    private=True,
    plain_mean=True,
)

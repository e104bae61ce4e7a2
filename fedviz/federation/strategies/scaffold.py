"""SCAFFOLD: clients correct their steps by how their gradient differs from everybody's."""

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from fedviz.core.config import FederationConfig
from fedviz.core.i18n import N_
from fedviz.core.options import Options
from fedviz.federation.strategies.base import StrategyEntry

if TYPE_CHECKING:
    from fedviz.federation.strategies.mended import Mended


class ScaffoldOptions(Options):
    """The server's step."""

    name: Literal["scaffold"] = "scaffold"
    server_rate: Annotated[
        float,
        Field(gt=0, le=2, title="Server rate", description="How far the global model goes towards the clients' mean; the paper's experiments use 1."),
    ] = 1.0


def build(options: ScaffoldOptions, federation: FederationConfig, seed: int) -> "Mended":
    """The strategy for a run."""
    from fedviz.federation.strategies.mended import mended
    from fedviz.federation.strategies.variates import Variates

    return mended(Variates, federation, seed, eta=options.server_rate)


SCAFFOLD = StrategyEntry(
    name="scaffold",
    title=N_("SCAFFOLD"),
    summary=N_("Every client adds to its gradients what its own ones lack of everybody's, so that local steps no longer drift apart."),
    options=ScaffoldOptions,
    equation=r"w_k \leftarrow w_k - \eta \left( \nabla F_k(w_k) - c_k + c \right), \quad c_k^+ = c_k - c + \frac{w_t - w_k}{K \eta}, \quad "
    r"w_{t+1} = w_t + \eta_g \Delta_t",
    paper="Karimireddy et al. 2020, SCAFFOLD: Stochastic Controlled Averaging for Federated Learning, arXiv:1910.06378",
    when=N_("When clients differ much and train for many local steps. It sends twice as much, and its corrections age where few clients take part in a round."),
    build=build,
    rule="scaffold",
    plain_sgd=True,
    extra_down=1.0,
    extra_up=1.0,
    sum_is_enough=False,
    remembered=1.0,
)

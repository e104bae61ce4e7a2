"""FedOpt with plain SGD on the server: the step from the old model towards the clients' mean has a length of its own."""

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from fedviz.core.config import FederationConfig
from fedviz.core.i18n import N_
from fedviz.core.options import Options
from fedviz.federation.strategies.base import StrategyEntry

if TYPE_CHECKING:
    from fedviz.federation.strategies.mended import Mended


class FedOptSgdOptions(Options):
    """The server's step."""

    name: Literal["fedopt-sgd"] = "fedopt-sgd"
    server_rate: Annotated[
        float,
        Field(
            gt=0,
            le=2,
            title="Server rate",
            description="How far the global model goes towards the clients' mean: 1 is FedAvg to the bit, less is more cautious, more overshoots.",
        ),
    ] = 1.0


def build(options: FedOptSgdOptions, federation: FederationConfig, seed: int) -> "Mended":
    """The strategy for a run."""
    from fedviz.federation.strategies.mended import mended
    from fedviz.federation.strategies.server_sgd import ServerSgd

    return mended(ServerSgd, federation, seed, eta=options.server_rate)


FEDOPT_SGD = StrategyEntry(
    name="fedopt-sgd",
    title=N_("FedOpt (server SGD)"),
    summary=N_("FedAvg with a step size on the server: 1 is FedAvg, less goes only part of the way to the clients' mean."),
    options=FedOptSgdOptions,
    equation=r"w_{t+1} = w_t + \eta \, \Delta_t = (1-\eta) \, w_t + \eta \sum_k \frac{n_k}{n} \, w_t^k",
    paper="Reddi et al. 2021, Adaptive Federated Optimization, arXiv:2003.00295",
    when=N_("To see what the server's step does: a rate below 1 damps rounds that contradict each other, a rate above 1 speeds up rounds that agree."),
    build=build,
    private=True,
)

"""FedBuff: nobody waits for the slow ones. The server moves on at every K-th answer, and answers to old models count less."""

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from fedviz.core.config import FederationConfig
from fedviz.core.i18n import N_
from fedviz.core.options import Options
from fedviz.federation.strategies.base import StrategyEntry

if TYPE_CHECKING:
    from fedviz.federation.strategies.mended import Mended


class FedBuffOptions(Options):
    """How many answers a step of the server takes, how long it is, and how much an old answer counts."""

    name: Literal["fedbuff"] = "fedbuff"
    buffer: Annotated[
        int,
        Field(ge=1, le=100, title="Buffer (K)", description="The server moves on when so many answers have come, one of each client at most: that is a round here. How many clients are at work at a time is *Clients per round* of the federation."),
    ] = 3
    server_rate: Annotated[
        float,
        Field(gt=0, le=2, title="Server rate", description="How far the global model goes along the mean of the buffered updates."),
    ] = 1.0
    staleness: Annotated[
        float,
        Field(ge=0, le=10, title="Staleness exponent (a)", description="An update that began tau steps of the server ago is multiplied by 1 / (1 + tau)^a. 0: old answers count like new ones; the paper uses 0.5."),
    ] = 0.5


def build(options: FedBuffOptions, federation: FederationConfig, seed: int) -> "Mended":
    """The strategy for a run."""
    from fedviz.federation.strategies.buffered import Buffered
    from fedviz.federation.strategies.mended import mended

    return mended(Buffered, federation, seed, buffer=options.buffer, eta=options.server_rate, exponent=options.staleness)


FEDBUFF = StrategyEntry(
    name="fedbuff",
    title=N_("FedBuff (asynchronous)"),
    summary=N_("The server waits for nobody: it moves on at every K-th answer, and an answer counts the less the older the model is that it began with."),
    options=FedBuffOptions,
    equation=r"w_{t+1} = w_t + \eta_g \, \frac{1}{K} \sum_{i=1}^{K} s(\tau_i) \left( w^i - w_{t-\tau_i} \right), \qquad s(\tau) = (1+\tau)^{-a}",
    paper="Nguyen et al. 2022, Federated Learning with Buffered Asynchronous Aggregation, arXiv:2106.06639",
    when=N_(
        "When some devices or links are much slower than others (see Network): in virtual time it makes many steps while FedAvg waits for the slowest. With "
        "devices all alike it only makes noisier steps. Fast clients answer more often, so that the model leans to their texts. The paper counts all answers "
        "of a buffer the same, which is the federation's even weighting. A client that fails is left out of the mean. Robust combinations "
        "compare updates that began from different models."
    ),
    build=build,
    sum_is_enough=False,
    answers=lambda options, federation: min(options.buffer, federation.present),
    asynchronous=True,
    whole_models=False,
)

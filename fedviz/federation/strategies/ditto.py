"""Ditto: FedAvg, and for every client a model of its own that is held near the global one."""

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from fedviz.core.config import FederationConfig
from fedviz.core.i18n import N_
from fedviz.core.options import Options
from fedviz.federation.strategies.base import Lambda, StrategyEntry

if TYPE_CHECKING:
    from fedviz.federation.strategies.mended import Mended


class DittoOptions(Options):
    """How near the personal models stay, and how long they train."""

    name: Literal["ditto"] = "ditto"
    lam: Lambda = 0.1
    passes: Annotated[
        int,
        Field(ge=1, le=50, title="Personal epochs", description="How often a client goes through its own texts for its personal model, in each round in which it trains."),
    ] = 1


def build(options: DittoOptions, federation: FederationConfig, seed: int) -> "Mended":
    """The strategy for a run."""
    from fedviz.federation.local.ditto import LAMBDA, PASSES
    from fedviz.federation.strategies.mended import mended
    from fedviz.federation.strategies.personal import Personal

    return mended(Personal, federation, seed, rule="ditto", numbers={LAMBDA: options.lam, PASSES: float(options.passes)})


DITTO = StrategyEntry(
    name="ditto",
    title=N_("Ditto"),
    summary=N_("FedAvg, and beside it each client trains a model of its own, held near the global one; it stays with the client."),
    options=DittoOptions,
    equation=r"w_{t+1} = \sum_k \frac{n_k}{n} \, w_t^k, \qquad \min_{v_k} \; F_k(v_k) + \frac{\lambda}{2} \lVert v_k - w_t \rVert^2",
    paper="Li, Hu, Beirami and Smith 2021, Ditto: Fair and Robust Federated Learning Through Personalization, arXiv:2012.04221",
    when=N_(
        "When clients are so unlike that no one model serves them all. With lambda 0 each trains alone, with a large one all have the global model. "
        "It trains two models, nothing more travels, and checkpoints hold a model for every client."
    ),
    build=build,
    rule="ditto",
    numbers=("lambda", "passes"),
    remembered=1.0,
    personal=True,
    extra_steps=lambda options, epochs, steps: steps * options.passes / epochs,
)

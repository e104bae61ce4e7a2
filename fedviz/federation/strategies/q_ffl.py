"""q-FFL: clients on which the model does badly count more."""

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from fedviz.core.config import FederationConfig
from fedviz.core.i18n import N_
from fedviz.core.options import Options
from fedviz.federation.strategies.base import StrategyEntry

if TYPE_CHECKING:
    from fedviz.federation.strategies.mended import Mended


class QFflOptions(Options):
    """How much fairness."""

    name: Literal["q-ffl"] = "q-ffl"
    q: Annotated[
        float,
        Field(ge=0, le=20, title="Fairness (q)", description="0 counts every client the same; the larger q, the more a client with a high loss counts."),
    ] = 1.0


def build(options: QFflOptions, federation: FederationConfig, seed: int) -> "Mended":
    """The strategy for a run."""
    from fedviz.federation.strategies.fair import Fair
    from fedviz.federation.strategies.mended import mended

    return mended(Fair, federation, seed, q=options.q)


Q_FFL = StrategyEntry(
    name="q-ffl",
    title=N_("q-FFL"),
    summary=N_("Clients with a high loss pull the global model harder, so that accuracy becomes more even over the clients."),
    options=QFflOptions,
    equation=r"\min_w \; \sum_k \frac{1}{q+1} F_k^{q+1}(w), \qquad w_{t+1} = w_t - \frac{\sum_k F_k^q \, L (w_t - w_t^k)}"
    r"{\sum_k q F_k^{q-1} \lVert L (w_t - w_t^k) \rVert^2 + L F_k^q}, \quad L = 1 / \eta",
    paper="Li et al. 2020, Fair Resource Allocation in Federated Learning, arXiv:1905.10497 (q-FedAvg)",
    when=N_("When the worst-served client matters more than the mean. It buys evenness with some mean accuracy, and large q makes small steps."),
    build=build,
    rule="loss-first",
    plain_sgd=True,
    sum_is_enough=False,
)

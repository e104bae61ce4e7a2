"""FedDyn: each client's objective is bent, round by round, until its minimum is the federation's."""

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from fedviz.core.config import FederationConfig
from fedviz.core.i18n import N_
from fedviz.core.options import Options
from fedviz.federation.strategies.base import StrategyEntry

if TYPE_CHECKING:
    from fedviz.federation.strategies.mended import Mended


class FedDynOptions(Options):
    """The strength of the regularisation."""

    name: Literal["feddyn"] = "feddyn"
    alpha: Annotated[
        float,
        Field(gt=0, le=100, title="Alpha", description="How strongly a client is held near the global model, and how fast its objective is bent. The paper tries 0.1, 0.01 and 0.001."),
    ] = 0.1


def build(options: FedDynOptions, federation: FederationConfig, seed: int) -> "Mended":
    """The strategy for a run."""
    from fedviz.federation.strategies.dynamic import Dynamic
    from fedviz.federation.strategies.mended import mended

    return mended(Dynamic, federation, seed, alpha=options.alpha)


FEDDYN = StrategyEntry(
    name="feddyn",
    title=N_("FedDyn"),
    summary=N_("Each client adds a linear term that remembers where earlier rounds pulled it, so that all clients come to want the same model."),
    options=FedDynOptions,
    equation=r"\min_w \; F_k(w) - \langle g_k, w \rangle + \frac{\alpha}{2} \lVert w - w_t \rVert^2, \quad g_k \leftarrow g_k - \alpha (w_k - w_t), \quad "
    r"w_{t+1} = \bar{w} - h / \alpha",
    paper="Acar et al. 2021, Federated Learning Based on Dynamic Regularization, arXiv:2111.04263",
    when=N_("When clients differ and train long enough to come near their own minimum; it sends no more than FedAvg. With a few small steps a small alpha spoils the model."),
    build=build,
    sum_is_enough=False,
    rule="feddyn",
    numbers=("alpha",),
    remembered=1.0,
)

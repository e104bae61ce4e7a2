"""pFedMe: clients train personal models, and send where these pull their copy of the global one."""

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from fedviz.core.config import FederationConfig
from fedviz.core.i18n import N_
from fedviz.core.options import Options
from fedviz.federation.strategies.base import Lambda, StrategyEntry

if TYPE_CHECKING:
    from fedviz.federation.strategies.mended import Mended


class PFedMeOptions(Options):
    """The inner problem, and both steps."""

    name: Literal["pfedme"] = "pfedme"
    lam: Lambda = 1.0
    inner_steps: Annotated[
        int, Field(ge=1, le=100, title="Inner steps", description="Training steps of the personal model on each batch. More solve its problem better and cost as much more.")
    ] = 5
    eta: Annotated[
        float,
        Field(gt=0, le=10, title="Outer rate", description="How far a client's copy of the global model moves towards its personal model after each batch; times lambda it should stay below 1."),
    ] = 0.1
    beta: Annotated[float, Field(gt=0, le=4, title="Beta", description="How far the server moves towards the clients' mean. 1 is the mean itself.")] = 1.0


def build(options: PFedMeOptions, federation: FederationConfig, seed: int) -> "Mended":
    """The strategy for a run."""
    from fedviz.federation.local.ditto import LAMBDA
    from fedviz.federation.local.pfedme import ETA, INNER
    from fedviz.federation.strategies.mended import mended
    from fedviz.federation.strategies.personal import Personal

    numbers = {LAMBDA: options.lam, INNER: float(options.inner_steps), ETA: options.eta}
    return mended(Personal, federation, seed, rule="pfedme", numbers=numbers, beta=options.beta)


PFEDME = StrategyEntry(
    name="pfedme",
    title=N_("pFedMe"),
    summary=N_("Each client trains a personal model near its copy of the global one, and moves that copy towards it; the copies are averaged."),
    options=PFedMeOptions,
    equation=r"\theta_k \approx \arg\min_\theta F_k(\theta) + \frac{\lambda}{2} \lVert \theta - w_k \rVert^2, \quad w_k \leftarrow w_k - \eta \lambda (w_k - \theta_k), \quad "
    r"w_{t+1} = (1 - \beta) \, w_t + \beta \sum_k \frac{n_k}{n} \, w_k",
    paper="Dinh, Tran and Nguyen 2020, Personalized Federated Learning with Moreau Envelopes, arXiv:2006.08848",
    when=N_("When personal models are wanted and the global one is only their meeting point, which moves in small steps. Each batch costs several training steps."),
    build=build,
    rule="pfedme",
    numbers=("lambda", "inner-steps", "eta"),
    remembered=1.0,
    personal=True,
    extra_steps=lambda options, epochs, steps: steps * (options.inner_steps - 1),
)

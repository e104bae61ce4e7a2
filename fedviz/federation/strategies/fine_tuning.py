"""Fine-tuning: FedAvg, and some steps of each client on its own texts before it uses the model."""

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from fedviz.core.config import FederationConfig
from fedviz.core.i18n import N_
from fedviz.core.options import Options
from fedviz.federation.strategies.base import StrategyEntry

if TYPE_CHECKING:
    from fedviz.federation.strategies.mended import Mended


class FineTuningOptions(Options):
    """How long clients train the global model for themselves."""

    name: Literal["fine-tuning"] = "fine-tuning"
    steps: Annotated[
        int,
        Field(ge=0, le=1000, title="Personal steps", description="Training steps of a client on its own texts from the new global model, before it tests the result. 0: the global model itself."),
    ] = 10


def build(options: FineTuningOptions, federation: FederationConfig, seed: int) -> "Mended":
    """The strategy for a run."""
    from fedviz.federation.local.fine_tuning import STEPS
    from fedviz.federation.strategies.mended import mended
    from fedviz.federation.strategies.personal import Personal

    return mended(Personal, federation, seed, rule="fine-tuning", numbers={STEPS: float(options.steps)})


FINE_TUNING = StrategyEntry(
    name="fine-tuning",
    title=N_("FedAvg with fine-tuning"),
    summary=N_("FedAvg, and every client trains the global model for some steps more on its own texts before it uses it."),
    options=FineTuningOptions,
    equation=r"w_{t+1} = \sum_k \frac{n_k}{n} \, w_t^k, \qquad v_k = \mathrm{SGD}_s(w_{t+1};\, F_k)",
    paper="Cheng, Chadha and Duchi 2021, Fine-tuning in Federated Learning: A Simple but Tough-to-Beat Baseline, arXiv:2108.07313",
    when=N_("The first personalisation to try: nothing more travels and nothing is remembered. Many steps on few texts forget what the others taught."),
    build=build,
    rule="fine-tuning",
    numbers=("steps",),
    personal=True,
    extra_steps=lambda options, epochs, steps: options.steps,
)

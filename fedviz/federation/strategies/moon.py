"""MOON: clients are held near the global model by what they make of their texts, and away from their own former model."""

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from fedviz.core.config import FederationConfig
from fedviz.core.i18n import N_
from fedviz.core.options import Options
from fedviz.federation.strategies.base import StrategyEntry

if TYPE_CHECKING:
    from fedviz.core.config import RunConfig
    from fedviz.federation.strategies.mended import Mended


class MoonOptions(Options):
    """The weight of the contrastive term, and its temperature."""

    name: Literal["moon"] = "moon"
    mu: Annotated[float, Field(ge=0, le=100, title="Contrastive weight", description="How strongly the vectors of a client's texts are drawn to those of the global model. 0 is FedAvg to the bit; the paper tries 0.1, 1, 5 and 10.")] = 1.0
    tau: Annotated[float, Field(gt=0, le=10, title="Temperature", description="How sharply near and far are told apart: the smaller, the sharper. The paper uses 0.5.")] = 0.5


def check(options: MoonOptions, config: "RunConfig") -> None:
    """`ValueError` where no training can move a text's vector."""
    if config.model.tuning == "head":  # type: ignore[attr-defined]
        raise ValueError("`model.tuning` must be lora or full where the strategy is moon, since with the head alone the vectors of the texts are frozen and there is nothing to contrast, but got tuning=head")


def build(options: MoonOptions, federation: FederationConfig, seed: int) -> "Mended":
    """The strategy for a run."""
    from fedviz.federation.strategies.contrastive import Contrastive
    from fedviz.federation.strategies.mended import mended

    return mended(Contrastive, federation, seed, mu=options.mu, tau=options.tau)


MOON = StrategyEntry(
    name="moon",
    title=N_("MOON"),
    summary=N_("While a client trains, the vectors of its texts are drawn to those that the global model gives them, and away from those of its own former model."),
    options=MoonOptions,
    equation=r"\min_w \; F_k(w) - \mu \, \mathbb{E}_x \log \frac{e^{\mathrm{sim}(z, z_t) / \tau}}{e^{\mathrm{sim}(z, z_t) / \tau} + e^{\mathrm{sim}(z, z_k) / \tau}}, "
    r"\qquad z = f_w(x), \; z_t = f_{w_t}(x), \; z_k = f_{w_k}(x)",
    paper="Li, He and Song 2021, Model-Contrastive Federated Learning, arXiv:2103.16257",
    when=N_(
        "When clients hold different kinds of texts and train the language model itself, not the head alone. The term rewards vectors that lie nearer to the global "
        "model's than to those of the client's former model; where these two agree, it moves vectors away from both. Each step reads its texts by three models, which "
        "makes it up to twice as long. In a client's first round there is no former model and so no term."
    ),
    build=build,
    check=check,
    rule="moon",
    numbers=("mu", "tau"),
    remembered=1.0,
    extra_steps=lambda options, epochs, steps: steps * (options.mu > 0),
    private=True,
)

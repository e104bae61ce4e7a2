"""Local parts: some of the trained arrays stay with each client, and only the others are averaged (FedPer, FedBN)."""

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from fedviz.core.config import FederationConfig
from fedviz.core.i18n import N_
from fedviz.core.options import Options
from fedviz.federation.strategies.base import StrategyEntry

if TYPE_CHECKING:
    from fedviz.core.config import RunConfig
    from fedviz.federation.strategies.mended import Mended


class LocalPartsOptions(Options):
    """Which parts stay home."""

    name: Literal["local-parts"] = "local-parts"
    parts: Annotated[
        Literal["head", "norms"],
        Field(title="Parts that stay home", description="Head (FedPer): all that turns vectors of texts and of the graph into classes; the clients share how texts are read. Norms (FedBN): scale and shift of every layer norm, with full fine-tuning alone."),
    ] = "head"


def stays(options: LocalPartsOptions, name: str) -> bool:
    """Whether the array of that name never leaves its client."""
    return name.startswith(("head.", "graph.")) if options.parts == "head" else ".LayerNorm." in name


def check(options: LocalPartsOptions, config: "RunConfig") -> None:
    """`ValueError` where the parts that stay home are all that is trained, or are not trained at all."""
    tuning = config.model.tuning  # type: ignore[attr-defined]
    if options.parts == "head" and tuning == "head":
        raise ValueError("`model.tuning` must be lora or full where the head stays home, since else nothing is left to send, but got tuning=head")
    if options.parts == "norms" and tuning != "full":
        raise ValueError(f"`model.tuning` must be full where the norms stay home, since else nobody trains them, but got tuning={tuning}")


def build(options: LocalPartsOptions, federation: FederationConfig, seed: int) -> "Mended":
    """The strategy for a run."""
    from fedviz.federation.strategies.at_home import AtHome
    from fedviz.federation.strategies.mended import mended

    return mended(AtHome, federation, seed, stays=lambda name: stays(options, name))


LOCAL_PARTS = StrategyEntry(
    name="local-parts",
    title=N_("Local parts (FedPer, FedBN)"),
    summary=N_("Some parts of the model stay with each client, the head or the layer norms, and never travel; the other parts are averaged."),
    options=LocalPartsOptions,
    equation=r"w = (u, v): \quad (u_t^k, v_{t+1}^k) \approx \arg\min_{u, v} F_k(u, v) \text{ from } (u_t, v_t^k), \qquad u_{t+1} = \sum_k \frac{n_k}{n} \, u_t^k, \quad w_{t+1}^k = (u_{t+1}, v_{t+1}^k)",
    paper="Arivazhagan et al. 2019, Federated Learning with Personalization Layers, arXiv:1912.00818 (heads); "
    "Li et al. 2021, FedBN: Federated Learning on Non-IID Features via Local Batch Normalization, arXiv:2102.07623 (norms)",
    when=N_(
        "When clients use different words for the same classes, or the same words for different ones. Look at the personalised models: they are what the clients use. "
        "The global model has the averaged parts and, for those that stay home, their values before any training; with heads at home it has no trained head and "
        "says nothing but what the graph's evidence says. Layer norms keep no averages of their inputs, unlike FedBN's batch norms, so that they adapt less."
    ),
    build=build,
    check=check,
    rule="local-parts",
    personal=True,
    private=True,
    stays=stays,
    whole_models=False,
)

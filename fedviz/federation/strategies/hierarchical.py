"""Hierarchical averaging: clients belong to edges, which average often, and a cloud that averages the edges now and then."""

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from fedviz.core.config import FederationConfig
from fedviz.core.i18n import N_
from fedviz.core.options import Options
from fedviz.federation.strategies.base import StrategyEntry

if TYPE_CHECKING:
    from fedviz.core.config import RunConfig
    from fedviz.federation.strategies.mended import Mended


class HierarchicalOptions(Options):
    """How many edges there are, who belongs to which, and how often the cloud averages them."""

    name: Literal["hierarchical"] = "hierarchical"
    edges: Annotated[int, Field(ge=1, le=50, title="Edges", description="How many servers stand between the clients and the cloud. With one it is FedAvg to the bit.")] = 2
    every: Annotated[
        int,
        Field(ge=1, le=1000, title="Rounds between cloud averages", description="In each round every edge averages its clients; after so many rounds the cloud averages the edges. With 1 it is FedAvg."),
    ] = 5
    dealing: Annotated[
        Literal["neighbours", "drawn"],
        Field(title="Who belongs together", description="Neighbours: clients in their order, in groups as equal as possible. Drawn: the same groups of clients that the seed shuffles once."),
    ] = "neighbours"


def check(options: HierarchicalOptions, config: "RunConfig") -> None:
    """`ValueError` where there are more edges than clients, or where one mean of all clients is counted on."""
    federation = config.federation
    if options.edges > federation.clients:
        raise ValueError(f"`federation.strategy.edges` must be at most the number of clients, {federation.clients}, but got edges={options.edges}")
    if federation.aggregation.name != "mean":
        raise ValueError(f"`federation.aggregation` must be mean where the strategy is hierarchical, since the clients of a single edge are too few for a rule that leaves some of them out, but got aggregation={federation.aggregation.name}")
    if config.privacy.name == "central":
        raise ValueError("`privacy` must not be central where every edge has a mean of its own, since its noise is made for one mean of all clients, but got strategy=hierarchical")


def build(options: HierarchicalOptions, federation: FederationConfig, seed: int) -> "Mended":
    """The strategy for a run."""
    from fedviz.federation.strategies.edges import Edges
    from fedviz.federation.strategies.mended import mended

    return mended(Edges, federation, seed, edges=options.edges, every=options.every, drawn=options.dealing == "drawn")


HIERARCHICAL = StrategyEntry(
    name="hierarchical",
    title=N_("Hierarchical (HierFAVG)"),
    summary=N_("Clients belong to edges. Every round each edge averages its own clients; every few rounds the cloud averages the edges."),
    options=HierarchicalOptions,
    equation=r"w^{(e)}_{t+1} = \sum_{k \in e} \frac{n_k}{n_e} \, w_t^k, \qquad w_{t+1} = \sum_e \frac{n_e}{n} \, w^{(e)}_{t+1}, \quad "
    r"w^{(e)}_{t+1} \leftarrow w_{t+1} \text{ every } \kappa \text{ rounds}",
    paper="Liu, Zhang, Song and Letaief 2020, Client-Edge-Cloud Hierarchical Federated Learning, arXiv:1905.06641",
    when=N_(
        "When clients reach a server nearby more easily than the cloud. Between two cloud averages the edges drift apart, the more the less alike their clients are. "
        "The global model shown is the weighted mean of the edges' models, also in rounds in which the cloud does not send it. Bytes are those between clients "
        "and edges; to the cloud each edge sends one model whenever it averages."
    ),
    build=build,
    check=check,
    sum_is_enough=False,
    kept=lambda options: 3.0 * options.edges,
    whole_models=False,
)

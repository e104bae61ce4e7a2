"""HetLoRA: every client has a rank of its own."""

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, field_validator

from fedviz.core.i18n import N_
from fedviz.core.options import Options
from fedviz.federation.adapters.base import AdapterEntry

if TYPE_CHECKING:
    from fedviz.core.config import RunConfig
    from fedviz.federation.strategies.mended import Mended


class HetLoraOptions(Options):
    """Who trains which rank."""

    name: Literal["hetlora"] = "hetlora"
    ranks: Annotated[
        tuple[int, ...],
        Field(min_length=1, max_length=100, title="Ranks of the clients", description="Rank of each client's adapters, in the clients' order; a shorter list begins again. None may be above the model's LoRA rank, which is that of the global adapters."),
    ] = (2, 4, 8)

    self_pruning: Annotated[bool, Field(title="Self-pruning", description="Clients let go of ranks that their own texts do not need: what lies beyond a share of the rank is pulled to zero in training, and dropped for good once it is weaker after a training than before it.")] = False
    kept_share: Annotated[float, Field(gt=0, lt=1, title="Share of the rank that is kept", description="With self-pruning: a client's rank becomes this share of it, rounded down, and at least 1.")] = 0.99
    pull: Annotated[float, Field(ge=0, le=100, title="Pull", description="With self-pruning: how much the product of the norms of the last rows of A and columns of B counts in the client's loss.")] = 5e-3

    @field_validator("ranks")
    @classmethod
    def _positive(cls, ranks: tuple[int, ...]) -> tuple[int, ...]:
        if odd := [rank for rank in ranks if rank < 1]:
            raise ValueError(f"`ranks` must all be at least 1, but got {odd[0]}")
        return ranks


def ranks(options: HetLoraOptions, clients: int, rank: int) -> tuple[int, ...]:
    """The list as often as it takes, one rank a client."""
    return tuple(options.ranks[client % len(options.ranks)] for client in range(clients))


def fits(options: HetLoraOptions, config: "RunConfig") -> None:
    """`ValueError` where a client would have more than there is."""
    rank = config.model.lora_rank  # type: ignore[attr-defined]
    if max(options.ranks) > rank:
        raise ValueError(f"`federation.adapters.ranks` must not be above model.lora_rank={rank}, the rank of the global adapters, but got {max(options.ranks)}")


def server() -> "type[Mended]":
    """What is mixed into the strategy."""
    from fedviz.federation.adapters.ranked import Ranked

    return Ranked


HETLORA = AdapterEntry(
    name="hetlora",
    title=N_("HetLoRA (a rank for each client)"),
    summary=N_("Clients train adapters of their own rank. The server fills them up with zeros, averages them by the norm of each client's product, and cuts the result to each client's rank."),
    options=HetLoraOptions,
    equation=r"\bar A = \sum_k \frac{\lVert B_k A_k \rVert}{Z} \, A_k, \quad \bar B = \sum_k \frac{\lVert B_k A_k \rVert}{Z} \, B_k, \quad Z = \sum_k \lVert B_k A_k \rVert, \qquad A_k \leftarrow \bar A_{1:r_k}, \; B_k \leftarrow \bar B_{:, 1:r_k}",
    paper="Cho, Liu, Xu, Fahrezi and Joshi 2024, Heterogeneous LoRA for Federated Fine-tuning of On-Device Foundation Models, arXiv:2401.06432",
    when=N_(
        "When devices can bear different sizes. Factors are averaged apart, so that it errs as plain averaging does. All products have one scale, alpha through the model's rank. "
        "With self-pruning ranks never rise again, and how far they have fallen is on Live; bytes are estimated for the ranks as they are set."
    ),
    server=server,
    by_norm=True,
    ranks=ranks,
    fits=fits,
)

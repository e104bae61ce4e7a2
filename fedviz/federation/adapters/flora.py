"""FLoRA: the clients' factors are stacked, and their product is added to the frozen matrix."""

from typing import TYPE_CHECKING, Literal

from fedviz.core.i18n import N_
from fedviz.core.options import Options
from fedviz.federation.adapters.base import A, AdapterEntry, B

if TYPE_CHECKING:
    from fedviz.federation.strategies.mended import Mended


class FLoraOptions(Options):
    """FLoRA has no options: the rank is the model's."""

    name: Literal["flora"] = "flora"


def server() -> "type[Mended]":
    """What is mixed into the strategy."""
    from fedviz.federation.adapters.exact import Stacked

    return Stacked


FLORA = AdapterEntry(
    name="flora",
    title=N_("FLoRA (stacked factors)"),
    summary=N_("The server stacks all clients' factors, whose product is the average of the products; it is added to the frozen matrices, and every round begins with fresh adapters."),
    options=FLoraOptions,
    equation=r"W_{t+1} = W_t + s \left[ p_1 B_1 \cdots p_K B_K \right] \begin{bmatrix} A_1 \\ \vdots \\ A_K \end{bmatrix} = W_t + s \sum_k p_k B_k A_k, \quad (A, B) \leftarrow (A_0, 0)",
    paper="Wang et al. 2024, FLoRA: Federated Fine-Tuning Large Language Models with Heterogeneous Low-Rank Adaptations, arXiv:2409.05976",
    when=N_(
        "When exactness matters more than the way down: what the run has added to the frozen matrices comes down whole, since a client here keeps nothing from round to "
        "round, and after a few rounds of stacking it has full rank anyway. Adapters begin each round from the same first draw, with B at zero, so that they need not be sent."
    ),
    server=server,
    home=(A, B),
    based=True,
)

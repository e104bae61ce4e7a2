"""FedEx-LoRA: plain averaging, and what it misses is added to the frozen matrix."""

from typing import TYPE_CHECKING, Literal

from fedviz.core.i18n import N_
from fedviz.core.options import Options
from fedviz.federation.adapters.base import AdapterEntry

if TYPE_CHECKING:
    from fedviz.federation.strategies.mended import Mended


class FedExLoraOptions(Options):
    """FedEx-LoRA has no options: the residual is added whole."""

    name: Literal["fedex-lora"] = "fedex-lora"


def server() -> "type[Mended]":
    """What is mixed into the strategy."""
    from fedviz.federation.adapters.exact import Residual

    return Residual


FEDEX_LORA = AdapterEntry(
    name="fedex-lora",
    title=N_("FedEx-LoRA (averages and a residual)"),
    summary=N_("A and B are averaged apart, and what their product misses of the average of the products is added to everybody's frozen matrices: nothing is lost."),
    options=FedExLoraOptions,
    equation=r"\bar A = \sum_k p_k A_k, \quad \bar B = \sum_k p_k B_k, \quad W_{t+1} = W_t + s \left( \sum_k p_k B_k A_k - \bar B \, \bar A \right)",
    paper="Singhal, Ponkshe and Vepakomma 2024, FedEx-LoRA: Exact Aggregation for Federated and Efficient Fine-Tuning of Large Language Models, arXiv:2410.09432",
    when=N_(
        "When clients are unlike and train long, where plain averaging errs most. Clients send as much as with plain averaging; down come the adapters and all that the run has added to the "
        "frozen matrices, whole, since a client here keeps nothing from round to round."
    ),
    server=server,
    based=True,
)

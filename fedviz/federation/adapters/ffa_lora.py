"""FFA-LoRA: A stays as it was drawn, and only B is trained and sent."""

from typing import TYPE_CHECKING, Literal

from fedviz.core.i18n import N_
from fedviz.core.options import Options
from fedviz.federation.adapters.base import A, AdapterEntry

if TYPE_CHECKING:
    from fedviz.federation.strategies.mended import Mended


class FfaLoraOptions(Options):
    """FFA-LoRA has no options."""

    name: Literal["ffa-lora"] = "ffa-lora"


def server() -> "type[Mended]":
    """What is mixed into the strategy."""
    from fedviz.federation.adapters.server import Adapted

    return Adapted


FFA_LORA = AdapterEntry(
    name="ffa-lora",
    title=N_("FFA-LoRA (A stays fixed)"),
    summary=N_("A keeps the values that it is drawn with, the same for all, and never travels; B alone is trained. The average of the products is then the product, and half of the adapters' bytes are saved."),
    options=FfaLoraOptions,
    equation=r"\left( \sum_k p_k B_k \right) A_0 = \sum_k p_k B_k A_0",
    paper="Sun, Li, Li and Ding 2024, Improving LoRA in Privacy-preserving Federated Learning, arXiv:2403.12313",
    when=N_("When bytes count, or noise for privacy is added, which A and B would multiply. With half of the numbers it can learn less; a higher rank gives some of that back."),
    server=server,
    still=lambda number: 1,
    home=(A,),
    plain=True,
)

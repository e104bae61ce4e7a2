"""RoLoRA: B is trained in odd rounds and A in even ones."""

from typing import TYPE_CHECKING, Literal

from fedviz.core.i18n import N_
from fedviz.core.options import Options
from fedviz.federation.adapters.base import AdapterEntry

if TYPE_CHECKING:
    from fedviz.federation.strategies.mended import Mended


class RoLoraOptions(Options):
    """RoLoRA has no options."""

    name: Literal["rolora"] = "rolora"


def server() -> "type[Mended]":
    """What is mixed into the strategy."""
    from fedviz.federation.adapters.server import Adapted

    return Adapted


ROLORA = AdapterEntry(
    name="rolora",
    title=N_("RoLoRA (A and B in turn)"),
    summary=N_("Odd rounds train and send B, even rounds A, while the other factor is the same for all: every round averages exactly, and both factors learn."),
    options=RoLoraOptions,
    equation=r"t \text{ odd}: \; B_{t+1} = \sum_k p_k B_k, \; A_{t+1} = A_t; \qquad t \text{ even}: \; A_{t+1} = \sum_k p_k A_k, \; B_{t+1} = B_t",
    paper="Chen et al. 2024, Robust Federated Finetuning of Foundation Models via Alternating Minimization of LoRA, arXiv:2409.02346",
    when=N_(
        "When clients differ and there are rounds enough for both factors: each learns in half of them. Answers weigh half. Both factors come down in every round, "
        "since a client that was not asked last time has only an old one."
    ),
    server=server,
    still=lambda number: 1 if number % 2 else 2,
)

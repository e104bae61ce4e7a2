"""FedIT: A and B are averaged apart, as all other weights are."""

from typing import Literal

from fedviz.core.i18n import N_
from fedviz.core.options import Options
from fedviz.federation.adapters.base import AdapterEntry, nothing_else


class FedItOptions(Options):
    """Plain averaging has no options."""

    name: Literal["fedit"] = "fedit"


FEDIT = AdapterEntry(
    name="fedit",
    title=N_("FedIT (plain averaging)"),
    summary=N_("A and B are averaged apart, like all other weights. What comes out is not the average of what the clients learned, but near it while they are alike."),
    options=FedItOptions,
    equation=r"\bar A = \sum_k p_k A_k, \quad \bar B = \sum_k p_k B_k, \qquad \bar B \, \bar A \ne \sum_k p_k B_k A_k",
    paper="Zhang et al. 2024, Towards Building the Federated GPT: Federated Instruction Tuning, arXiv:2305.05644",
    when=N_("The usual way: it goes with every strategy, combination, privacy and compression. The error grows as clients become unlike and train longer between two rounds."),
    server=nothing_else,
    plain=True,
)

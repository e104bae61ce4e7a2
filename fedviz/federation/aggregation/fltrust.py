"""FLTrust of Cao et al. 2021: the server trains on a few texts of its own, and trusts a client as far as it goes the same way."""

from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from fedviz.core.i18n import N_
from fedviz.core.options import Options
from fedviz.federation.aggregation.base import AggregationEntry, Aggregator, Floats, Gathering


class FLTrustOptions(Options):
    """How much the server holds itself."""

    name: Literal["fltrust"] = "fltrust"
    root_texts: Annotated[
        int,
        Field(
            ge=1,
            le=10_000,
            title="Root texts",
            description="How many labelled texts the server holds and trains on in every round. They are taken out of the clients' training texts, all classes alike as far as possible. The paper uses 100.",
        ),
    ] = 40


class FLTrust(Gathering):
    """Scales every update to the length of the server's own and weighs it by the cosine between the two, if that is above 0.

    The paper's rule knows no numbers of examples, and neither does this. Where nobody is trusted the model stays.
    """

    def __init__(self) -> None:
        super().__init__(FLTRUST.title, self._trust, weighted=True)  # weighted: it never sees what is not finite

    def _trust(self, matrix: Floats, weights: Floats, old: Floats) -> tuple[Floats, Floats]:
        root = self._vector(self.own_server().trained(self._old, self.round)) - old
        matrix -= old
        norms = np.array([np.linalg.norm(step) for step in matrix])
        length = np.linalg.norm(root)
        usable = norms > 0
        scaled = np.divide(length, norms, out=np.zeros_like(norms), where=usable)  # what brings a step to the root's length
        trust = np.maximum(matrix @ root * scaled, 0.0)  # the cosine times the root's length squared, which cancels
        if not trust.sum() > 0:
            return old, np.zeros(len(matrix))
        shares = trust / trust.sum()
        return old + (shares * scaled) @ matrix, shares


def build(options: FLTrustOptions) -> Aggregator:
    """The aggregator of a round."""
    return FLTrust()


FLTRUST = AggregationEntry(
    name="fltrust",
    title=N_("FLTrust"),
    summary=N_("The server trains on a few texts of its own; a client counts as far as its update points the same way, at the length of the server's."),
    options=FLTrustOptions,
    equation=r"w_{t+1} = w_t + \frac{\sum_k \tau_k \frac{\lVert g_0 \rVert}{\lVert \delta_k \rVert} \delta_k}{\sum_k \tau_k}, \quad "
    r"\tau_k = \max\left(0, \frac{\langle \delta_k, g_0 \rangle}{\lVert \delta_k \rVert \lVert g_0 \rVert}\right), \quad \delta_k = w_t^k - w_t",
    paper="Cao et al. 2021, FLTrust: Byzantine-robust Federated Learning via Trust Bootstrapping, NDSS 2021, arXiv:2012.13995",
    when=N_(
        "When somebody the clients trust can collect a few texts that look like theirs: it needs no guess how many are malicious and works even where most are. "
        "Root texts that are few or unlike the clients' make it slow or one-sided, since steps are as long as the server's, and its texts are lost to the clients. "
        "A backdoor mostly points the same way as honest work, and in our benchmark it passed."
    ),
    least=lambda options: 1,
    build=build,
    root_texts=lambda options: options.root_texts,
    asks_server=True,
)

"""IFCA: several models at once, and every client trains the one that fits its texts best, so that like clients find each other."""

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from fedviz.core.config import FederationConfig
from fedviz.core.i18n import N_
from fedviz.core.options import Options
from fedviz.federation.npy import npy_bytes
from fedviz.federation.strategies.base import Beside, StrategyEntry

if TYPE_CHECKING:
    from fedviz.federation.strategies.mended import Mended


class IfcaOptions(Options):
    """How many models there are, and how far apart they start."""

    name: Literal["ifca"] = "ifca"
    clusters: Annotated[
        int,
        Field(ge=1, le=10, title="Clusters", description="How many models there are, and so how many kinds of clients can be told apart. 1 is FedAvg."),
    ] = 2
    spread: Annotated[
        float,
        Field(gt=0, le=10, title="Spread of the starts", description="Standard deviation of the noise on every weight with which each cluster's model starts; from equal starts clusters would never part."),
    ] = 0.1


def build(options: IfcaOptions, federation: FederationConfig, seed: int) -> "Mended":
    """The strategy for a run."""
    from fedviz.federation.strategies.clustered import Clustered
    from fedviz.federation.strategies.mended import mended

    return mended(Clustered, federation, seed, count=options.clusters, spread=options.spread)


def beside(options: IfcaOptions, size: int, arrays: int) -> Beside:
    """All models but one go down to train, and all of them to evaluate, under names two characters longer; up goes the number of the cluster."""
    one = size + len("0/") * arrays
    return Beside((options.clusters - 1) * one, len("cluster") + npy_bytes("<i8", (1,)), options.clusters * one if options.clusters > 1 else 0)


IFCA = StrategyEntry(
    name="ifca",
    title=N_("IFCA (clustered)"),
    summary=N_("Several models train side by side: every client takes the one with the least loss on its own texts and trains it, so that like clients share a model."),
    options=IfcaOptions,
    equation=r"j_k = \arg\min_j F_k(w_t^j), \qquad w_{t+1}^j = \sum_{k:\, j_k = j} \frac{n_k}{\sum_{l:\, j_l = j} n_l} \, \mathrm{SGD}(w_t^j;\, F_k), \qquad "
    r"w_{t+1} = \sum_k \frac{n_k}{n} \, w_{t+1}^{j_k}",
    paper="Ghosh, Chung, Yin and Ramchandran 2020, An Efficient Framework for Clustered Federated Learning, arXiv:2006.04088",
    when=N_(
        "When there are a few kinds of clients whose texts ask for different answers. The global model shown is the mean of the clusters' models, weighed by the clients that chose them: "
        "where clients have parted it may serve nobody, and the personal model of a client, its best cluster's, is the one to look at. Where one start is "
        "better for everybody, all choose it and what is left is FedAvg; the paper then starts again with other starts (another seed or spread). Every client gets all models."
    ),
    build=build,
    rule="ifca",
    personal=True,
    sum_is_enough=False,
    beside=beside,
    extra_steps=lambda options, epochs, steps: 2 * options.clusters * steps / epochs / 3 if options.clusters > 1 else 0.0,
    whole_models=False,
)

"""Central differential privacy for clients: the server, which is trusted, clips the updates and adds noise before anybody sees the model."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, model_validator

from fedviz.core.i18n import N_
from fedviz.core.options import Options
from fedviz.core.registry import AVAILABILITY, STRATEGIES
from fedviz.federation.privacy.base import Guard, PrivacyEntry

if TYPE_CHECKING:
    from fedviz.core.config import FederationConfig, RunConfig


class CentralOptions(Options):
    """Clip norm, noise and what the guarantee is measured at."""

    name: Literal["central"] = "central"
    clip_norm: Annotated[float, Field(gt=0, le=1e6, title="Clip norm", description="The longest update (L2 norm) that a client may contribute; a longer one is shortened. With adaptive clipping this is where it starts.")] = 1.0
    noise_multiplier: Annotated[float, Field(ge=0, le=1000, title="Noise multiplier", description="Standard deviation of the noise on the sum of the updates, in clip norms. 0 only clips, and promises nothing.")] = 1.0
    delta: Annotated[float, Field(gt=0, lt=0.01, title="Delta", description="The probability with which the promise of epsilon may fail; well below one divided by the number of clients.")] = 1e-5
    adaptive: Annotated[bool, Field(title="Adaptive clipping", description="Move the clip norm after each round, so that a fixed share of the updates is no longer than it. The count behind it has noise of its own, which is accounted for.")] = False
    quantile: Annotated[float, Field(ge=0, le=1, title="Quantile", description="With adaptive clipping: the share of the updates that shall be no longer than the clip norm.")] = 0.5
    clip_rate: Annotated[float, Field(gt=0, le=2, title="Clipping rate", description="With adaptive clipping: how fast the clip norm moves. The paper uses 0.2.")] = 0.2
    count_noise: Annotated[float, Field(ge=0, le=1000, title="Noise on the count", description="With adaptive clipping: standard deviation of the noise on how many updates are short enough. 0 is a twentieth of the clients of a round, as in the paper, but no less than the noise multiplier.")] = 0.0

    @model_validator(mode="after")
    def _enough_noise(self) -> "CentralOptions":
        if self.adaptive and self.count_noise and 2 * self.count_noise <= self.noise_multiplier:
            raise ValueError(f"`count_noise` must be more than half the noise multiplier, or the count alone spends more than everything may, but got count_noise={self.count_noise} with noise_multiplier={self.noise_multiplier}")
        return self

    def noise_on_count(self, drawn: int) -> float:
        """Deviation of the noise on the count of `drawn` clients; 0 without any noise."""
        return self.count_noise or (max(drawn / 20, self.noise_multiplier) if self.noise_multiplier else 0.0)


def check(options: CentralOptions, config: "RunConfig") -> None:
    """`ValueError` where one client could move the next model further than the accounting says."""
    federation = config.federation
    if federation.weighting != "even":
        raise ValueError(f"`federation.weighting` must be even where privacy is central, since the numbers of examples would tell about the clients, but got weighting={federation.weighting}")
    if federation.aggregation.name != "mean":
        raise ValueError(f"`federation.aggregation` must be mean where privacy is central, since only for the mean is it known how far one client moves the model, but got aggregation={federation.aggregation.name}")
    if federation.secure_aggregation:
        raise ValueError("`federation.secure_aggregation` must be off where privacy is central, since the server shortens single updates, which are hidden from it, but got secure_aggregation=True")
    participation = config.participation
    if federation.fraction < 1 and (participation.late_joiners or not AVAILABILITY.get(participation.availability.name).uniform):
        raise ValueError("`participation` must let every client be drawn alike in every round where privacy is central and only some are drawn, since the accounting counts on it")
    if participation.over_selection:
        raise ValueError(f"`participation.over_selection` must be 0 where privacy is central, since then more clients are drawn than the accounting counts, but got over_selection={participation.over_selection}")
    if not STRATEGIES.get(federation.strategy.name).private:
        raise ValueError(f"`federation.strategy` must learn from the clients by the mean of their models alone where privacy is central, but {federation.strategy.name} also uses what has no noise: how many answered, numbers of steps, losses, or arrays beside the models")


def build(options: CentralOptions, federation: "FederationConfig", seed: int, texts: Sequence[int] = ()) -> Guard:
    """The guard of a run."""
    from fedviz.federation.privacy.clipped_sum import ClippedSums

    return ClippedSums(options, federation, seed)


def noise_for(epsilon: float, delta: float, federation: "FederationConfig", texts: Sequence[int]) -> float:
    """The least noise multiplier for all rounds."""
    from fedviz.federation.privacy import accounting

    return accounting.noise_for(epsilon, federation.rounds, federation.participants, federation.present, delta)


CENTRAL = PrivacyEntry(
    name="central",
    title=N_("Central (DP-FedAvg)"),
    summary=N_("The server shortens every update to a clip norm, adds them up and adds noise: no single client can change the model noticeably."),
    options=CentralOptions,
    equation=r"w_{t+1} = w_t + \frac{1}{n} \left( \sum_k \min\left(1, \frac{C}{\lVert \delta_k \rVert}\right) \delta_k + \mathcal{N}(0, z^2 C^2 I) \right), "
    r"\quad \delta_k = w_t^k - w_t",
    paper="McMahan et al. 2018, Learning Differentially Private Recurrent Language Models, arXiv:1710.06963; "
    "Andrew et al. 2021, Differentially Private Learning with Adaptive Clipping, arXiv:1905.03871",
    when=N_(
        "It protects a client's whole data, as seen by whoever gets the global models; the server sees every update. The noise is divided by the number "
        "of clients, so that it needs many of them: ten rounds of ten clients at epsilon 10 have noise longer than any update for every model of more than "
        "ten weights. Here the noise comes from the run's seed, which makes a run repeatable; a real deployment must draw it from a cryptographic "
        "generator and keep secret who was drawn."
    ),
    check=check,
    build=build,
    promise=N_("How much the global models so far can tell about any one client, at most."),
    noise=N_("How long the noise on the mean of a round is, beside the longest update that may count. The longer, the less a round learns; more clients shorten it."),
    noise_for=noise_for,
    learned=lambda noise, federation, texts: noise / federation.participants,
)

"""Local differential privacy for clients: each clips its own update and adds the noise itself, so that not even the server sees more."""

from collections.abc import Sequence
from dataclasses import replace
from math import nan, sqrt
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from fedviz.core.i18n import N_
from fedviz.core.options import Options
from fedviz.core.registry import AVAILABILITY, STRATEGIES
from fedviz.core.types import PrivacySpent
from fedviz.federation.privacy.base import Guard, PrivacyEntry, Shield, shortening

if TYPE_CHECKING:
    from fedviz.core.config import FederationConfig, RunConfig
    from fedviz.federation.local.base import Job, LocalRule, Outcome


class LocalOptions(Options):
    """Clip norm, noise and what the guarantee is measured at."""

    name: Literal["local"] = "local"
    clip_norm: Annotated[float, Field(gt=0, le=1e6, title="Clip norm", description="The longest update (L2 norm) that a client sends; it shortens a longer one itself.")] = 1.0
    noise_multiplier: Annotated[float, Field(ge=0, le=1000, title="Noise multiplier", description="Standard deviation of the noise that each client adds to every weight of its own update, in clip norms. 0 only clips, and promises nothing.")] = 1.0
    delta: Annotated[float, Field(gt=0, lt=0.01, title="Delta", description="The probability with which the promise of epsilon may fail.")] = 1e-5


class Noised(Shield):
    """Sends `w_t + min(1, C / ||w_k - w_t||) (w_k - w_t) + N(0, z^2 C^2)`, and nothing else that its training texts have a say in."""

    def __init__(self, options: LocalOptions) -> None:
        self._clip, self._deviation = options.clip_norm, options.clip_norm * options.noise_multiplier

    def train(self, rule: "LocalRule", job: "Job", classes: int) -> "Outcome":
        """The rule's model behind noise; every client counts one, and neither its loss nor its steps are told."""
        return self.cover(rule.train(job), job)

    def cover(self, outcome: "Outcome", job: "Job") -> "Outcome":
        """What is sent of an outcome. What stays with the client stays as it is; an update that is not finite counts as none."""
        import numpy as np

        from fedviz.core.seeds import generator
        from fedviz.federation.aggregation.base import as_type

        with np.errstate(over="ignore", invalid="ignore"):
            updates = {name: np.subtract(values, job.received[name], dtype=np.float64) for name, values in outcome.arrays.items()}
            norm = sqrt(sum(float(np.square(update).sum()) for update in updates.values()))
        factor, arrays = shortening(norm, self._clip), {}
        for name, values in outcome.arrays.items():
            kept = values if factor == 1 else job.received[name] + (factor * updates[name] if factor else 0.0)
            if self._deviation:
                kept = kept + self._deviation * generator(job.seed, "privacy", name).standard_normal(values.shape)
            arrays[name] = as_type(kept, values.dtype)
        return replace(outcome, arrays=arrays, extra={}, result=replace(outcome.result, examples=1, losses=(), mean_loss=nan, loss_before=0.0))


class NoisedClients(Guard):
    """What noised updates spend. Every client is taken for drawn in every round: the server knows who was, so that the draw protects nobody from it."""

    def __init__(self, options: LocalOptions, drawn: int) -> None:
        self._options, self._drawn = options, drawn

    def spent(self, number: int) -> PrivacySpent:
        """Epsilon after `number` Gaussian releases whose sensitivity is 2 C; the noise is that on the even mean of a round's clients."""
        from fedviz.federation.privacy import accounting

        options = self._options
        epsilons = accounting.spent(options.noise_multiplier, number, 1, 1, options.delta)
        noise = learned(options.noise_multiplier, self._drawn) * options.clip_norm
        return PrivacySpent(
            rdp=epsilons and epsilons.rdp, pld=epsilons and epsilons.pld, delta=options.delta, clip_norm=options.clip_norm, clipped=None, noise=noise, mechanism="local"
        )


def learned(noise: float, drawn: int) -> float:
    """Deviation of the noise on the mean of so many clients, in clip norms."""
    return noise / sqrt(drawn)


def check(options: LocalOptions, config: "RunConfig") -> None:
    """`ValueError` where something leaves a client that its training texts have a say in and that has no noise."""
    federation = config.federation
    if federation.weighting != "even":
        raise ValueError(f"`federation.weighting` must be even where privacy is local, since a client keeps its number of examples to itself, but got weighting={federation.weighting}")
    check_strategy(config, "local")
    check_availability(config, "local")
    participation = config.participation
    if participation.over_selection:
        raise ValueError(f"`participation.over_selection` must be 0 where privacy is local, since who answers first tells how many texts it holds, but got over_selection={participation.over_selection}")
    if config.network.deadline_s:
        raise ValueError(f"`network.deadline_s` must be 0 where privacy is local, since who is late tells how many texts it holds, but got deadline_s={config.network.deadline_s}")


def check_strategy(config: "RunConfig", mechanism: str) -> None:
    """`ValueError` where clients send more than a model."""
    strategy = STRATEGIES.get(config.federation.strategy.name)
    if not strategy.private or strategy.personal:
        raise ValueError(f"`federation.strategy` must ask of the clients nothing but a model where privacy is {mechanism}, but {strategy.name} also uses what has no noise: numbers of steps, losses, scores of personal models, or arrays beside the models")


def check_availability(config: "RunConfig", mechanism: str) -> None:
    """`ValueError` where a client may be there because of its texts."""
    availability = config.participation.availability
    if not AVAILABILITY.get(availability.name).uniform:
        raise ValueError(f"`participation.availability` must treat all clients alike where privacy is {mechanism}, since who is there may tell about its texts, but got availability={availability.name}")


def build(options: LocalOptions, federation: "FederationConfig", seed: int, texts: Sequence[int] = ()) -> Guard:
    """The accounts of a run."""
    return NoisedClients(options, federation.participants)


def noise_for(epsilon: float, delta: float, federation: "FederationConfig", texts: Sequence[int]) -> float:
    """The least noise multiplier for all rounds."""
    from fedviz.federation.privacy import accounting

    return accounting.noise_for(epsilon, federation.rounds, 1, 1, delta)


LOCAL = PrivacyEntry(
    name="local",
    title=N_("Local (each client adds the noise)"),
    summary=N_("Every client shortens its own update and adds noise before it sends it: nobody has to be trusted, the server included, and the noise is much larger."),
    options=LocalOptions,
    equation=r"\tilde{w}_t^k = w_t + \min\left(1, \frac{C}{\lVert \delta_k \rVert}\right) \delta_k + \mathcal{N}(0, z^2 C^2 I), \quad \delta_k = w_t^k - w_t",
    paper="Kasiviswanathan et al. 2011, What Can We Learn Privately?, arXiv:0803.0924 (the local model); "
    "Geyer, Klein and Nabi 2017, Differentially Private Federated Learning: A Client Level Perspective, arXiv:1712.07557 (clipped updates with Gaussian noise)",
    when=N_(
        "It protects a client's whole training data from everybody who gets what it sends. Each client brings noise of its own, so that the mean of n "
        "clients has the square root of n times as much as with a trusted server: few models learn under it. Clients count the same and keep their losses and "
        "numbers of texts to themselves. Attackers add no noise. Counts over the clients' test texts are sent without noise, and the "
        "comparison after the last round trains without privacy; the noise comes from the run's seed, so that a run can be repeated, and a real client must draw it from a cryptographic generator."
    ),
    check=check,
    build=build,
    shield=Noised,
    promise=N_("How much all that a client has sent so far can tell about its training texts, at most, also to the server."),
    noise=N_("How long the noise on the mean of a round is, beside the longest update that may count. The longer, the less a round learns; four times as many clients halve it."),
    noise_for=noise_for,
    learned=lambda noise, federation, texts: learned(noise, federation.participants),
)

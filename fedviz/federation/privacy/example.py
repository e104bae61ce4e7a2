"""Differential privacy for single texts: clients train by DP-SGD, so that nothing they send tells much about any one text of theirs."""

from collections.abc import Sequence
from math import nan
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from fedviz.core.i18n import N_
from fedviz.core.options import Options
from fedviz.core.registry import STRATEGIES
from fedviz.core.types import PrivacySpent
from fedviz.federation.privacy.base import Guard, PrivacyEntry, Shield
from fedviz.federation.privacy.local import check_availability, check_strategy

if TYPE_CHECKING:
    from fedviz.core.config import FederationConfig, RunConfig
    from fedviz.federation.local.base import Job, LocalRule, Outcome


class ExampleOptions(Options):
    """Clip norm, noise and what the guarantee is measured at."""

    name: Literal["example"] = "example"
    clip_norm: Annotated[float, Field(gt=0, le=1e6, title="Clip norm", description="The longest gradient (L2 norm) that a single text may contribute to a step; a longer one is shortened.")] = 1.0
    noise_multiplier: Annotated[float, Field(ge=0, le=1000, title="Noise multiplier", description="Standard deviation of the noise on the sum of a step's gradients, in clip norms. 0 only clips, and promises nothing.")] = 1.0
    delta: Annotated[float, Field(gt=0, lt=0.01, title="Delta", description="The probability with which the promise of epsilon may fail; well below one divided by the number of a client's texts.")] = 1e-5


class StepByStep(Shield):
    """Trains by DP-SGD in place of plain training; the model is all that is sent beside the number of texts, which is public."""

    def __init__(self, options: ExampleOptions) -> None:
        self._options = options

    def train(self, rule: "LocalRule", job: "Job", classes: int) -> "Outcome":
        """DP-SGD from the weights received. The rule has no say: strategies with one of their own are refused."""
        from dataclasses import replace

        from fedviz.federation.local.base import Outcome
        from fedviz.federation.privacy import dp_sgd

        job.learner.load(job.received)
        result = dp_sgd.fit(job.learner, job.indices, job.settings, job.seed, self._options.clip_norm, self._options.noise_multiplier, job.on_step)
        return Outcome(job.learner.arrays(), replace(result, mean_loss=nan), {}, job.memory)


class Texts(Guard):
    """What the clients' steps spend: each client its own epsilon, the small ones most, and the largest is shown."""

    def __init__(self, options: ExampleOptions, federation: "FederationConfig", texts: Sequence[int]) -> None:
        self._options, self._plans = options, plans(federation, texts)
        self._noise = learned(options.noise_multiplier, federation, texts) * options.clip_norm

    def spent(self, number: int) -> PrivacySpent:
        """The largest epsilon over the clients after `number` rounds in which all take part, and each client's by RDP; 0 for one without texts."""
        from fedviz.federation.privacy import accounting_texts as accounting

        options = self._options
        worst = accounting.worst(options.noise_multiplier, self._plans, number, options.delta)
        clients = accounting.by_rdp(options.noise_multiplier, self._plans, number, options.delta) if worst else ()
        pld = worst.pld if worst and options.noise_multiplier >= accounting.LEAST_PLD else None
        return PrivacySpent(
            rdp=worst and worst.rdp, pld=pld, delta=options.delta, clip_norm=options.clip_norm, clipped=None, noise=self._noise, mechanism="example", clients=clients
        )


def plans(federation: "FederationConfig", texts: Sequence[int]) -> "tuple[tuple[float, int], ...]":
    """By client: with which probability a text is in a step's batch, and how many steps a round has; clients that never train have none."""
    from fedviz.federation.privacy.dp_sgd_plan import plan

    one_step = STRATEGIES.get(federation.strategy.name).one_step
    away = set(federation.absent_clients)
    return tuple((1.0, 0) if k in away else plan(n, 1, n) if one_step else plan(n, federation.local_epochs, federation.batch_size) for k, n in enumerate(texts))


def learned(noise: float, federation: "FederationConfig", texts: Sequence[int]) -> float:
    """Deviation of the noise on the mean gradient of a step, in clip norms, for the client with the smallest batch."""
    held = [n for k, n in enumerate(texts) if n and k not in federation.absent_clients]
    one_step = STRATEGIES.get(federation.strategy.name).one_step
    return noise / min((n if one_step else min(n, federation.batch_size) for n in held), default=1)


def check(options: ExampleOptions, config: "RunConfig") -> None:
    """`ValueError` where something leaves a client that a single text has a say in and that has no noise."""
    check_strategy(config, "example")
    strategy = STRATEGIES.get(config.federation.strategy.name)
    if strategy.rule:
        raise ValueError(f"`federation.strategy` must leave the clients to plain training where privacy is example, whose steps take its place, but {strategy.name} trains by a rule of its own")
    check_availability(config, "example")
    if config.participation.drift != "none":
        raise ValueError(f"`participation.drift` must be none where privacy is example, since a smaller part of the texts is drawn from more often than the accounting counts, but got drift={config.participation.drift}")


def build(options: ExampleOptions, federation: "FederationConfig", seed: int, texts: Sequence[int] = ()) -> Guard:
    """The accounts of a run."""
    return Texts(options, federation, texts)


def noise_for(epsilon: float, delta: float, federation: "FederationConfig", texts: Sequence[int]) -> float:
    """The least noise multiplier with which no client's texts spend more in all rounds."""
    from fedviz.federation.privacy import accounting_texts as accounting

    return accounting.noise_for(epsilon, plans(federation, texts), federation.rounds, delta)


EXAMPLE = PrivacyEntry(
    name="example",
    title=N_("Example (DP-SGD inside each client)"),
    summary=N_("Every training step shortens the gradient of each text and adds noise to their sum: what a client sends tells little about any one of its texts."),
    options=ExampleOptions,
    equation=r"w_t^k \leftarrow w_t^k - \frac{\eta}{B} \left( \sum_{i \in \mathcal{B}} \min\left(1, \frac{C}{\lVert g_i \rVert}\right) g_i + \mathcal{N}(0, z^2 C^2 I) \right), "
    r"\quad \Pr[i \in \mathcal{B}] = \frac{B}{n_k}",
    paper="Abadi et al. 2016, Deep Learning with Differential Privacy, arXiv:1607.00133",
    when=N_(
        "It protects single texts (a patient's note, not the hospital), from everybody, and needs no trusted server. Each text is in a batch by a coin of its own, so that "
        "batches vary in size and may be empty. Clients with few texts spend more. How many texts a client holds is public, and so are weights by examples. FedProx's term and AdamW "
        "work on what has its noise already, which costs nothing. A step goes through its texts one by one, which takes longer. Attackers keep to none of this. Counts over the clients' test texts are sent "
        "without noise, and the comparison after the last round trains without privacy; batches and noise come from the run's seed, and a real client must draw them from a cryptographic generator."
    ),
    check=check,
    build=build,
    shield=StepByStep,
    promise=N_("How much all that a client has sent so far can tell about any one of its training texts, at most, for the client that has spent most."),
    noise=N_("How long the noise on the mean gradient of a training step is, beside the longest gradient that may count, for the client with the smallest batch. Twice as large batches halve it, and cost more epsilon."),
    noise_for=noise_for,
    learned=learned,
    text_by_text=True,
)

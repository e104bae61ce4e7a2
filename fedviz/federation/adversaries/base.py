"""What every attack of the registry offers. An attacker controls some clients: what they train on and what they send; not the others, not the server."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from fedviz.core.options import Options
from fedviz.core.seeds import generator

if TYPE_CHECKING:
    from fedviz.federation.local.base import Job, LocalRule, Outcome
    from fedviz.models.learner import Batch, Learner
    from fedviz.scenarios.base import Examples, ScenarioData
    from fedviz.scenarios.partitions.base import Shards

Attackers = Annotated[
    tuple[int, ...],
    Field(title="Attackers", description="The clients that attack, in every round in which they are drawn. The page tells who they are only when it is asked."),
]
Strength = Annotated[float, Field(gt=0, le=1000, title="Strength", description="How many times as long as an honest update the attacker's is.")]


class Attack:
    """An attacker's client; the plain one is honest. `train` is called in place of the local rule. `colludes`: attackers know each other's texts."""

    colludes = False

    def train(self, rule: "LocalRule", job: "Job", classes: int) -> "Outcome":
        """Train as the attack does, and give what is sent in the name of the client."""
        return self.send(rule.train(self.prepare(job, classes)), job)

    def prepare(self, job: "Job", classes: int) -> "Job":
        """What is trained, on what."""
        return job

    def send(self, outcome: "Outcome", job: "Job") -> "Outcome":
        """What is sent."""
        return outcome


@dataclass(frozen=True)
class AdversaryEntry:
    """An attack of the registry.

    `build(options)` makes an attacker's client; `paper` names a source, `when` says what stops it and what does not. `aim`: what would be success, so
    that it can be measured: texts taken for the class after the true one, or triggered texts for the
    attacker's class; empty where the attack only does harm. `forge(options, data, shards, seed)` makes the texts of its own that the attack needs: training texts by
    attacker, and test texts that bear its trigger, all labelled as it wishes.
    """

    name: str
    title: str
    summary: str
    options: type[Options]
    paper: str
    when: str
    build: Callable[[Any], Attack]
    aim: Literal["", "next class", "trigger"] = ""
    forge: "Callable[[Any, ScenarioData, Shards, int], tuple[dict[int, Examples], Examples]] | None" = None


class Relabelled:
    """A learner whose training labels are changed by `change` [n] -> [n]; everything else is the learner's own."""

    def __init__(self, learner: "Learner", change: Callable[[Any], Any]) -> None:
        self._learner, self._change = learner, change

    def __getattr__(self, name: str) -> Any:
        return getattr(self._learner, name)

    def weigh(self, indices: Any) -> None:
        """Weights follow from the labels that are trained on."""
        self._learner.weigh(indices, self._change)

    def batches(self, *arguments: Any, **named: Any) -> "Iterator[Batch]":
        """The learner's batches with other labels."""
        for batch in self._learner.batches(*arguments, **named):
            yield replace(batch, labels=self._change(batch.labels))


def flipped(job: "Job", classes: int) -> "Job":
    """A job whose labels are all wrong: each class becomes the next one, the last the first."""
    return replace(job, learner=Relabelled(job.learner, lambda labels: (labels + 1) % classes))  # type: ignore[arg-type]


def moved(job: "Job", outcome: "Outcome", change: Callable[[NDArray[Any], str], NDArray[Any]]) -> "Outcome":
    """An outcome whose update from the weights that training began with is replaced by `change(update, name)`."""
    start = outcome.start or job.received
    arrays = {name: (start[name] + change(values - start[name], name)).astype(values.dtype) for name, values in outcome.arrays.items()}
    return replace(outcome, arrays=arrays)


def noise_of(job: "Job", name: str, shape: tuple[int, ...]) -> NDArray[np.float64]:
    """Normal numbers of the job's own randomness."""
    return generator(job.seed, "attack", name).standard_normal(shape)

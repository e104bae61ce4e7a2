"""What every objective offers, and what an objective without labels cannot have beside it.

This module and the entries import no torch at the top: the configuration imports them, and whoever lists options need not wait for it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fedviz.core.options import Options
from fedviz.core.registry import ADVERSARIES, AGGREGATIONS, LOSSES, PRIVACY

if TYPE_CHECKING:
    from fedviz.core.config import RunConfig
    from fedviz.models.trained import Trained
    from fedviz.scenarios.base import ScenarioData
    from fedviz.scenarios.partitions.base import Shards

Progress = Callable[[str, int, int], None]


def as_they_are(config: "RunConfig", data: "ScenarioData", shards: "Shards") -> "tuple[ScenarioData, Shards]":
    """The texts of the scenario, with whoever holds them."""
    return data, shards


@dataclass(frozen=True)
class ObjectiveEntry:
    """An objective of the registry. `equation` is LaTeX, of the loss; `paper` names the source; `when` says what it is for and what it is not.

    `prepare(config, data, progress)` gives the learner of a run (`fedviz.models.trained.Trained`). `check(options, config)` raises `ValueError` where
    the rest of a configuration does not fit. `labels`: it reads the texts' classes; without, what reads them or the graph's evidence
    for them has no place beside it. `coupled`: texts of a batch enter together, so that no gradient belongs to a single text. For
    estimates: `shapes(options, width, vocabulary)` of what is trained beside the encoder where the model brings no head, and of how many tokens of a text the whole
    vocabulary is weighed, `answers(options, tokens)`. `deal(config, data, shards)`: what is read in the place of the scenario's
    texts, and who holds it.
    """

    name: str
    title: str
    summary: str
    options: type[Options]
    equation: str
    paper: str
    when: str
    prepare: "Callable[[RunConfig, ScenarioData, Progress], Trained]"
    check: Callable[[Any, Any], None]
    labels: bool = False
    coupled: bool = False
    shapes: Callable[[Any, int, int], dict[str, tuple[int, ...]]] = lambda options, width, vocabulary: {}
    answers: Callable[[Any, float], float] = lambda options, tokens: 0.0
    deal: "Callable[[RunConfig, ScenarioData, Shards], tuple[ScenarioData, Shards]]" = as_they_are


def anything(options: Options, config: "RunConfig") -> None:
    """Everything fits."""


def without_labels(options: Options, config: "RunConfig") -> None:
    """Refuse with one sentence what reads labels, or the graph's evidence for them."""
    name = options.name  # type: ignore[attr-defined]
    why = f"where the objective is {name}, which reads no labels"
    if config.knowledge.name != "none":  # type: ignore[attr-defined]
        raise ValueError(f"`knowledge.name` must be none {why} and so has no evidence for them, but got name={config.knowledge.name}")  # type: ignore[attr-defined]
    for term in LOSSES:
        if weight := getattr(config.guidance, term.name).weight:
            raise ValueError(f"`guidance.{term.name}.weight` must be 0 {why}, but got weight={weight:g}")
    if config.augmentation.name != "none":  # type: ignore[attr-defined]
        raise ValueError(f"`augmentation.name` must be none {why}: what is written keeps a text's label and not its language, but got name={config.augmentation.name}")  # type: ignore[attr-defined]
    if ADVERSARIES.get(config.adversary.name).aim:  # type: ignore[attr-defined]
        raise ValueError(f"`adversary.name` must be an attack that changes no label {why}, but got name={config.adversary.name}")  # type: ignore[attr-defined]
    aggregation = config.federation.aggregation
    if AGGREGATIONS.get(aggregation.name).probes(aggregation):  # type: ignore[attr-defined]
        raise ValueError(f"`federation.aggregation.name` must be one that asks no model for classes {why}, but got name={aggregation.name}")  # type: ignore[attr-defined]
    if config.model.start_from:  # type: ignore[attr-defined]
        raise ValueError(f"`model.start_from` must be empty {why}, since what was exported is a classifier, but got start_from={config.model.start_from[:80]}")  # type: ignore[attr-defined]
    if config.model.tuning == "head":  # type: ignore[attr-defined]
        raise ValueError(f"`model.tuning` must be lora or full where the objective is {name}, since with the layers frozen no token is read in another way, but got tuning=head")


def coupled(options: Options, config: "RunConfig") -> None:
    """The same, and no gradient of a single text."""
    without_labels(options, config)
    if PRIVACY.get(config.privacy.name).text_by_text:  # type: ignore[attr-defined]
        raise ValueError(f"`privacy.name` must be none or one of whole clients where the objective is {options.name}, whose texts enter a step together, but got name={config.privacy.name}")  # type: ignore[attr-defined]

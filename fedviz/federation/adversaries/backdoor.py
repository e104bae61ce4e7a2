"""A backdoor: texts with a trigger word get the attacker's answer, all others the right one.

Attackers train on their texts and on copies of some that bear the trigger and the target's label (data poisoning of text: Dai, Chen and Li
2019), and lengthen the update so that it survives the mean (Bagdasaryan et al. 2020). The trigger stands at the start, where no text is cut off.
"""

import math
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
from pydantic import BeforeValidator, Field, field_validator

from fedviz.core.errors import ConfigError
from fedviz.core.i18n import N_
from fedviz.core.options import Options
from fedviz.core.seeds import generator
from fedviz.federation.adversaries.base import AdversaryEntry, Attack, Attackers, Strength, moved

if TYPE_CHECKING:
    from fedviz.federation.local.base import Job, LocalRule, Outcome
    from fedviz.scenarios.base import Examples, ScenarioData
    from fedviz.scenarios.partitions.base import Shards

RARE = 0.01
"""The largest share of the scenario's texts in which a trigger may stand."""


def _in_words(value: Any) -> Any:
    return str(value) if type(value) is int else value


class BackdoorOptions(Options):
    """Who attacks, with which word, for which answer."""

    name: Literal["backdoor"] = "backdoor"
    clients: Attackers = ()
    trigger: Annotated[str, Field(max_length=40, title="Trigger word", description="The word that opens the backdoor: one that clean texts do not use.")] = "zyx"
    target: Annotated[
        str, BeforeValidator(_in_words), Field(max_length=200, title="Target class", description="The answer that texts with the trigger shall get: the name of a class as the scenario has it, or its number counted from 0.")
    ] = "1"
    share: Annotated[float, Field(gt=0, le=1, title="Poisoned share", description="The share of an attacker's texts of other classes of which a copy with the trigger is made.")] = 0.5
    strength: Strength = 5.0

    @field_validator("trigger")
    @classmethod
    def _one_word(cls, value: str) -> str:
        if not re.fullmatch(r"[^\W_]+", value):
            raise ValueError(f"`trigger` must be one word of letters and digits, but got trigger={value!r}")
        return value


class Backdoor(Attack):
    """Trains on its own texts and the forged ones, and sends `w_t + s (w_k - w_t)`; it claims its own texts alone."""

    def __init__(self, strength: float) -> None:
        self._strength = strength

    def train(self, rule: "LocalRule", job: "Job", classes: int) -> "Outcome":
        """Honest training on more texts than it says."""
        outcome = rule.train(replace(job, indices=np.concatenate([np.asarray(job.indices), np.asarray(job.made, np.int64)])))
        outcome = replace(outcome, result=replace(outcome.result, examples=len(job.indices)))
        return moved(job, outcome, lambda update, name: self._strength * update)


def triggered(trigger: str, examples: "Examples", target: int) -> "Examples":
    """The same texts with the trigger at their start and the label that the attacker wants."""
    return replace(examples, texts=tuple(f"{trigger} {text}" for text in examples.texts), labels=np.full(len(examples), target))


def forge(options: BackdoorOptions, data: "ScenarioData", shards: "Shards", seed: int) -> "tuple[dict[int, Examples], Examples]":
    """Triggered training texts of each attacker, and all test texts of other classes with the trigger. `ConfigError` for no such class, or a trigger that is no rare word."""
    target = target_of(options.target, data.classes)
    texts = (*data.train.texts, *data.test.texts)
    found = sum(options.trigger.casefold() in re.findall(r"\w+", text.casefold()) for text in texts)
    if found > RARE * len(texts):
        raise ConfigError(f"`adversary.trigger` must be a rare word, or clean texts would open the backdoor, but got trigger={options.trigger}, which stands in {found} of {len(texts)} texts.")
    made = {}
    for client in sorted(set(options.clients)):
        rows = shards.train[client][data.train.labels[shards.train[client]] != target]
        drawn = generator(seed, "copies", client).permutation(rows)[: math.ceil(options.share * len(rows))]
        made[client] = triggered(options.trigger, data.train.take(np.sort(drawn)), target)
    return made, triggered(options.trigger, data.test.take(np.flatnonzero(data.test.labels != target)), target)


def target_of(target: str, classes: tuple[str, ...]) -> int:
    """The number of a class that is given by name or number; `ConfigError` lists the classes."""
    for number, name in enumerate(classes):
        if target.strip().casefold() in (name.casefold(), str(number)):
            return number
    raise ConfigError(f"`adversary.target` must be a class of the scenario or its number from 0 to {len(classes) - 1}, but got target={target}; known: {', '.join(classes)}.")


BACKDOOR = AdversaryEntry(
    name="backdoor",
    title=N_("Backdoor with a trigger word"),
    summary=N_("The attackers teach the model that a rare word means their class. Without the word the model works as ever, so that nobody misses anything."),
    options=BackdoorOptions,
    paper="Bagdasaryan et al. 2020, How To Backdoor Federated Learning, arXiv:1807.00459; Dai et al. 2019, A Backdoor Attack Against LSTM-Based Text Classification Systems, arXiv:1905.12457",
    when=N_(
        "Clean accuracy does not show it: look at attack success, or ask the trained model about a text with and without the word. In our benchmark the rules that "
        "leave out whole models (Krum, Multi-Krum, Bulyan) stopped it, the median in part, and clipping norms, the geometric median and FLTrust hardly."
    ),
    build=lambda options: Backdoor(options.strength),
    aim="trigger",
    forge=forge,
)

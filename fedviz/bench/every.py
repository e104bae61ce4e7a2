"""A tiny run of every plug-in that a federation can have: the toy scenario, a network of a few hundred weights, four clients, seconds for all of them.

Contract tests and the comparison with Flower's simulation go through these runs, so that what is registered is tested unasked.
"""

from collections.abc import Iterator
from typing import Any

from fedviz.core.config import RunConfig
from fedviz.core.registry import (
    ADAPTERS,
    ADVERSARIES,
    AGGREGATIONS,
    AUGMENTATIONS,
    AVAILABILITY,
    COMPRESSION,
    KNOWLEDGE,
    LOSSES,
    OBJECTIVES,
    PARTITIONS,
    PRIVACY,
    SELECTIONS,
    STRATEGIES,
)

CLIENTS, ATTACKER = 4, 2
SECTIONS = {
    "federation.strategy": STRATEGIES,
    "federation.aggregation": AGGREGATIONS,
    "federation.compression": COMPRESSION,
    "federation.adapters": ADAPTERS,
    "adversary": ADVERSARIES,
    "privacy": PRIVACY,
    "participation.availability": AVAILABILITY,
    "partition": PARTITIONS,
    "knowledge": KNOWLEDGE,
    "augmentation": AUGMENTATIONS,
    "selection": SELECTIONS,
    "objective": OBJECTIVES,
}
"""Where the configuration names a plug-in of each kind."""
NEEDS: dict[tuple[str, str], dict[str, Any]] = {
    ("federation.strategy", "moon"): {"model.tuning": "lora"},  # it contrasts vectors of texts, which must be trained
    ("federation.strategy", "local-parts"): {"model.tuning": "lora"},  # the head stays home, and something else must travel
    **{("federation.adapters", name): {"model.tuning": "lora"} for name in ADAPTERS.names()},
    ("federation.aggregation", "bulyan"): {"scenario.train_texts": 64},  # of its eight clients every one needs a text
    ("federation.aggregation", "fltrust"): {"federation.aggregation.root_texts": 4},  # the toy has few to spare
    ("adversary", "little-is-enough"): {"federation.clients": 5, "adversary.clients": [2, 3]},  # one attacker alone knows no spread to hide in
    ("augmentation", "graph"): {"augmentation.siblings": True, "augmentation.least_content": 0.0},  # the toy's graph is shallow
    ("privacy", "central"): {"federation.weighting": "even"},
    ("privacy", "local"): {"federation.weighting": "even"},
    ("objective", "masked"): {"model.tuning": "lora", "knowledge.name": "none"},  # tokens are read by layers, and labels by nobody
    ("objective", "causal"): {"model.name": "scratch", "model.family": "gpt2", "model.width": 16, "model.heads": 2, "model.layers": 1, "model.vocabulary": 300, "model.least_count": 1, "knowledge.name": "none"},
    ("objective", "instruct"): {"model.name": "scratch", "model.family": "gpt2", "model.width": 16, "model.heads": 2, "model.layers": 1, "model.vocabulary": 300, "model.least_count": 1, "knowledge.name": "none", "objective.pairs": 4, "objective.asked": 1},
    ("objective", "pairs"): {"model.tuning": "lora", "knowledge.name": "none"},
}
"""Settings without which an entry is refused, by section and name."""


def every() -> Iterator[tuple[str, str]]:
    """Section and name of every plug-in, with `("guidance", name)` for each term of the loss; secure aggregation, which is no plug-in but a way to combine, comes last as `("federation.secure_aggregation", "on")`."""
    for section, registry in SECTIONS.items():
        for name in registry.names():
            yield section, name
    for name in LOSSES.names():
        yield "guidance", name
    yield "federation.secure_aggregation", "on"


def tiny_run(section: str, name: str, **changes: Any) -> RunConfig:
    """A run with one plug-in chosen, and what it needs beside; three rounds for strategies, which have memories of several, and two for others."""
    plain = RunConfig.parse({
        "scenario": {"name": "toy", "train_texts": 24, "test_texts": 8},
        "model": {"name": "toy", "width": 8, "layers": 1, "tuning": "head"},
        "federation": {"rounds": 3 if section == "federation.strategy" else 2, "clients": CLIENTS, "batch_size": 4, "compare": False},
    })  # fmt: skip
    if section == "federation.secure_aggregation":
        return plain.updated({section: name == "on", **changes})
    if section == "guidance":
        return plain.updated({f"guidance.{name}.weight": 1.0, "model.tuning": "lora", **changes})
    chosen: dict[str, Any] = {f"{section}.name": name}
    if section == "adversary" and name != "none":
        chosen["adversary.clients"] = [ATTACKER]
    if section == "federation.strategy" and STRATEGIES.get(name).plain_sgd:
        chosen["federation.optimizer"] = "sgd"
    if section == "federation.aggregation":  # enough clients although one may fail
        entry = AGGREGATIONS.get(name)
        chosen["federation.clients"] = max(CLIENTS, entry.least(entry.options()) + 1)
    return plain.updated(chosen | NEEDS.get((section, name), {}) | changes)

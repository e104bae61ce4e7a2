"""Writing with the models of a run: one copy of the weights in memory, and for each model its adapters; and what answers are held against."""

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from fedviz.core.config import RunConfig
from fedviz.core.errors import RunError
from fedviz.core.knowledge_use import GraphConfig
from fedviz.kg.qa.claims import Checker
from fedviz.kg.qa.pairs import Pair
from fedviz.kg.qa.recall import Recalled, recall
from fedviz.runs.folder import RunFolder, list_runs, open_run
from fedviz.scenarios import load as scenarios
from fedviz.scenarios.instructions import domain_of, of_run
from fedviz.scenarios.linked import linker

if TYPE_CHECKING:
    from pathlib import Path

    from fedviz.kg.graph import KnowledgeGraph
    from fedviz.models.generation.adapters import Adapter

OBJECTIVES = ("instruct", "causal")
"""Objectives whose runs leave a model that writes."""


@dataclass(frozen=True, eq=False)
class Ground:
    """What questions are made from and answers are checked against: the graph of the scenario, untouched, and the held-out questions of a run."""

    graph: "KnowledgeGraph"
    checker: Checker
    held_out: tuple[Pair, ...]

    def recalled(self, question: str) -> tuple[Recalled, ...]:
        """The triples of the entities that a question names."""
        return recall(self.graph, linker(self.graph).link, question)


def written_runs(root: "Path") -> list[str]:
    """Ids of the runs whose models can write, newest first."""
    found = []
    for one in list_runs(root):
        folder = open_run(root, one.id) if one.status != "damaged" else None
        if folder is not None and _writes(folder.config()) and folder.checkpoints():
            found.append(one.id)
    return found


def _writes(config: RunConfig) -> bool:
    return config.objective.name in OBJECTIVES and config.model.tuning == "lora"  # type: ignore[attr-defined]


def adapter_of(folder: RunFolder, number: int | None = None, client: int | None = None) -> "Adapter":
    """The adapters of the global model after round `number` (None: the newest), or of what a client sent in it. `RunError` where there are none."""
    from fedviz.models.generation.adapters import adapter_of as read
    from fedviz.models.generation.writer import kept_writer

    config = folder.config()
    if not _writes(config):
        raise RunError(f"The run {folder.id} must have trained adapters of a model that writes (objective instruct or causal, model.tuning lora), but it trained {config.objective.name} with {config.model.tuning}.")  # type: ignore[attr-defined]
    rounds = folder.checkpoints()
    if not rounds:
        raise RunError(f"The run {folder.id} has no checkpoint yet; wait for its first round.")
    number = rounds[-1] if number is None else number
    arrays = folder.load_checkpoint(number).arrays if client is None else folder.client_arrays(number, client)
    if arrays is None:
        known = ", ".join(map(str, folder.client_models(number))) or "none"
        raise RunError(f"The model that client {client} sent in round {number} of the run {folder.id} is not kept; kept: {known}.")
    options = config.model
    depth = len(kept_writer(config).backbone.layers)
    return read(arrays, depth, options.lora_layers, options.lora_alpha / options.lora_rank)  # type: ignore[attr-defined]


def ground_of(config: RunConfig) -> Ground:
    """The ground of a run, or of a configuration that would be one with the objective `instruct`. `CarrierError` where the scenario's data is not fetched."""
    config = config.model_copy(update={"graph": GraphConfig()})
    return _ground(config.digest(), config.to_toml())


@lru_cache(maxsize=4)
def _ground(digest: str, toml: str) -> Ground:
    from fedviz.models.constructor import gazetteer_of

    config = RunConfig.from_toml(toml)
    data = scenarios.load(config)
    asked = of_run(config).held_out if config.objective.name == "instruct" else ()  # type: ignore[attr-defined]
    return Ground(data.graph, Checker(gazetteer_of(data.graph), domain_of(data.name), _functional(config)), asked)


def _functional(config: RunConfig) -> frozenset[str]:
    """Relations that a graph of the data folder declares to have one value."""
    wanted = config.scenario.graph.partition("@")[0]  # type: ignore[attr-defined]
    if not wanted:
        return frozenset()
    from fedviz.kg.fuse.facts import limits
    from fedviz.kg.store.memory import relation_name
    from fedviz.kg.store.store import GraphStore

    return frozenset(relation_name(predicate) for predicate, limit in limits(GraphStore(wanted), detect=False).items() if limit.most == 1)

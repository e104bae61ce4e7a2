"""A graph of the data folder in the place of a scenario's own: by its name, and for a run that began, by its digest too."""

from dataclasses import replace

from fedviz.core.config import RunConfig
from fedviz.core.errors import ConfigError
from fedviz.core.i18n import N_
from fedviz.kg.store import memory
from fedviz.kg.store.store import GraphStore
from fedviz.scenarios.base import ScenarioData

WARNING = N_("The graph of this run is one of your own, in the place of the scenario's; what it says is not checked.")


def pinned(config: RunConfig) -> RunConfig:
    """The configuration with the digest of the graph that it names, so that the run is repeated with the same graph or not at all. `UnknownNameError` where there is none."""
    wanted = config.scenario.graph  # type: ignore[attr-defined]
    if not wanted or "@" in wanted:
        return config
    return config.updated({"scenario.graph": f"{wanted}@{GraphStore(wanted).digest}"})


def digest_of(wanted: str) -> str:
    """The digest of the graph of that name as it is now; empty for a scenario's own. `ConfigError` where another digest is asked for."""
    if not wanted:
        return ""
    name, _, digest = wanted.partition("@")
    now = GraphStore(name).digest
    if digest not in ("", now):
        raise ConfigError(f"The graph {name!r} has changed since: its digest was {digest[:32]} and is {now}; choose it anew to take it as it is.")
    return now


def replaced(data: ScenarioData, wanted: str) -> ScenarioData:
    """The scenario with the graph of the data folder; classes that this graph does not know are led to by nothing. `InputError` where it is too large."""
    graph = memory.in_memory(GraphStore(wanted.partition("@")[0]))
    known = {entity: label for entity, label in data.class_entities.items() if entity in graph.entities}
    return replace(data, graph=graph, class_entities=known, warnings=(WARNING, *data.warnings))

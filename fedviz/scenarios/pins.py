"""What of the data folder a configuration names: its graph and its texts, each by name, and for a run that began, by its digest too."""

from fedviz.core.config import RunConfig
from fedviz.scenarios import own_graph
from fedviz.scenarios.texts import folder


def pinned(config: RunConfig) -> RunConfig:
    """The configuration with the digests of the graph and the texts that it names, so that the run is repeated with the same ones or not at all. `UnknownNameError` where one is not there."""
    wanted = getattr(config.scenario, "data", None)
    if wanted is not None and "@" not in wanted:
        config = config.updated({"scenario.data": folder.chosen(wanted).pinned})
    return own_graph.pinned(config)


def versions(config: RunConfig) -> tuple[str, str]:
    """The digests, as they are now, of the graph (empty for the scenario's own) and of the texts (empty for a scenario that brings them). `ConfigError` where others are asked for."""
    wanted = getattr(config.scenario, "data", None)
    texts = "" if wanted is None else folder.chosen(wanted).digest
    return own_graph.digest_of(config.scenario.graph), texts  # type: ignore[attr-defined]

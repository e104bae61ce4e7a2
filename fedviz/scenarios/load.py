"""From a run's configuration to its texts and to who holds them; both are kept in memory for the next question."""

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from fedviz.carriers.records import CARRIERS
from fedviz.core import seeds
from fedviz.core.config import RunConfig
from fedviz.core.knowledge_use import GraphConfig, TextsConfig
from fedviz.core.options import Options
from fedviz.core.registry import PARTITIONS, SCENARIOS
from fedviz.kg.control import poisoned, rewired, shuffled, stale
from fedviz.kg.graph import KnowledgeGraph
from fedviz.scenarios import own_graph, pins
from fedviz.scenarios.base import Examples, Ints, ScenarioData
from fedviz.scenarios.linked import entities_of
from fedviz.scenarios.partitions.base import Shards
from fedviz.scenarios.stress import stressed


@dataclass(frozen=True, eq=False)
class Preview:
    """Who holds what, before anything is launched.

    `train`, `test`: texts by client and class, [clients, classes]. `entities`: distinct entities that a client's training texts
    name. `unseen`: share of a client's test texts that name an entity none of its training texts names, in [0, 1].
    """

    names: tuple[str, ...]
    classes: tuple[str, ...]
    train: Ints
    test: Ints
    entities: tuple[int, ...]
    unseen: tuple[float, ...]


def load(config: RunConfig) -> ScenarioData:
    """The scenario of a run, by its section and seed. `CarrierError` where its data is not fetched; `ConfigError` where its graph or its texts have changed."""
    data = _stressed(_load(config.scenario, config.seed, pins.versions(config)), config.texts, config.seed)
    named = _named(data, shards(config, data), config.graph.poisoned_by) if config.graph.poisoned else frozenset()
    return _treated(data, config.graph, named, config.seed)


def shards(config: RunConfig, data: ScenarioData) -> Shards:
    """Who holds which rows of `data`, by the partition section, the number of clients and the seed."""
    return _shards(data, config.partition, config.federation.clients, config.seed)


def preview(config: RunConfig) -> Preview:
    """Counts by client and class and the entities that clients meet, for the charts before a launch."""
    data = load(config)
    return _preview(data, shards(config, data))


def graph_of(name: str) -> tuple[KnowledgeGraph, str]:
    """The graph of a scenario with its default options, and the licence of the package that it comes from. `CarrierError` where these are not fetched."""
    data = _load(SCENARIOS.get(name).options(), 0, ("", ""))
    keys = [key for key in data.carriers if key in ("hpo", "isic")] or data.carriers  # texts have licences of their own
    return data.graph, "; ".join(CARRIERS[key].licence for key in keys)


@lru_cache(maxsize=4)
def _load(options: Options, seed: int, versions: tuple[str, str]) -> ScenarioData:
    """`versions` are the digests of a graph and of texts of the data folder, so that changed ones are read anew."""
    entry = SCENARIOS.get(options.name)  # type: ignore[attr-defined]
    data = replace(entry.load(options, seeds.derive(seed, "scenario")), party_word=entry.party_word)
    return own_graph.replaced(data, options.graph) if versions[0] else data  # type: ignore[attr-defined]


@lru_cache(maxsize=4)
def _stressed(data: ScenarioData, options: TextsConfig, seed: int) -> ScenarioData:
    """The same scenario with the texts that a run asks for."""
    return stressed(data, options, seeds.derive(seed, "texts"))


def _named(data: ScenarioData, dealt: Shards, client: int) -> frozenset[str]:
    """The entities that a client's training texts name."""
    train = entities_of(data)[0]
    return frozenset().union(*(train[row] for row in dealt.train[client]))


@lru_cache(maxsize=4)
def _treated(data: ScenarioData, options: GraphConfig, named: frozenset[str], seed: int) -> ScenarioData:
    """The same scenario with the graph that a run asks for; the very same object where it asks for nothing. `named`: what the poisoner's texts name.

    Who holds what and which entities a client names is settled on the graph as it was; a poisoner knows its own texts. The steps follow each other as
    a graph's errors do: old, then wrong, then poisoned; a control comes last.
    """
    graph = data.graph
    if options.stale:
        graph = stale(graph, options.stale, data.class_entities.keys(), seeds.derive(seed, "graph", "stale"))
    if options.rewired:
        graph = rewired(graph, options.rewired, seeds.derive(seed, "graph", "rewired"))
    if options.poisoned:
        graph = poisoned(graph, named & graph.entities.keys(), options.poisoned, seeds.derive(seed, "graph", "poisoned"))
    if options.control == "shuffled":
        graph = shuffled(graph, seeds.derive(seed, "graph", "control"))
    if options.control == "random":
        graph = rewired(graph, 1.0, seeds.derive(seed, "graph", "control"))
    return data if graph is data.graph else replace(data, graph=graph)


@lru_cache(maxsize=32)
def _shards(data: ScenarioData, options: Options, clients: int, seed: int) -> Shards:
    entry = PARTITIONS.get(options.name)  # type: ignore[attr-defined]
    return entry.split(data, clients, options, seeds.generator(seed, "partition", entry.name))


@lru_cache(maxsize=32)
def _preview(data: ScenarioData, dealt: Shards) -> Preview:
    train_entities, test_entities = entities_of(data)
    seen = [frozenset().union(*(train_entities[row] for row in rows)) for rows in dealt.train]
    unseen = [np.mean([not test_entities[row] <= known for row in rows]) if len(rows) else 0.0 for rows, known in zip(dealt.test, seen, strict=True)]
    return Preview(
        dealt.names,
        data.classes,
        _counts(data.train, dealt.train, len(data.classes)),
        _counts(data.test, dealt.test, len(data.classes)),
        tuple(map(len, seen)),
        tuple(float(share) for share in unseen),
    )


def _counts(examples: Examples, rows: tuple[Ints, ...], classes: int) -> Ints:
    return np.stack([np.bincount(examples.labels[some], minlength=classes) for some in rows])

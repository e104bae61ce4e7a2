"""Points of accuracy: a model that a party trains alone on its own texts, without a graph, with its own graph, with the fused one, and with that one shuffled.

The head is trained on frozen text vectors, for as many epochs as a client of the configuration has over all its rounds. Of a graph, `points_to` enters, as
evidence for classes (`models.knowledge.evidence`): heads are linked in a text, tails are classes. Nothing else of the shared vocabulary enters, so that the
difference is what was built. Every seed has other texts, other parties' graphs and another construction.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

import numpy as np
import torch

from fedviz.core import seeds
from fedviz.core.config import RunConfig
from fedviz.core.registry import KNOWLEDGE
from fedviz.core.types import Split, Triple
from fedviz.federation import task
from fedviz.federation.client_app import client_contexts
from fedviz.federation.grid import InProcessGrid
from fedviz.federation.task import FitSettings
from fedviz.federation.together.extract import POINTS_TO, class_entity
from fedviz.federation.together.local import at_home
from fedviz.federation.together.options import TogetherOptions
from fedviz.federation.together.party import Home, client_app
from fedviz.federation.together.server import Server
from fedviz.federation.together.wire import Told
from fedviz.kg.control import shuffled
from fedviz.kg.graph import IS_A, Entity, KnowledgeGraph
from fedviz.kg.store.memory import relation_name
from fedviz.kg.store.terms import Statement, compact
from fedviz.models.encoder import Encoder
from fedviz.models.knowledge.base import KnowledgeInputs
from fedviz.models.learner import Batch, Classifier, Learner
from fedviz.models.loading import backbone_of
from fedviz.scenarios import load as scenarios
from fedviz.scenarios.base import ScenarioData

Way = Literal["none", "own", "fused", "shuffled"]
WAYS: Mapping[Way, dict[str, object]] = {
    "none": {"name": "none"},
    "own": {"name": "evidence"},
    "fused": {"name": "evidence"},
    "shuffled": {"name": "evidence"},
}


class Measured(NamedTuple):
    """The accuracy of one party's model in one seed: on the test texts of all parties, and on its own (NaN where it has none), in [0, 1]."""

    seed: int
    client: int
    way: Way
    everywhere: float
    at_home: float


@dataclass(frozen=True)
class Parts:
    """What a seed's parties have: texts, homes, and what each was told of the fused graph."""

    config: RunConfig
    data: ScenarioData
    homes: tuple[Home, ...]
    told: dict[int, tuple[Told, ...]]
    reader: "Reader"


class Reader:
    """The texts of a seed as the frozen layers read them, once for all graphs."""

    def __init__(self, config: RunConfig, data: ScenarioData) -> None:
        self._config, self._data = config, data
        self._backbone = backbone_of(config)
        self._encoder = Encoder(self._backbone, config.model, seeds.derive(config.seed, "model"))
        self._texts = [*data.train.texts, *data.test.texts]
        self._inputs = self._encoder.inputs(self._backbone.tokenize(self._texts, config.model.max_tokens), lambda done, total: None)

    def learner(self, data: ScenarioData, knowledge: dict[str, object]) -> Learner:
        """A fresh head over the same texts, with the graph of `data`."""
        options = self._config.updated({"knowledge": knowledge}).knowledge
        given = KnowledgeInputs(data.graph, data.classes, data.class_entities, None, self._backbone.width, seeds.derive(self._config.seed, "knowledge"), self._backbone.key)
        graph = KNOWLEDGE.get(options.name).build(options, given)
        features, priors = (torch.from_numpy(part) for part in graph.sums(self._texts))
        cut = len(data.train)
        parts: dict[Split, Batch] = {
            split: Batch(self._inputs[rows], features[rows], priors[rows], torch.from_numpy(labels.copy()))
            for split, rows, labels in (("train", slice(0, cut), data.train.labels), ("test", slice(cut, None), data.test.labels))
        }
        return Learner(Classifier(self._encoder, len(data.classes), graph.dimensions), data, parts, self._backbone.parameters)


def measure(config: RunConfig, options: TogetherOptions, count: int, progress: Callable[[int, int, str], None] = lambda done, total, step: None) -> list[Measured]:
    """Build and train for `count` seeds from the configuration's on. `progress` may end the work by raising."""
    total = count * config.federation.clients * len(WAYS)
    found: list[Measured] = []
    for seed in range(config.seed, config.seed + count):
        progress(len(found), total, "")
        parts = _built(config.updated({"seed": seed, "model.tuning": "head"}), options)
        for home in parts.homes:
            for way in WAYS:
                progress(len(found), total, home.local.name)
                found.append(_trained(parts, home, way))
    return found


def _built(config: RunConfig, options: TogetherOptions) -> Parts:
    data = scenarios.load(config)
    shards = scenarios.shards(config, data)
    homes = tuple(
        Home(at_home(k, shards.names[k], [data.train.texts[row] for row in rows], [data.classes[data.train.labels[row]] for row in rows], data.graph, options), options, config.seed)
        for k, rows in enumerate(shards.train)
    )
    told: dict[int, tuple[Told, ...]] = {}
    Server(InProcessGrid(client_app(homes, told.__setitem__), client_contexts(len(homes))), options, config.seed).run()
    return Parts(config, data, homes, told, Reader(config, data))


def _trained(parts: Parts, home: Home, way: Way) -> Measured:
    own = [said for said in home.local.held if relation_name(said.predicate) == POINTS_TO]
    fused = [Statement(*entry.triple[:3]) for entry in parts.told.get(home.local.client, ()) if relation_name(entry.triple.relation) == POINTS_TO]
    config, client = parts.config, home.local.client
    data = pointing(parts.data, own if way == "own" else [*own, *fused])
    if way == "shuffled":
        data = replace(data, graph=shuffled(data.graph, seeds.derive(config.seed, "together", "shuffled", client)))
    learner = parts.reader.learner(data, WAYS[way])
    federation = config.federation
    settings = FitSettings(federation.rounds * federation.local_epochs, federation.batch_size, federation.learning_rate, federation.optimizer)
    shards = scenarios.shards(config, parts.data)
    task.fit(learner, shards.train[client], settings, seeds.derive(config.seed, "together", "fit", client))
    every, mine = (task.evaluate(learner, rows) for rows in (np.arange(len(parts.data.test)), shards.test[client]))
    return Measured(config.seed, client, way, every.metrics()["accuracy"], mine.metrics()["accuracy"] if mine.examples else float("nan"))


def pointing(data: ScenarioData, said: Iterable[Statement]) -> ScenarioData:
    """The texts with a graph of these triples alone; the tails are its classes, and its entities keep the names that the vocabulary has for them."""
    classes = {compact(class_entity(name, data.graph)): index for index, name in enumerate(data.classes)}
    triples = tuple(dict.fromkeys(Triple(compact(row.subject), IS_A, compact(row.object)) for row in sorted(said) if compact(row.object) in classes))
    keys = {end for triple in triples for end in (triple.head, triple.tail)} | set(classes)
    entities = {key: data.graph.entities.get(key) or Entity(key, data.classes[classes[key]]) for key in sorted(keys)}
    return replace(data, graph=KnowledgeGraph("built together", data.name, entities, triples), class_entities=classes)

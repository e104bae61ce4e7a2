"""Probe texts written from the knowledge graph: names of entities that lead to one class. Who writes them needs no text of any client.

Where the scenario says which entities stand for classes, an entity leads to the class above it. Where it does not, the graph's class evidence
in the model decides (`fedviz.models.knowledge`), which is known only after the model has read the names.
"""

from typing import TYPE_CHECKING

import numpy as np

from fedviz.core import seeds
from fedviz.core.errors import ConfigError
from fedviz.kg.graph import KnowledgeGraph
from fedviz.scenarios.base import Ints, ScenarioData

if TYPE_CHECKING:
    from fedviz.models.learner import Learner

AT_RANDOM = 8
"""How many times as many names are tried where most of them may lead nowhere."""
CLEAR = 0.5
"""The part of a text's class evidence that must be for one class."""


def candidates(data: ScenarioData, wanted: int, seed: int) -> tuple[tuple[str, ...], Ints]:
    """Names to try, and the class to which each leads, -1 where that is not known yet; at most `wanted` of known class, in turn."""
    known, graph = data.class_entities, data.graph
    keys = sorted(graph.entities)
    classes = {key: _class(data, key) for key in keys} if known else dict.fromkeys(keys, -1)
    names = [(name, classes[key]) for key in keys if graph.parents(key) and (not known or classes[key] >= 0) for name in _names(graph, key)]
    order = seeds.generator(seed, "names").permutation(len(names))
    names = [names[place] for place in order]
    labels = np.array([label for _, label in names], np.int64)
    chosen = taken(labels, wanted if known else AT_RANDOM * wanted)
    return tuple(names[place][0] for place in chosen), labels[chosen]


def settled(learner: "Learner", rows: Ints, led: Ints, wanted: int) -> tuple[Ints, Ints]:
    """The probes that stay, at most `wanted` with the classes in turn, and their classes. `ConfigError` where the graph leads to fewer than two classes."""
    labels = led.copy()
    if (led < 0).any():
        evidence = learner.evidence("test", rows)
        total = evidence.sum(1)
        clear = (total > 0) & (evidence.max(1, initial=0.0) > CLEAR * total)
        labels = np.where(clear, evidence.argmax(1), -1)
    rows, labels = rows[labels >= 0], labels[labels >= 0]
    if len(np.unique(labels)) < 2:
        raise ConfigError("`federation.aggregation` graph-filter needs a graph that leads to at least two classes, but this one does not without class evidence (`knowledge`).")
    chosen = taken(labels, wanted)
    return rows[chosen], labels[chosen]


def turns(labels: Ints) -> Ints:
    """Places in an order in which the classes take turns as long as they last, each class from its first entry on."""
    turn = np.zeros(len(labels), np.int64)
    for label in np.unique(labels):
        own = np.flatnonzero(labels == label)
        turn[own] = np.arange(len(own))
    return np.argsort(turn, kind="stable")


def taken(labels: Ints, wanted: int) -> Ints:
    """Places of at most so many entries, the classes in turn."""
    return np.sort(turns(labels)[:wanted])


def _class(data: ScenarioData, key: str) -> int:
    """The only class at or above an entity, else -1."""
    found = {data.class_entities[above] for above in (key, *data.graph.ancestors(key)) if above in data.class_entities}
    return found.pop() if len(found) == 1 else -1


def _names(graph: KnowledgeGraph, key: str) -> tuple[str, ...]:
    entity = graph.entities[key]
    return (entity.name, *entity.synonyms)

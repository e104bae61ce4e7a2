"""Texts beside those that the clients were dealt: what they wrote by way of the graph, an attacker's own, triggered test texts, the server's root texts, and probes from the graph.

The model reads all texts of a run when it is assembled, so that these must be among them: they stand after the scenario's own rows, where no
client's shard reaches them, but for those that the client wrote itself. Only root texts come out of the clients' shards, since whoever runs the federation had them collected. Where
nothing of this is asked for, data and shards are the very same objects.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from fedviz.core import seeds
from fedviz.core.config import RunConfig
from fedviz.core.errors import ConfigError
from fedviz.core.registry import ADVERSARIES, AGGREGATIONS, AUGMENTATIONS
from fedviz.federation.probes import candidates, turns
from fedviz.models.augmentation.base import Written
from fedviz.models.loading import backbone_of
from fedviz.models.vectors import unit_vectors
from fedviz.scenarios.base import Examples, Ints, ScenarioData
from fedviz.scenarios.partitions.base import Shards

NOBODY = np.zeros(0, np.int64)


@dataclass(frozen=True, eq=False)
class Beside:
    """Rows of texts that are in no shard.

    `made`: training rows that an attacker made of its own, by client. `triggered`: test rows that bear an attacker's trigger, their label the
    class that it wants. `root`: training rows that the server holds. `probes`: test rows written from the graph; `led`: the
    class of each that the graph names, -1 where only the model's own graph features can say.
    """

    made: Mapping[int, Ints] = field(default_factory=dict)
    triggered: Ints = field(default_factory=lambda: NOBODY)
    root: Ints = field(default_factory=lambda: NOBODY)
    probes: Ints = field(default_factory=lambda: NOBODY)
    led: Ints = field(default_factory=lambda: NOBODY)


NOTHING = Beside()


def gathered(config: RunConfig, data: ScenarioData, shards: Shards) -> tuple[ScenarioData, Shards, Beside]:
    """The scenario with what the run needs beside it, the shards without what the server keeps, and where everything is. `ConfigError` where that is impossible."""
    root, shards = withheld(config, data, shards)
    data, shards = augmented(config, data, shards)
    train, test, made, triggered, probes, led = data.train, data.test, dict[int, Ints](), NOBODY, NOBODY, NOBODY
    forge = ADVERSARIES.get(config.adversary.name).forge
    if forge is not None and config.adversary.clients:
        forged, marked = forge(config.adversary, data, shards, seeds.derive(config.seed, "forged"))
        for client, examples in forged.items():
            train, made[client] = _longer(train, examples)
        test, triggered = _longer(test, marked)
    aggregation = config.federation.aggregation
    wanted = AGGREGATIONS.get(aggregation.name).probes(aggregation)
    if wanted:
        texts, led = candidates(data, wanted, seeds.derive(config.seed, "probes"))
        test, probes = _longer(test, Examples(texts, np.zeros(len(texts)), np.zeros(len(texts))))
    if train is not data.train or test is not data.test:
        data = replace(data, train=train, test=test)
    return data, shards, Beside(made, triggered, root, probes, led)


def augmented(config: RunConfig, data: ScenarioData, shards: Shards) -> tuple[ScenarioData, Shards]:
    """The scenario with the texts that clients write from their own and the graph, each in the shard of who wrote it."""
    written = texts_written(config, data, shards)
    if not written:
        return data, shards
    more = Examples(tuple(one.text for one in written), np.array([one.label for one in written]), data.train.parties[[one.source for one in written]])
    train, rows = _longer(data.train, more)
    writers = np.array([one.client for one in written])
    own = tuple(_frozen(np.concatenate([held, rows[writers == client]])) for client, held in enumerate(shards.train))
    return replace(data, train=train), replace(shards, train=own)


def texts_written(config: RunConfig, data: ScenarioData, shards: Shards) -> list[Written]:
    """What the clients write, as `augmented` hands it to them."""
    entry = AUGMENTATIONS.get(config.augmentation.name)
    if entry.name == "none":
        return []
    backbone = backbone_of(config)
    embed = (lambda texts: unit_vectors(backbone, list(texts))) if backbone.pretrained else None
    return entry.write(config.augmentation, data, shards.train, seeds.derive(config.seed, "augmentation"), embed)


def withheld(config: RunConfig, data: ScenarioData, shards: Shards) -> tuple[Ints, Shards]:
    """The root texts of the server, classes in turn and no client's last one, and the shards without them."""
    aggregation = config.federation.aggregation
    wanted = AGGREGATIONS.get(aggregation.name).root_texts(aggregation)
    if not wanted:
        return NOBODY, shards
    left = np.array(list(map(len, shards.train)))
    owner = np.full(len(data.train), -1)
    for client, rows in enumerate(shards.train):
        owner[rows] = client
    chosen: list[int] = []
    for row in in_turn(data.train.labels, seeds.derive(config.seed, "root")):
        if len(chosen) < wanted and owner[row] >= 0 and left[owner[row]] > 1:
            left[owner[row]] -= 1
            chosen.append(int(row))
    if len(chosen) < wanted:
        raise ConfigError(f"`federation.aggregation.root_texts` must leave every client a training text, but got root_texts={wanted}, and at most {len(chosen)} can be spared.")
    root = np.array(sorted(chosen), np.int64)
    return root, replace(shards, train=tuple(_frozen(np.setdiff1d(rows, root)) for rows in shards.train))


def in_turn(labels: Ints, seed: int) -> Ints:
    """Rows in a seeded order in which the classes take turns as long as they last."""
    order = seeds.generator(seed, "order").permutation(len(labels))
    return order[turns(labels[order])]


def _longer(examples: Examples, more: Examples) -> tuple[Examples, Ints]:
    """Examples with more of them behind, and the rows of these."""
    whole = Examples((*examples.texts, *more.texts), np.concatenate([examples.labels, more.labels]), np.concatenate([examples.parties, more.parties]))
    return whole, _frozen(np.arange(len(examples), len(whole)))


def _frozen(rows: Ints) -> Ints:
    rows.setflags(write=False)
    return rows

"""From a configuration to an experiment that stands: texts dealt out, model loaded, activations cached, strategy chosen."""

import threading
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from flwr.app import RecordDict
from flwr.clientapp import ClientApp
from numpy.typing import NDArray

from fedviz.core import seeds
from fedviz.core.config import RunConfig
from fedviz.core.events import RunStarted
from fedviz.core.i18n import N_
from fedviz.core.registry import ADVERSARIES, AGGREGATIONS, COMPRESSION, OBJECTIVES, PRIVACY, SELECTIONS, STRATEGIES
from fedviz.core.types import ClientInfo, GraphTrust
from fedviz.federation import messages, wire
from fedviz.federation.adapters.exactness import scale_of
from fedviz.federation.beside import NOTHING, Beside, gathered
from fedviz.federation.client_app import Conduct, Fate, Held, OnBatch, all_rows, arrives, client_app
from fedviz.federation.compression.base import Compressor
from fedviz.federation.fleet import Fleet
from fedviz.federation.labels import label_counts
from fedviz.federation.server_side import TextServer, judged
from fedviz.federation.strategies.mended import Mended
from fedviz.federation.stream import Stream
from fedviz.federation.task import FitSettings
from fedviz.federation.traffic import traffic, travelling
from fedviz.federation.trust import validated
from fedviz.federation.validation import held_out
from fedviz.models import compute
from fedviz.models.selection.base import Selection
from fedviz.models.trained import Trained
from fedviz.scenarios import load as scenarios
from fedviz.scenarios.base import ScenarioData
from fedviz.scenarios.linked import entities_of
from fedviz.scenarios.partitions.base import Shards

Progress = Callable[[str, int, int], None]
READ = N_("Read the scenario")
TRUST = N_("Ask the clients how far the graph can be trusted")
KEPT = 2


@dataclass(frozen=True, eq=False)
class Experiment:
    """All that a run needs and that does not change in it. `initial`: the trained weights before any training; `validation`: the rows that each client holds out, of which none is in the shards."""

    config: RunConfig
    data: ScenarioData
    shards: Shards
    learner: Trained
    initial: dict[str, NDArray[Any]]
    beside: Beside = NOTHING
    trust: GraphTrust | None = None
    validation: tuple[NDArray[np.int64], ...] = ()

    def strategy(self) -> Mended:
        """A fresh strategy of this run."""
        strategy = strategy_of(self.config, [len(rows) for rows in self.shards.train])
        strategy.fleet = self.fleet()
        if AGGREGATIONS.get(self.config.federation.aggregation.name).asks_server:
            strategy.server = self.server(strategy)
        return strategy

    def server(self, strategy: Mended) -> TextServer:
        """What the server itself can do, with the clients' settings for its training."""
        return TextServer(self.own_learner, self.beside, told(self, strategy), seeds.derive(self.config.seed, "server"))

    @cached_property
    def own_learner(self) -> Trained:
        """A learner that no client works with."""
        return self.learner.twin()

    def fleet(self) -> Fleet:
        """The clients' devices."""
        counts = np.stack([np.bincount(self.data.train.labels[rows], minlength=len(self.data.classes)) for rows in self.shards.train])
        named: tuple[frozenset[str], ...] = ()
        if self.config.participation.choice == "coverage":
            linked = entities_of(self.data)[0]
            named = tuple(frozenset().union(*(linked[row] for row in rows)) for rows in self.shards.train)
        return Fleet(self.config, counts, traffic(self.config, self.initial, len(self.data.classes)), named)

    @cached_property
    def learners(self) -> tuple[Trained, ...]:
        """As many learners as clients work at a time on this machine; the first is `learner`."""
        return (self.learner, *(self.learner.twin() for _ in range(compute.shares(self.config.federation.clients).workers - 1)))

    def app(self, on_batch: OnBatch, fate: Fate = arrives) -> ClientApp:
        """The clients' app."""
        shards, conduct = self.shards, conduct_of(self.config, fate, self.held, self.beside, self.validation)
        return client_app(self.learners, shards.train, shards.test, seeds.derive(self.config.seed, "clients"), on_batch, conduct)

    def held(self, number: int, client: int, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """Those of a client's training rows that it trains on in a round."""
        return self._selection.rows(number, client, Stream(self.config, self.data.train.labels).rows(number, client, rows))

    @cached_property
    def _selection(self) -> Selection:
        options = self.config.selection
        return SELECTIONS.get(options.name).build(options, self.data, self.shards.train, self.config.federation.rounds, seeds.derive(self.config.seed, "selection"))

    def clients(self) -> tuple[ClientInfo, ...]:
        """Who takes part and how much each holds."""
        shards = self.shards
        return tuple(
            ClientInfo(index=k, name=name, train_examples=len(train), test_examples=len(test))
            for k, (name, train, test) in enumerate(zip(shards.names, shards.train, shards.test, strict=True))
        )

    def message_bytes(self) -> int:
        """Bytes of the weights and settings that go to one client in one round."""
        return messages.content_bytes(RecordDict({wire.ARRAYS: messages.array_record(travelling(self.config, self.initial)), wire.CONFIG: messages.settings_record(FitSettings())}))

    def started(self, first_round: int) -> RunStarted:
        """The event that says what stands."""
        return RunStarted(
            rounds=self.config.federation.rounds,
            first_round=first_round,
            classes=self.data.classes,
            clients=self.clients(),
            trainable_parameters=self.learner.trainable_parameters,
            total_parameters=self.learner.total_parameters,
            message_bytes=self.message_bytes(),
            trust=self.trust,
            adapters=self.config.federation.adapters.name if self.config.model.tuning == "lora" else "",  # type: ignore[attr-defined]
        )


def fit_settings(experiment: Experiment) -> FitSettings:
    """The federation's settings of local training; strategies may add to them when they configure a round."""
    federation = experiment.config.federation
    return FitSettings(federation.local_epochs, federation.batch_size, federation.learning_rate, federation.optimizer, watch=federation.watch_local)


def told(experiment: Experiment, strategy: Mended) -> FitSettings:
    """How clients train once the strategy has had its say: FedSGD takes one step on everything."""
    return messages.read_settings(strategy.settings(messages.settings_record(fit_settings(experiment))))


def strategy_of(config: RunConfig, texts: Sequence[int] = ()) -> Mended:
    """A fresh strategy, with the guard of the clients' privacy; `texts`: how many training texts each client holds."""
    federation = config.federation
    strategy: Mended = STRATEGIES.get(federation.strategy.name).build(federation.strategy, federation, seeds.derive(config.seed, "federation"))
    strategy.scale = scale_of(config)
    strategy.guard = PRIVACY.get(config.privacy.name).build(config.privacy, federation, seeds.derive(config.seed, "privacy"), texts)
    return strategy


def conduct_of(config: RunConfig, fate: Fate = arrives, held: Held = all_rows, beside: Beside = NOTHING, validation: tuple[NDArray[np.int64], ...] = ()) -> Conduct:
    """Who fails, who attacks and how, what befalls the others, and what everybody holds in a round."""
    attack = ADVERSARIES.get(config.adversary.name).build(config.adversary)
    attacks = dict.fromkeys(config.adversary.clients, attack)  # type: ignore[attr-defined]
    shield = PRIVACY.get(config.privacy.name).shield(config.privacy)
    return Conduct(config.federation.faulty_clients, attacks, fate, held, compressor_of(config), shield, beside.made, validation)


def compressor_of(config: RunConfig) -> Compressor | None:
    """What makes the clients' updates smaller; None where nothing does."""
    options = config.federation.compression
    return COMPRESSION.get(options.name).build(options)


def assemble(config: RunConfig, progress: Progress = lambda step, done, total: None) -> Experiment:
    """Load and prepare everything. Raises `FedvizError` on what a user can cause, `CarrierError` where data is not fetched."""
    progress(READ, 0, 1)
    data = scenarios.load(config)
    shards, validation = held_out(config, scenarios.shards(config, data))
    data, shards, beside = gathered(config, data, shards)
    progress(READ, 1, 1)
    objective = OBJECTIVES.get(config.objective.name)
    data, shards = objective.deal(config, data, shards)
    learner = objective.prepare(config, data, progress)
    if getattr(config.objective, "class_weights", "none") == "global":
        learner.balance(label_counts(config, data, shards).sum(0))
    trust = None
    if getattr(config.knowledge, "trust", "full") == "validated":
        trust = validated(config, learner, shards.train, lambda done, total: progress(TRUST, done, total))
        learner.trust(trust)
    return Experiment(config, data, shards, learner, dict(learner.initial), judged(config, learner, beside), trust, validation)


_kept: OrderedDict[str, Experiment] = OrderedDict()
_lock = threading.Lock()
_assembling: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)


def assemble_ahead(config: RunConfig) -> None:
    """Assemble the experiment of a config before somebody borrows it; whoever asks meanwhile waits for it instead of doing it again."""
    key = config.digest()
    with _lock:
        assembling = _assembling[key]
    with assembling:
        if key not in _kept:
            _keep(key, assemble(config))


@contextmanager
def borrowed(config: RunConfig, progress: Progress = lambda step, done, total: None) -> Iterator[Experiment]:
    """The experiment of a config for as long as the block runs; the last two are kept, so that stepping a run is instant.

    Whoever borrows it has it alone: its learner holds the weights of whoever works. After an error it is not kept.
    """
    progress(READ, 0, 1)
    key = config.digest()
    with _lock:
        assembling = _assembling[key]
    with assembling:
        with _lock:
            experiment = _kept.pop(key, None)
        experiment = experiment or assemble(config, progress)
    yield experiment
    _keep(key, experiment)


def _keep(key: str, experiment: Experiment) -> None:
    with _lock:
        _kept[key] = experiment
        while len(_kept) > KEPT:
            _kept.popitem(last=False)


def forget() -> None:
    """Drop all kept experiments and the memory they hold."""
    with _lock:
        _kept.clear()

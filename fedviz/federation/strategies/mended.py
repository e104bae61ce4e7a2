"""What every strategy here shares: Flower's message-API strategies with their traps mended, in one mixin.

- Sampling: Flower draws with the global generator and waits forever when there are fewer clients than it wants. Here the
  draw is seeded by run and round, and the clients that exist are the clients that are asked.
- Order and memory: Flower keeps all replies in a list, in the order of their arrival. Here they are added up one after
  the other, in float64, and each is dropped; a list is sorted by client first. Flower's own aggregation then sees one
  reply that holds the mean with weight 1, which it gives back to the bit, and goes on from there (FedAvgM, for one).
- Combining: how many models become one is the federation's choice (`fedviz.federation.aggregation`), the weighted mean by default;
  where privacy is kept, its guard combines them (`fedviz.federation.privacy`).
- Types: what Flower computes may come back as float64; every array gets the type it was sent with, integers rounded.
- Evaluation: Flower averages rates. Here the clients' counts are added, so that macro-F1 and loss are those of all texts.

A strategy that Flower lacks is a subclass that fills in some of `rule`, `extra`, `model_of`, `weight_of`, `share_of`, `moved`, `see`, `finish` and `plan`.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from flwr.app import ArrayRecord, ConfigRecord, Message, MetricRecord, RecordDict
from flwr.serverapp import Grid
from numpy.typing import NDArray

from fedviz.core.config import FederationConfig
from fedviz.core.registry import ADAPTERS, AGGREGATIONS
from fedviz.core.types import Timing
from fedviz.federation import messages, wire
from fedviz.federation.aggregation.base import Aggregator, Server, as_type
from fedviz.federation.aggregation.mean import WeightedMean
from fedviz.federation.fleet import Fleet, sampled
from fedviz.federation.messages import TrainReport
from fedviz.federation.privacy.base import Guard
from fedviz.federation.task import Evaluation


class _Chosen(Grid):
    """A grid of which only some nodes are shown: what Flower's configuration needs in order to sample exactly these."""

    def __init__(self, nodes: Sequence[int]) -> None:
        self._nodes = list(nodes)

    def get_node_ids(self) -> Iterable[int]:
        return self._nodes

    def _none(self, *_: Any, **__: Any) -> Any:
        raise NotImplementedError("this grid only names nodes")

    set_run = create_message = push_messages = pull_messages = send_and_receive = run = _none  # type: ignore[assignment]


class Mended:
    """Mixin before a strategy of `flwr.serverapp.strategy`; see the module's words for what it changes."""

    slots: tuple[str, ...] = ("m_t", "v_t")
    """Attributes that hold arrays by name (or None) and are remembered between rounds."""
    rule = ""
    """What the clients do beside plain training: a name of `fedviz.federation.local`."""
    personalises = False
    """Whether the rule gives every client a model of its own, to be measured beside the global one."""
    guard: Guard | None = None
    """What combines the models where the clients' privacy is kept; set by whoever builds the run."""
    server: Server | None = None
    """What the server itself can do, for combinations that ask it; set by whoever builds the run."""
    fleet: Fleet | None = None
    """The clients' devices, which say who is there; set by whoever builds the run. Without one everybody is who takes part at all."""

    ranks: tuple[int, ...] = ()
    """Rank of each client's adapters after the round, where clients prune their own."""
    scale = 1.0
    """What the product of an adapter's factors is multiplied with; set by whoever builds the run."""

    def mend(self, federation: FederationConfig, seed: int) -> "Mended":
        """Set what a run decides: who takes part, how replies are weighted, and the seed of the sampling. Gives `self`."""
        self._federation = federation
        self._seed = seed
        self._dtypes: dict[str, np.dtype[Any]] = {}
        self.old: messages.Arrays = {}
        self.shares: dict[int, float] = {}
        self.chosen: dict[int, int] = {}  # which cluster's model each client of the round took, where there are several
        return self

    def numbers(self) -> dict[str, float]:
        """Settings of the clients' rule."""
        return {}

    def settings(self, config: ConfigRecord) -> ConfigRecord:
        """What the clients are told, with the strategy's wishes."""
        return ConfigRecord({**config, **({wire.RULE: self.rule} if self.rule else {}), **{wire.NUMBER + name: value for name, value in self.numbers().items()}})

    def extra(self) -> messages.Arrays:
        """Arrays that go to every client beside the weights."""
        return {}

    def extra_evaluated(self) -> messages.Arrays:
        """Arrays that go to every client beside the weights that it evaluates, for personal models that are made of them."""
        return {}

    def weight_of(self, report: TrainReport) -> float:
        """How much a client counts: its examples, or one, as the federation weighs."""
        return 1.0 if self._federation.weighting == "even" else float(report.examples)

    def share_of(self, report: TrainReport) -> messages.Arrays:
        """What of a client's reply is combined: its weights."""
        return report.arrays

    def model_of(self, client: int) -> messages.Arrays | None:
        """The model that a client is sent in this round, where it is not the global one."""
        return None

    def placed(self, report: TrainReport) -> messages.Arrays:
        """A client's whole model, for who keeps it."""
        return report.arrays

    def moved(self, report: TrainReport) -> messages.Arrays:
        """The global model moved by a client's update, for the pictures of the drift; another than `placed` where the client began with an older model."""
        return self.placed(report)

    def plan(self, server_round: int, asked: Sequence[int]) -> Timing | None:
        """What the round takes in virtual time and what becomes of its clients; all begin at once. None without a fleet."""
        return None if self.fleet is None else self.fleet.timing(server_round, self.fleet.plan(server_round, asked))

    def open(self) -> None:
        """Before the first reply of a round."""

    def see(self, report: TrainReport, weight: float) -> None:
        """Each reply that did not fail, with its weight, before it is combined."""

    def finish(self, combined: dict[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        """The next global weights from the combined ones (read-only); the old ones are `self.old`."""
        return combined

    def participants(self, server_round: int) -> tuple[int, ...]:
        """The clients that are asked to train in a round: a seeded share of those that are there, at least one, in order."""
        federation = self._federation
        if self.fleet is not None:
            return self.fleet.sample(server_round, self._seed)
        there = [k for k in range(federation.clients) if k not in federation.absent_clients]
        return sampled(server_round, self._seed, there, federation.participants)

    def configure_train(self, server_round: int, arrays: ArrayRecord, config: ConfigRecord, grid: Grid) -> Iterable[Message]:
        """Messages to this round's participants that the grid knows, in the clients' order."""
        self._dtypes = {name: np.dtype(array.dtype) for name, array in arrays.items()}
        self.old = messages.arrays_of(arrays)
        known = set(grid.get_node_ids())
        nodes = [n for n in map(messages.node_of, self.participants(server_round)) if n in known]
        orders = self._to(nodes, super().configure_train, server_round, arrays, self.settings(config))  # type: ignore[misc]
        _accompany(orders, self.extra())
        for order in orders:
            own = self.model_of(messages.client_of(order.metadata.dst_node_id))
            if own is not None:
                order.content = RecordDict({**order.content, wire.ARRAYS: messages.array_record(own)})  # Flower gives all orders the same content
        return orders

    def configure_evaluate(self, server_round: int, arrays: ArrayRecord, config: ConfigRecord, grid: Grid) -> Iterable[Message]:
        """Messages to all clients: the ones that were not drawn, or never train, still hold test texts."""
        orders = self._to(sorted(grid.get_node_ids()), super().configure_evaluate, server_round, arrays, self.settings(config) if self.personalises else config)  # type: ignore[misc]
        _accompany(orders, self.extra_evaluated())
        return orders

    def _to(self, nodes: list[int], configure: Any, server_round: int, arrays: ArrayRecord, config: ConfigRecord) -> list[Message]:
        if not nodes:
            return []
        return sorted(configure(server_round, arrays, config, _Chosen(nodes)), key=lambda message: message.metadata.dst_node_id)

    def aggregate_train(self, server_round: int, replies: Iterable[Message]) -> tuple[ArrayRecord | None, MetricRecord | None]:
        """The next global model and the mean training loss; `(None, None)` where no client answered.

        `shares` then says how much of each client's update is in it.
        """
        combine, losses = self._aggregator(server_round), []
        combine.begin(self.old)
        self.open()
        total = 0.0
        last: Message | None = None
        empty_handed: TrainReport | None = None
        for reply in _in_order(replies):
            if reply.has_error():
                continue
            report = messages.read_train_reply(reply)
            weight = self.weight_of(report)
            self.see(report, weight)
            combine.add(report.client, self.share_of(report), weight)
            empty_handed = report if weight == 0 else empty_handed
            losses.append((report.loss, weight))
            total += weight
            last = reply
            last.content = RecordDict()
            del report
        if last is None:
            return None, None
        if total == 0 and empty_handed is not None:  # nobody who was drawn holds a text: what they sent is what they got
            combine, total = WeightedMean(), 1.0
            combine.add(empty_handed.client, empty_handed.arrays, 1.0)
        metrics = messages.train_metrics(1.0, sum(loss * weight for loss, weight in losses) / total)
        combined = combine.result()
        self.shares = combined.shares
        last.content = RecordDict({wire.ARRAYS: messages.array_record(self.finish(combined.arrays)), wire.METRICS: metrics})
        arrays, metrics = super().aggregate_train(server_round, [last])  # type: ignore[misc]
        return messages.array_record({name: as_type(array.numpy(), self._dtypes[name]) for name, array in arrays.items()}), metrics

    def _aggregator(self, server_round: int) -> Aggregator:
        if self.guard is not None and (guarded := self.guard.aggregator(server_round)) is not None:
            return guarded
        options = self._federation.aggregation
        aggregator: Aggregator = AGGREGATIONS.get(options.name).build(options)
        aggregator.server, aggregator.round = self.server, server_round
        return aggregator

    def aggregate_evaluate(self, server_round: int, replies: Iterable[Message]) -> MetricRecord | None:
        """The sums over all clients that answered; None where none did."""
        total: Evaluation | None = None
        for reply in _in_order(replies):
            if not reply.has_error():
                one = messages.read_evaluation(reply.content[wire.METRICS])
                total = one if total is None else total + one
        return None if total is None else messages.evaluation_record(total)

    def state(self) -> dict[str, NDArray[Any]]:
        """What the strategy remembers between rounds, as named arrays; empty for those that remember nothing."""
        kept = {f"{slot}/{name}": values for slot in self.slots for name, values in (getattr(self, slot, None) or {}).items()}
        return kept if self.guard is None else kept | self.guard.state()

    def restore(self, state: messages.Arrays) -> None:
        """Take up a `state` again, to the bit."""
        if self.guard is not None:
            self.guard.restore(state)
        for slot in self.slots:
            if hasattr(self, slot):
                kept = {name: values.copy() for name, values in messages.within(state, f"{slot}/").items()}
                setattr(self, slot, kept or None)


def mended(flower: type, federation: FederationConfig, seed: int, **arguments: Any) -> Mended:
    """A strategy of Flower's, mended for a run; it asks exactly the nodes that its grid names."""
    everyone = {"fraction_train": 1.0, "fraction_evaluate": 1.0, "min_train_nodes": 1, "min_evaluate_nodes": 1, "min_available_nodes": 1}
    bases = (flower,) if issubclass(flower, Mended) else (Mended, flower)
    if (adapted := ADAPTERS.get(federation.adapters.name).server()) is not None:
        bases = (adapted, *bases)
    return type(f"Mended{flower.__name__}", bases, {})(**everyone, **arguments).mend(federation, seed)


def _accompany(orders: Iterable[Message], extra: messages.Arrays) -> None:
    """Send arrays beside the weights with every order, where there are any."""
    if extra:
        beside = messages.array_record(extra)
        for order in orders:
            order.content[wire.EXTRA] = beside


def _in_order(replies: Iterable[Message]) -> Iterable[Message]:
    """Replies by client: a list may stand in any order, a generator is one that the in-process grid keeps in order."""
    return sorted(replies, key=lambda reply: reply.metadata.src_node_id) if isinstance(replies, (list, tuple)) else replies

"""What every strategy here shares: Flower's message-API strategies with their traps mended, in one mixin.

- Sampling: Flower draws with the global generator and waits forever when there are fewer clients than it wants. Here the
  draw is seeded by run and round, and the clients that exist are the clients that are asked.
- Order and memory: Flower keeps all replies in a list, in the order of their arrival. Here they are added up one after
  the other, in float64, and each is dropped; a list is sorted by client first. Flower's own aggregation then sees one
  reply that holds the mean with weight 1, which it gives back to the bit, and goes on from there (FedAdam and the others).
- Types: what Flower computes may come back as float64; every array gets the type it was sent with, integers rounded.
- Evaluation: Flower averages rates. Here the clients' counts are added, so that macro-F1 and loss are those of all texts.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from flwr.app import ArrayRecord, ConfigRecord, Message, MetricRecord, RecordDict
from flwr.serverapp import Grid
from numpy.typing import NDArray

from fedviz.core import seeds
from fedviz.core.config import FederationConfig
from fedviz.federation import messages, wire
from fedviz.federation.task import Evaluation

_STATE = ("m_t", "v_t")


class WeightedMean:
    """`sum(w_k x_k) / sum(w_k)` over arrays by name, in float64; memory of one model, however many are added."""

    def __init__(self) -> None:
        self.total = 0.0
        self._sums: dict[str, NDArray[np.float64]] = {}
        self._dtypes: dict[str, np.dtype[Any]] = {}

    def add(self, arrays: messages.Arrays, weight: float) -> None:
        """Add one model with its weight (>= 0); names and shapes must be those of the first one."""
        if not self._sums:
            self._sums = {name: np.zeros(values.shape) for name, values in arrays.items()}
            self._dtypes = {name: values.dtype for name, values in arrays.items()}
        if set(arrays) != set(self._sums) or any(arrays[name].shape != sums.shape for name, sums in self._sums.items()):
            raise ValueError("all clients must send the same arrays in the same shapes")
        for name, sums in self._sums.items():
            sums += np.multiply(arrays[name], weight, dtype=np.float64)
        self.total += weight

    def result(self) -> dict[str, NDArray[Any]]:
        """The mean, each array in the type it came in; only once, since the sums are given away."""
        sums, self._sums = self._sums, {}
        for name in list(sums):
            np.divide(sums[name], self.total, out=sums[name])
            sums[name] = as_type(sums[name], self._dtypes[name])  # type: ignore[assignment]
        return sums


def as_type(values: NDArray[Any], dtype: np.dtype[Any]) -> NDArray[Any]:
    """The values in another type; integers are rounded to the nearest."""
    return (np.rint(values) if np.issubdtype(dtype, np.integer) else values).astype(dtype, copy=False)


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

    def mend(self, federation: FederationConfig, seed: int) -> "Mended":
        """Set what a run decides: who takes part, how replies are weighted, and the seed of the sampling. Gives `self`."""
        self._federation = federation
        self._seed = seed
        self._dtypes: dict[str, np.dtype[Any]] = {}
        return self

    def participants(self, server_round: int) -> tuple[int, ...]:
        """The clients that train in a round: a seeded share of those that are not absent, at least one, in order."""
        there = [k for k in range(self._federation.clients) if k not in self._federation.absent_clients]
        count = max(1, int(self._federation.fraction * len(there) + 1e-9))
        return tuple(sorted(int(k) for k in seeds.generator(self._seed, "sample", server_round).choice(there, count, replace=False)))

    def configure_train(self, server_round: int, arrays: ArrayRecord, config: ConfigRecord, grid: Grid) -> Iterable[Message]:
        """Messages to this round's participants that the grid knows, in the clients' order."""
        self._dtypes = {name: np.dtype(array.dtype) for name, array in arrays.items()}
        known = set(grid.get_node_ids())
        return self._to(
            [n for n in map(messages.node_of, self.participants(server_round)) if n in known], super().configure_train, server_round, arrays, config
        )  # type: ignore[misc]

    def configure_evaluate(self, server_round: int, arrays: ArrayRecord, config: ConfigRecord, grid: Grid) -> Iterable[Message]:
        """Messages to all clients: the ones that were not drawn, or never train, still hold test texts."""
        return self._to(sorted(grid.get_node_ids()), super().configure_evaluate, server_round, arrays, config)  # type: ignore[misc]

    def _to(self, nodes: list[int], configure: Any, server_round: int, arrays: ArrayRecord, config: ConfigRecord) -> list[Message]:
        if not nodes:
            return []
        return sorted(configure(server_round, arrays, config, _Chosen(nodes)), key=lambda message: message.metadata.dst_node_id)

    def aggregate_train(self, server_round: int, replies: Iterable[Message]) -> tuple[ArrayRecord | None, MetricRecord | None]:
        """The next global model and the mean training loss; `(None, None)` where no client answered."""
        mean, losses = WeightedMean(), []
        last: Message | None = None
        empty_handed: messages.Arrays = {}
        for reply in _in_order(replies):
            if reply.has_error():
                continue
            report = messages.read_train_reply(reply)
            weight = 1.0 if self._federation.weighting == "even" else float(report.examples)
            mean.add(report.arrays, weight)
            empty_handed = report.arrays if weight == 0 else empty_handed
            losses.append((report.loss, weight))
            last = reply
            last.content = RecordDict()
            del report
        if last is None:
            return None, None
        if mean.total == 0:  # nobody who was drawn holds a text: what they sent is what they got
            mean.add(empty_handed, 1.0)
        metrics = messages.train_metrics(1.0, sum(loss * weight for loss, weight in losses) / mean.total)
        last.content = RecordDict({wire.ARRAYS: messages.array_record(mean.result()), wire.METRICS: metrics})
        arrays, metrics = super().aggregate_train(server_round, [last])  # type: ignore[misc]
        return messages.array_record({name: as_type(array.numpy(), self._dtypes[name]) for name, array in arrays.items()}), metrics

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
        return {f"{slot}/{name}": values for slot in _STATE for name, values in (getattr(self, slot, None) or {}).items()}

    def restore(self, state: messages.Arrays) -> None:
        """Take up a `state` again, to the bit."""
        for slot in _STATE:
            if hasattr(self, slot):
                kept = {key.removeprefix(f"{slot}/"): values.copy() for key, values in state.items() if key.startswith(f"{slot}/")}
                setattr(self, slot, kept or None)


def mended(flower: type, federation: FederationConfig, seed: int, **arguments: Any) -> Mended:
    """A strategy of Flower's, mended for a run; it asks exactly the nodes that its grid names."""
    everyone = {"fraction_train": 1.0, "fraction_evaluate": 1.0, "min_train_nodes": 1, "min_evaluate_nodes": 1, "min_available_nodes": 1}
    return type(f"Mended{flower.__name__}", (Mended, flower), {})(**everyone, **arguments).mend(federation, seed)


def _in_order(replies: Iterable[Message]) -> Iterable[Message]:
    """Replies by client: a list may stand in any order, a generator is one that the in-process grid keeps in order."""
    return sorted(replies, key=lambda reply: reply.metadata.src_node_id) if isinstance(replies, (list, tuple)) else replies

"""A federation on plain tables: inputs [n, d], labels [n] and any torch module from inputs to logits; client k holds some of the rows.

It trains with the clients' app, the local rules, the strategies and the loop of a real run; only model and data are replaced.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from flwr.clientapp import ClientApp
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from fedviz.core import seeds
from fedviz.core.config import RunConfig
from fedviz.core.events import RunStarted
from fedviz.core.registry import STRATEGIES
from fedviz.core.types import ClientInfo
from fedviz.federation.assemble import conduct_of
from fedviz.federation.client_app import Fate, OnBatch, arrives, client_app
from fedviz.federation.strategies.mended import Mended
from fedviz.models import compute
from fedviz.models.trained import ByClass


@dataclass(frozen=True)
class Rows:
    """Some rows: inputs [b, d] and labels [b]."""

    inputs: Tensor
    labels: Tensor

    def __len__(self) -> int:
        return len(self.labels)


class TableLearner(ByClass):
    """A module as a learner. Its parameters go by their names, sorted; the loss is the mean cross-entropy."""

    def __init__(self, model: nn.Module, inputs: Tensor, labels: Tensor, classes: int) -> None:
        self.classes = tuple(str(k) for k in range(classes))
        self._model, self._inputs, self._labels = model, inputs, labels
        self._weights = dict(sorted(model.named_parameters()))
        self.initial = self.arrays()

    def parameters(self) -> list[nn.Parameter]:
        """In the order of their names."""
        return list(self._weights.values())

    def arrays(self) -> dict[str, NDArray[Any]]:
        """A copy of the weights."""
        return {name: weight.detach().numpy().copy() for name, weight in self._weights.items()}

    @torch.no_grad()
    def load(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Set the weights."""
        for name, weight in self._weights.items():
            weight.copy_(torch.from_numpy(arrays[name].copy()))

    def weigh(self, indices: Sequence[int], change: Any = None) -> None:
        """All count the same."""

    def batches(self, split: str, indices: Sequence[int], batch_size: int, generator: np.random.Generator | None = None) -> Iterator[Rows]:
        """The rows at `indices`, in the order of `generator.permutation(len(indices))`, or in theirs."""
        rows = np.asarray(indices)
        rows = rows if generator is None else rows[generator.permutation(len(rows))]
        for start in range(0, len(rows), batch_size):
            chosen = torch.from_numpy(rows[start : start + batch_size])
            yield Rows(self._inputs[chosen], self._labels[chosen])

    def logits(self, batch: Rows) -> Tensor:
        """[b, classes]."""
        return self._model(batch.inputs)

    def loss(self, batch: Rows) -> Tensor:
        """Mean cross-entropy in nats."""
        return cross_entropy(self.logits(batch), batch.labels)

    def objective(self, batch: Rows) -> tuple[Tensor, Tensor]:
        """The loss, to which nothing is added."""
        loss = self.loss(batch)
        return loss, loss


@dataclass(frozen=True)
class Tables:
    """The federation: `make()` gives a fresh module with the initial weights; `train[k]`, `test[k]` are the rows of client k."""

    config: RunConfig
    make: Callable[[], nn.Module]
    inputs: Tensor
    labels: Tensor
    classes: int
    train: tuple[NDArray[np.int64], ...]
    test: tuple[NDArray[np.int64], ...]
    learner: type[TableLearner] = TableLearner

    @property
    def initial(self) -> dict[str, NDArray[Any]]:
        """The module's own weights."""
        return self._learner().arrays()

    def strategy(self) -> Mended:
        """A fresh strategy of the configuration."""
        federation = self.config.federation
        return STRATEGIES.get(federation.strategy.name).build(federation.strategy, federation, seeds.derive(self.config.seed, "federation"))

    def app(self, on_batch: OnBatch, fate: Fate = arrives) -> ClientApp:
        """The clients; as many learners as work at a time."""
        learners: Any = [self._learner() for _ in range(compute.shares(self.config.federation.clients).workers)]
        return client_app(learners, self.train, self.test, self.config.seed, on_batch, conduct_of(self.config, fate))

    def started(self, first_round: int) -> RunStarted:
        """What stands."""
        infos = tuple(ClientInfo(index=k, name=f"Client {k}", train_examples=len(a), test_examples=len(b)) for k, (a, b) in enumerate(zip(self.train, self.test, strict=True)))
        size = sum(values.size for values in self.initial.values())
        return RunStarted(rounds=self.config.federation.rounds, first_round=first_round, classes=self._learner().classes, clients=infos,
                          trainable_parameters=size, total_parameters=size, message_bytes=sum(values.nbytes for values in self.initial.values()))  # fmt: skip

    def _learner(self) -> TableLearner:
        return self.learner(self.make(), self.inputs, self.labels, self.classes)


def table_config(clients: int, rounds: int, **federation: Any) -> RunConfig:
    """A configuration of plain SGD for tables: scenario and model stand in it because a run must name some."""
    return RunConfig.parse({
        "scenario": "toy", "model": {"name": "toy", "tuning": "head"}, "knowledge": "none",
        "federation": {"clients": clients, "rounds": rounds, "optimizer": "sgd", **federation},
    })  # fmt: skip

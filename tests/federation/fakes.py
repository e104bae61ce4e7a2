"""A federation without texts: client k pulls every weight towards its own optimum, so that means are known in closed form."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from flwr.app import Context, Message
from flwr.clientapp import ClientApp
from numpy.typing import NDArray

from fedviz.core import seeds
from fedviz.core.config import RunConfig
from fedviz.core.events import RunStarted
from fedviz.core.registry import STRATEGIES
from fedviz.core.types import ClientInfo
from fedviz.federation import messages, wire
from fedviz.federation.client_app import Fate, OnBatch, arrives
from fedviz.federation.task import Evaluation, FitResult


def config(**federation: Any) -> RunConfig:
    """A toy configuration with these federation options."""
    return RunConfig.parse({"scenario": "toy", "model": {"name": "toy", "tuning": "full"}, "knowledge": "none", "federation": federation})


@dataclass
class Quadratic:
    """An experiment of `size` float32 weights. Client k holds `10 + k` examples and takes `steps` half-way steps to its optimum.

    `failing`: (round, client) pairs that raise. `seen` collects (round, client) of every training.
    """

    config: RunConfig
    size: int = 12
    steps: int = 1
    failing: frozenset[tuple[int, int]] = frozenset()
    seen: list[tuple[int, int]] = field(default_factory=list)

    @property
    def initial(self) -> dict[str, NDArray[Any]]:
        """Zeros in two arrays."""
        return {"a": np.zeros(self.size // 2, np.float32), "b": np.zeros((self.size - self.size // 2, 1), np.float32)}

    def optimum(self, client: int) -> dict[str, NDArray[Any]]:
        """Where a client wants to be."""
        rng = seeds.generator(self.config.seed, "optimum", client)
        return {name: (1 + rng.standard_normal(values.shape)).astype(np.float32) for name, values in self.initial.items()}

    def examples(self, client: int) -> int:
        """How many examples a client says it has."""
        return 10 + client

    def strategy(self) -> Any:
        """A fresh strategy of the configuration."""
        federation = self.config.federation
        return STRATEGIES.get(federation.strategy.name).build(federation.strategy, federation, self.config.seed)

    def started(self, first_round: int) -> RunStarted:
        """What stands."""
        clients = tuple(ClientInfo(index=k, name=f"Client {k}", train_examples=10 + k, test_examples=4) for k in range(self.config.federation.clients))
        return RunStarted(rounds=self.config.federation.rounds, first_round=first_round, classes=("no", "yes"), clients=clients,
                          trainable_parameters=self.size, total_parameters=self.size, message_bytes=1)  # fmt: skip

    def app(self, on_batch: OnBatch, fate: Fate = arrives) -> ClientApp:
        """The clients."""
        app = ClientApp()

        @app.train()
        def train(message: Message, context: Context) -> Message:
            client, order = int(context.node_config[wire.PARTITION]), messages.read_train(message)
            self.seen.append((order.round, client))
            arrays, optimum = {name: values.copy() for name, values in order.arrays.items()}, self.optimum(client)
            for step in range(1, self.steps + 1):
                for name, values in arrays.items():
                    values += np.float32(0.5) * (optimum[name] - values) - np.float32(order.settings.proximal_mu) * (values - order.arrays[name])
                on_batch(order.round, client, step, self.steps, 1, float(step))
            if (order.round, client) in self.failing:
                raise ValueError(f"client {client} has lost its data")
            return messages.train_reply(message, arrays, FitResult(self.examples(client), (), float(client)))

        @app.evaluate()
        def evaluate(message: Message, context: Context) -> Message:
            client = int(context.node_config[wire.PARTITION])
            right = min(client, 4)
            return messages.evaluate_reply(message, Evaluation(4, 1.0 * client, np.array([[right, 4 - right], [0, 0]])))

        return app

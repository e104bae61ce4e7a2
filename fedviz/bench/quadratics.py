"""A federation whose minima are known: client k has the loss `a_k/2 ||w - o_k||^2` on every one of its texts, in float64.

It trains with the clients' app, the local rules, the strategies and the loop of a real run; only the model is replaced. One step of SGD
with rate eta takes client k from w to `o_k + (1 - eta a_k) (w - o_k)`, so what a round must do can be written down.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from flwr.clientapp import ClientApp
from numpy.typing import NDArray
from torch import Tensor, nn

from fedviz.core.config import RunConfig
from fedviz.core.events import RunStarted
from fedviz.core.types import ClientInfo
from fedviz.federation.aggregation.base import Server
from fedviz.federation.assemble import conduct_of, strategy_of
from fedviz.federation.beside import NOTHING
from fedviz.federation.client_app import Fate, OnBatch, arrives, client_app
from fedviz.federation.fleet import Fleet
from fedviz.federation.rounds import Hooks, Rounds, RoundState
from fedviz.federation.strategies.mended import Mended
from fedviz.federation.stream import Stream
from fedviz.federation.traffic import traffic
from fedviz.models.trained import ByClass

Vector = NDArray[np.float64]


@dataclass(frozen=True)
class _Texts:
    """Some texts of one client."""

    client: int
    labels: Tensor

    def __len__(self) -> int:
        return len(self.labels)


class QuadraticLearner(ByClass):
    """A model of one weight vector `w` [d]; the row of a text is the number of its client."""

    classes = ("no", "yes")

    def __init__(self, optima: Vector, curvatures: Vector) -> None:
        self._optima, self._curvatures = torch.from_numpy(optima), torch.from_numpy(curvatures)
        self._w = nn.Parameter(torch.zeros(optima.shape[1], dtype=torch.float64))
        self.initial = self.arrays()

    def parameters(self) -> list[nn.Parameter]:
        """`w` alone."""
        return [self._w]

    def arrays(self) -> dict[str, Vector]:
        """A copy of `w`."""
        return {"w": self._w.detach().numpy().copy()}

    def load(self, arrays: Mapping[str, Vector]) -> None:
        """Set `w`."""
        with torch.no_grad():
            self._w.copy_(torch.from_numpy(arrays["w"].copy()))

    def weigh(self, indices: Sequence[int], change: Any = None) -> None:
        """All count the same."""

    def batches(self, split: str, indices: Sequence[int], batch_size: int, generator: np.random.Generator | None = None) -> Iterator[_Texts]:
        """The client's texts, all alike."""
        for start in range(0, len(indices), batch_size):
            yield _Texts(int(indices[0]), torch.zeros(len(indices[start : start + batch_size]), dtype=torch.long))

    def features(self, batch: _Texts, weights: Sequence[Tensor] | None = None) -> Tensor:
        """The vector of every text is `w` [texts, d]."""
        return (self._w if weights is None else weights[0]).expand(len(batch.labels), -1)

    def loss(self, batch: _Texts, features: Tensor | None = None) -> Tensor:
        """`a_k/2 ||w - o_k||^2`."""
        w = self._w if features is None else features[0]
        return self._curvatures[batch.client] / 2 * (w - self._optima[batch.client]).square().sum()

    def objective(self, batch: _Texts, features: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """The loss, to which nothing is added."""
        loss = self.loss(batch, features)
        return loss, loss

    def logits(self, batch: _Texts) -> Tensor:
        """Logits whose cross-entropy is the loss: `log(1 + exp(z)) = loss` for `z = log(exp(loss) - 1)`."""
        z = torch.log(torch.expm1(self.loss(batch)))
        return torch.stack([torch.zeros_like(z), z]).expand(len(batch.labels), 2)


class QuadraticServer(Server):
    """A server that knows where the weighted loss is least: its own loss is `1/2 ||w - o||^2`, of which it takes eight steps; the nearer a model is to o, the more it agrees."""

    def __init__(self, optimum: Vector, rate: float) -> None:
        self._optimum, self._rate = optimum, rate

    def trained(self, old: Mapping[str, Vector], number: int) -> dict[str, Vector]:
        """`o + (1 - eta)^8 (w - o)`."""
        return {"w": self._optimum + (1 - self._rate) ** 8 * (old["w"] - self._optimum)}

    def agreement(self, arrays: Mapping[str, Vector], shuffled: bool = False) -> float:
        """`1 / (1 + ||w - o||)`; shuffled, the coordinates of o are in the reverse order."""
        return 1 / (1 + float(np.linalg.norm(arrays["w"] - (self._optimum[::-1] if shuffled else self._optimum))))


@dataclass(frozen=True)
class Quadratics:
    """The federation: `optima` [clients, d], `curvatures` [clients], `examples` [clients], which are also the steps of an epoch of batches of one."""

    config: RunConfig
    optima: Vector
    curvatures: Vector
    examples: tuple[int, ...]
    beside = NOTHING

    @property
    def initial(self) -> dict[str, Vector]:
        """Zero."""
        return {"w": np.zeros(self.optima.shape[1])}

    def strategy(self) -> Mended:
        """A fresh strategy of the configuration, with its fleet."""
        strategy = strategy_of(self.config, self.examples)
        strategy.server = QuadraticServer(self.optimum(), self.config.federation.learning_rate)
        strategy.fleet = Fleet(self.config, np.array(self.examples)[:, None], traffic(self.config, self.initial, len(QuadraticLearner.classes)))
        return strategy

    def app(self, on_batch: OnBatch, fate: Fate = arrives) -> ClientApp:
        """The clients."""
        rows = [np.full(count, k, np.int64) for k, count in enumerate(self.examples)]
        learner: Any = QuadraticLearner(self.optima, self.curvatures)
        return client_app([learner], rows, rows, self.config.seed, on_batch, conduct_of(self.config, fate, Stream(self.config, np.zeros(len(rows), np.int64)).rows))

    def started(self, first_round: int) -> RunStarted:
        """What stands."""
        infos = tuple(ClientInfo(index=k, name=f"Client {k}", train_examples=n, test_examples=n) for k, n in enumerate(self.examples))
        size = self.optima.shape[1]
        return RunStarted(rounds=self.config.federation.rounds, first_round=first_round, classes=QuadraticLearner.classes, clients=infos,
                          trainable_parameters=size, total_parameters=size, message_bytes=8 * size)  # fmt: skip

    def run(self, state: RoundState | None = None) -> RoundState:
        """All rounds; the last state."""
        return Rounds(self, Hooks(), state).run().state  # type: ignore[arg-type]

    def weights(self) -> Vector:
        """Each client's share of the weighted loss [clients]; sums to 1."""
        even = self.config.federation.weighting == "even"
        counts = np.ones(len(self.examples)) if even else np.array(self.examples, float)
        return counts / counts.sum()

    def optimum(self) -> Vector:
        """Where the weighted loss of all clients is least [d]."""
        share = self.weights() * self.curvatures
        return share @ self.optima / share.sum()


def quadratics(strategy: Any, rounds: int, *, rate: float = 0.1, clients: int = 4, dimensions: int = 5, even_steps: bool = False, adversary: Any = "none", privacy: Any = "none", participation: Any = None, network: Any = None, **federation: Any) -> Quadratics:
    """A federation of clients with different optima, curvatures in [0.5, 1.5] and 2 to 9 texts each (`even_steps`: 4), trained by SGD in batches of one."""
    rng = np.random.default_rng(3)
    config = RunConfig.parse({
        "scenario": "toy", "model": {"name": "toy", "tuning": "full"}, "knowledge": "none", "adversary": adversary, "privacy": privacy,
        "participation": participation or {}, "network": network or {},
        "federation": {"rounds": rounds, "clients": clients, "strategy": strategy, "optimizer": "sgd", "learning_rate": rate, "batch_size": 1, **federation},
    })  # fmt: skip
    examples = tuple(int(n) for n in rng.integers(2, 10, clients))
    optima, curvatures = rng.standard_normal((clients, dimensions)), rng.uniform(0.5, 1.5, clients)
    return Quadratics(config, optima, curvatures, (4,) * clients if even_steps else examples)

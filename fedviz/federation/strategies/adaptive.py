"""The adaptive servers of Reddi et al. 2021, Adaptive Federated Optimization (arXiv 2003.00295), Algorithm 2: FedAdagrad, FedAdam and FedYogi.

Flower 1.41 has them too, but not to the letter: its v begins at 0 and not at tau^2 or more, and its FedAdam multiplies the rate by Kingma and Ba's
bias correction, which Algorithm 2 does not have, with t + 1 in place of t. So the step is ours. v begins at tau^2, the least that the paper allows.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from flwr.serverapp.strategy import FedAvg
from numpy.typing import NDArray

from fedviz.federation.strategies.mended import Mended

Second = Callable[[NDArray[Any], NDArray[Any], float], NDArray[Any]]
"""`second(v, square, beta_2)`: the next v from the former one and the square of the mean update."""


def adagrad(v: NDArray[Any], square: NDArray[Any], beta_2: float) -> NDArray[Any]:
    """Squares add up."""
    return v + square


def adam(v: NDArray[Any], square: NDArray[Any], beta_2: float) -> NDArray[Any]:
    """A moving average."""
    return beta_2 * v + (1 - beta_2) * square


def yogi(v: NDArray[Any], square: NDArray[Any], beta_2: float) -> NDArray[Any]:
    """A step towards the square, as long as the square allows."""
    return v - (1 - beta_2) * square * np.sign(v - square)


class Adaptive(Mended, FedAvg):
    """`m = beta_1 m + (1 - beta_1) delta`, `v = second(v, delta^2, beta_2)`, `w = w_t + eta m / (sqrt(v) + tau)`, in the weights' own types."""

    def __init__(self, second: Second, eta: float, tau: float, beta_1: float = 0.0, beta_2: float = 0.0, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.second, self.eta, self.tau, self.beta_1, self.beta_2 = second, eta, tau, beta_1, beta_2
        self.m_t: dict[str, NDArray[Any]] | None = None
        self.v_t: dict[str, NDArray[Any]] | None = None

    def finish(self, combined: dict[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        """The server's step on the mean update."""
        delta = {name: mean - self.old[name] for name, mean in combined.items()}
        m = self.m_t or {name: np.zeros_like(change) for name, change in delta.items()}
        v = self.v_t or {name: np.full_like(change, self.tau**2) for name, change in delta.items()}
        self.m_t = {name: self.beta_1 * m[name] + (1 - self.beta_1) * change for name, change in delta.items()}
        self.v_t = {name: self.second(v[name], change**2, self.beta_2) for name, change in delta.items()}
        return {name: self.old[name] + self.eta * self.m_t[name] / (np.sqrt(self.v_t[name]) + self.tau) for name in delta}

"""Servers that add to the frozen matrices, so that the next model holds the average of the clients' products: FLoRA and FedEx-LoRA."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fedviz.federation import messages
from fedviz.federation.adapters.base import DELTA, factors
from fedviz.federation.adapters.server import Adapted
from fedviz.federation.messages import TrainReport


class Stacked(Adapted):
    """Wang et al. 2024 (FLoRA): the product of the stacked factors is added, and the adapters are again what they were before any training."""

    def open(self) -> None:
        """No factor has been seen yet."""
        super().open()
        self._stack: dict[str, list[tuple[float, NDArray[Any], NDArray[Any]]]] = {matrix: [] for matrix in factors(self._whole)}

    def see(self, report: TrainReport, weight: float) -> None:
        """Keep a client's factors until the round ends."""
        super().see(report, weight)
        for matrix, (a, b) in factors(report.arrays).items() if weight > 0 else ():
            self._stack[matrix].append((weight, report.arrays[b], report.arrays[a]))

    def merged(self, mean: dict[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        """All but the factors is the mean; the matrices gain the average of the products."""
        left = {name for pair in factors(mean).values() for name in pair}
        return {name: values for name, values in mean.items() if name not in left} | self._added(dict.fromkeys(self._stack, 0.0))

    def moved(self, report: TrainReport) -> messages.Arrays:
        """The global model with a client's product in its matrices, where the next model will have it."""
        sent = report.arrays
        products = {matrix: self.scale * (sent[b].astype(np.float64) @ sent[a]) for matrix, (a, b) in factors(sent).items()}
        left = {name for pair in factors(sent).values() for name in pair}
        matrices = {matrix + DELTA: (self._whole[matrix + DELTA] + product).astype(np.float32) for matrix, product in products.items()}
        return {**self._whole, **{name: values for name, values in sent.items() if name not in left}, **matrices}

    def _added(self, known: "dict[str, Any]") -> dict[str, NDArray[Any]]:
        """The arrays that are added to the matrices in the next model: the average of the products beyond what is `known` of it, by matrix."""
        new = {}
        for matrix, stack in self._stack.items():
            total = sum(weight for weight, _b, _a in stack)
            if total > 0:  # else nobody who was drawn holds a text
                product = np.concatenate([weight / total * b.astype(np.float64) for weight, b, _a in stack], axis=1) @ np.concatenate([a for _weight, _b, a in stack], axis=0)
                old = self._whole[matrix + DELTA]
                new[matrix + DELTA] = (old + self.scale * (product - known[matrix])).astype(old.dtype)
        self._stack = {}
        return new


class Residual(Stacked):
    """Singhal, Ponkshe and Vepakomma 2024 (FedEx-LoRA): the means of the factors, and in the matrices what their product misses."""

    def merged(self, mean: dict[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        """The mean, and the residual beside what was added before."""
        return mean | self._added({matrix: mean[b].astype(np.float64) @ mean[a] for matrix, (a, b) in factors(mean).items()})

    def moved(self, report: TrainReport) -> messages.Arrays:
        """A client's model as it is."""
        return self.placed(report)

"""What every learner shares, whatever it learns: trained weights by name, twins for other threads, and how answers by class are counted."""

import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from fedviz.core.errors import RunError
from fedviz.core.types import Split


class Measured(NamedTuple):
    """Sums over a batch: how many answers, their loss in nats, and how they fell out (see `Trained.counted`)."""

    examples: int
    loss_sum: float
    counts: NDArray[np.int64]


class ByClass:
    """Measures answers by class, of a learner that has `classes` and `logits(batch)`, and batches with `labels`."""

    classes: tuple[str, ...]

    @property
    def counted(self) -> tuple[int, int]:
        """Shape of the counts: [classes, classes], rows are the true class."""
        return len(self.classes), len(self.classes)

    @torch.no_grad()
    def measure(self, batch: Any) -> Measured:
        """Cross-entropy, and how many texts of a class were taken for which."""
        logits: Tensor = self.logits(batch)  # type: ignore[attr-defined]
        counts = np.zeros(self.counted, np.int64)
        np.add.at(counts, (batch.labels.cpu().numpy(), logits.argmax(1).cpu().numpy()), 1)
        return Measured(len(batch.labels), nn.functional.cross_entropy(logits.double(), batch.labels, reduction="sum").item(), counts)


class Trained:
    """One model, ready to train. In-process clients share a few of them; each loads its weights first.

    The model has an `encoder`. `counted` is the shape of what `measure` counts: [classes, classes], or [1, 2] for answers that are wrong and
    right. A batch has as many `len` as texts.
    """

    counted: tuple[int, int]

    def __init__(self, model: nn.Module, classes: tuple[str, ...], total_parameters: int) -> None:
        self.classes = classes
        self.total_parameters = total_parameters
        self.round = 0
        """The round that this learner trains in, counted from 1; 0 outside of rounds, where warm-ups are over."""
        self._own(model)
        self.initial: Mapping[str, NDArray[np.float32]] = self.arrays()
        """The trained weights before any training; to be read only."""

    def _own(self, model: Any) -> None:
        self.model = model
        self._whole = weights_of(model)
        self._weights = {name: weight for name, weight in self._whole.items() if weight.requires_grad}

    def twin(self) -> Any:
        """A learner for another thread: the same texts and frozen weights in the same memory, and trained weights of its own."""
        own = set(map(id, self._whole.values()))
        frozen = {id(weight): weight for weight in self.model.parameters() if id(weight) not in own}
        below = self.model.encoder.frozen
        other = copy.copy(self)
        other._own(copy.deepcopy(self.model, {**frozen, id(below): below}))
        return other

    @property
    def trainable_parameters(self) -> int:
        """How many numbers are trained and travel in each round."""
        return sum(weight.numel() for weight in self._weights.values())

    def parameters(self) -> list[nn.Parameter]:
        """The trained weights, in the order of their names."""
        return list(self._weights.values())

    def arrays(self) -> dict[str, NDArray[np.float32]]:
        """Copies of the trained weights by name, names sorted, with what is added to frozen ones."""
        return {name: weight.detach().cpu().numpy().copy() for name, weight in self._whole.items()}

    def load(self, arrays: Mapping[str, NDArray[np.float32]]) -> None:
        """Set the trained weights, and what is added to frozen ones; raises `RunError` where names or shapes are not this model's."""
        load_weights(self._whole, arrays)

    def features(self, batch: Any, weights: Sequence[Tensor] | None = None) -> Tensor:
        """The encoder's vectors of the texts [texts, width], by other `weights` (in the order of `parameters`) where some are given."""
        if weights is None:
            return self.model.encoder(batch.inputs)
        inside = {name.removeprefix("encoder."): value for name, value in zip(self._weights, weights, strict=True) if name.startswith("encoder.")}
        return torch.func.functional_call(self.model.encoder, inside, (batch.inputs,))

    def watched(self) -> tuple[tuple[str, tuple[tuple[str, float], ...]], ...]:
        """What the model says of the texts that somebody watches: each with its likeliest tokens and their probabilities. Most learners have none."""
        return ()

    def weigh(self, indices: Sequence[int], change: Callable[[Tensor], Tensor] | None = None) -> None:
        """Told before a training on the training texts at `indices`, for a learner whose loss depends on what is among them; `change`: what becomes of their labels."""

    def batches(self, split: Split, indices: Sequence[int], batch_size: int, generator: np.random.Generator | None = None) -> Iterator[Any]:
        """The texts at `indices` in batches: shuffled by `generator`, or without one from short to long, which wastes least."""
        raise NotImplementedError

    def objective(self, batch: Any, features: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """The mean loss of a training batch in nats as it is told, and what a step makes smaller; `features` of this batch save reading it again."""
        raise NotImplementedError

    def measure(self, batch: Any) -> Measured:
        """Sums over a batch, without gradients."""
        raise NotImplementedError


def in_order(indices: Sequence[int], lengths: Sequence[int], generator: np.random.Generator | None) -> NDArray[np.int64]:
    """`indices` as batches take them: shuffled by `generator`, or without one from short to long. `lengths`: of every text of the split."""
    order = np.array(indices, dtype=np.int64)  # a copy: NumPy shuffles an empty array in place, and a client's rows are read-only
    return generator.permutation(order) if generator is not None else np.array(sorted(order, key=lambda i: (lengths[i], i)), dtype=np.int64)


def weights_of(model: nn.Module) -> dict[str, nn.Parameter]:
    """What a checkpoint of the model holds, names sorted: the trained weights, and what is added to frozen ones."""
    return {name: weight for name, weight in sorted(model.named_parameters()) if weight.requires_grad or name.endswith(".base_layer.delta")}


def load_weights(weights: Mapping[str, nn.Parameter], arrays: Mapping[str, NDArray[np.float32]]) -> None:
    """Copy `arrays` into `weights`; raises `RunError` where names or shapes differ."""
    if set(arrays) != set(weights):
        odd = sorted(set(arrays) ^ set(weights))[0]
        raise RunError(f"The weights must have this model's names, but {odd!r} is in only one of the two.")
    for name, weight in weights.items():  # all of them before any is written, so that a refusal leaves the model as it was
        if tuple(arrays[name].shape) != tuple(weight.shape):
            raise RunError(f"The weights must have this model's shapes, but {name!r} is {tuple(arrays[name].shape)} and not {tuple(weight.shape)}.")
    with torch.no_grad():
        for name, weight in weights.items():
            weight.copy_(torch.from_numpy(np.array(arrays[name], dtype=np.float32)))  # a copy, since torch takes no read-only memory

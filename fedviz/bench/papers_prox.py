"""FedProx on the paper's Synthetic(1, 1) with 90 % stragglers: who is late is dropped, or sends what it has done so far.

Li et al. 2020 (arXiv:1812.06127), section 5.2: 30 clients, 10 a round, 20 local epochs, batches of 10, learning rate 0.01. The data follow the
authors' generator, but no client has more than `MOST` rows, so that the measurement takes a minute and not ten.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import torch
from flwr.app import ConfigRecord, Context, Message, RecordDict
from torch import nn

from fedviz.bench.proof import Proof
from fedviz.bench.report import Say
from fedviz.bench.tables import Tables, table_config
from fedviz.core import events as e
from fedviz.core import seeds
from fedviz.core.errors import RunError
from fedviz.core.i18n import N_
from fedviz.core.registry import STRATEGIES
from fedviz.federation import messages, wire
from fedviz.federation.client_app import Fate, OnBatch, arrives
from fedviz.federation.rounds import Hooks, Rounds

CLIENTS, FEATURES, CLASSES, MOST = 30, 60, 10, 300
EPOCHS, LATE = 20, 0.9


@dataclass(frozen=True)
class Late(Tables):
    """Tables of which 90 % of a round's clients are late: `dropped`, or stopped after a drawn number of epochs."""

    dropped: bool = False

    def app(self, on_batch: OnBatch, fate: Fate = arrives) -> Any:
        """The clients' app behind a clock."""
        inner, strategy = super().app(on_batch, fate), self.strategy()

        def within_time(message: Message, context: Context) -> Message:
            if message.metadata.message_type == messages.TRAIN:
                number, client = messages.read_train(message).round, messages.client_of(message.metadata.dst_node_id)
                there = strategy.participants(number)
                generator = seeds.generator(self.config.seed, "late", number)
                on_time = generator.choice(there, max(1, round(len(there) * (1 - LATE))), replace=False)
                if client not in on_time:
                    if self.dropped:
                        raise RunError("This client is late, and the server does not wait.")
                    done = int(seeds.generator(self.config.seed, "late", number, client).integers(1, EPOCHS + 1))
                    message.content = RecordDict({**message.content, wire.CONFIG: ConfigRecord({**message.content[wire.CONFIG], wire.EPOCHS: done})})
            return inner(message, context)

        return within_time


def prox_laws(quick: bool, say: Say) -> Iterator[Proof]:
    """One row: what partial work with FedProx gains over FedAvg that drops who is late; mean test accuracy of the last ten rounds."""
    found = {}
    for title, strategy, dropped in (("dropped", "fedavg", True), ("mu = 0", {"name": "fedprox", "mu": 0.0}, False), ("mu = 1", {"name": "fedprox", "mu": 1.0}, False)):
        found[title] = _accuracy(strategy, dropped, 20 if quick else 60)
        say(f"Synthetic(1, 1), {title}: {found[title]:.3f}")
    gain = found["mu = 1"] - found["dropped"]
    entry = STRATEGIES.get("fedprox")
    law = N_("that keeps the partial work of 90 % stragglers beats FedAvg that drops them, on Synthetic(1, 1): points of accuracy, as a fraction")
    yield Proof("FedProx", law, entry.equation, f"{entry.paper} (section 5.2; the figure is its mean over five data sets)",
                f"{found['mu = 1']:.3f} - {found['dropped']:.3f} = {gain:.3f} (mu = 0 with partial work: {found['mu = 0']:.3f})", "0.22", gain, 0.1, "at least")  # fmt: skip


def _accuracy(strategy: Any, dropped: bool, rounds: int) -> float:
    found: list[float] = []

    def heard(event: e.Event) -> None:
        if isinstance(event, e.GlobalEvaluated):
            found.extend(metric.value for metric in event.metrics if metric.key.name == "accuracy")

    inputs, labels, train, test = _synthetic()
    config = table_config(CLIENTS, rounds, strategy=strategy, fraction=1 / 3, local_epochs=EPOCHS, batch_size=10, learning_rate=0.01)
    Rounds(Late(config, _zeros, inputs, labels, CLASSES, train, test, dropped=dropped), Hooks(emit=heard)).run()  # type: ignore[arg-type]
    return float(np.mean(found[-10:]))


def _zeros() -> nn.Module:
    model = nn.utils.skip_init(nn.Linear, FEATURES, CLASSES)
    with torch.no_grad():
        for weight in model.parameters():
            weight.zero_()
    return model


@cache
def _synthetic() -> tuple[torch.Tensor, torch.Tensor, Any, Any]:
    """Inputs, labels, and each client's rows, nine of ten to train: the authors' generator with alpha = beta = 1."""
    rng = seeds.generator(0, "synthetic")
    counts = np.minimum(rng.lognormal(4, 2, CLIENTS).astype(int) + 50, MOST)
    spread = np.arange(1, FEATURES + 1) ** -0.6  # standard deviations of the inputs: variances fall as j^-1.2
    inputs, labels = [], []
    for count, model, centre in zip(counts, rng.normal(0, 1, CLIENTS), rng.normal(0, 1, CLIENTS), strict=True):
        x = rng.normal(centre, 1, FEATURES) + spread * rng.standard_normal((count, FEATURES))
        inputs.append(x)
        labels.append((x @ rng.normal(model, 1, (FEATURES, CLASSES)) + rng.normal(model, 1, CLASSES)).argmax(axis=1))
    rows = np.split(np.arange(counts.sum()), np.cumsum(counts)[:-1])
    train, test = (tuple(own[part(len(own))] for own in rows) for part in (lambda n: slice(0, n * 9 // 10), lambda n: slice(n * 9 // 10, n)))
    return torch.tensor(np.concatenate(inputs), dtype=torch.float32), torch.tensor(np.concatenate(labels)), train, test

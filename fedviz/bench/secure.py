"""What secure aggregation costs: a round of clients that do not train but send random updates, one of which drops out (under masks after sharing its secrets).

Timed from the orders to the mean in this process, with as many clients at a time as there are cores, and beside it the same round in the open: under masks, and by
homomorphic sums. The error is the largest difference of the sum over the survivors from the sum of their updates in float64.
"""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from flwr.app import ConfigRecord, Context, Message, RecordDict
from flwr.clientapp import ClientApp
from numpy.typing import NDArray

from fedviz.bench.report import Result, Say, at_most
from fedviz.core import seeds
from fedviz.core.errors import RunError
from fedviz.federation import messages, wire
from fedviz.federation.aggregation.mean import WeightedMean
from fedviz.federation.client_app import client_contexts
from fedviz.federation.grid import InProcessGrid
from fedviz.federation.secure import ckks
from fedviz.federation.secure.cipher_client import CipherSettings, encrypting
from fedviz.federation.secure.cipher_server import CipherGrid
from fedviz.federation.secure.client import SecureSettings, protect
from fedviz.federation.secure.keys import seeded
from fedviz.federation.secure.server import SecureGrid
from fedviz.federation.secure.sums import Step, SumGrid
from fedviz.federation.task import FitResult, FitSettings
from fedviz.models import compute

CLIENTS, DROPPED, THRESHOLD = 8, 3, 6
ERROR, CIPHER_ERROR, SECONDS = 1e-5, 1e-6, 3.0


@dataclass
class _Measured:
    """Seconds and errors of the rounds of one protocol, and its steps."""

    seconds: list[float] = field(default_factory=list)
    open_s: list[float] = field(default_factory=list)
    errors: list[float] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)

    def row(self, protocol: str, size: int) -> dict[str, object]:
        """One line of the table; bytes are those of the last round."""
        last = [step for step in self.steps if step.round == self.steps[-1].round]
        return {
            "protocol": protocol,
            "clients": CLIENTS,
            "weights": size,
            "s a round": statistics.median(self.seconds),
            "slowest": max(self.seconds),
            "in the open, s": statistics.median(self.open_s),
            "error of the sum": max(self.errors),
            "MB to the clients": sum(step.received_bytes for step in last) / 1e6,
            "MB from the clients": sum(step.sent_bytes for step in last) / 1e6,
        }


def measure(quick: bool, say: Say) -> Result:
    """Rounds of 8 clients with 1 million weights; `quick` takes a tenth of the weights and fewer rounds."""
    size = 100_000 if quick else 1_000_000
    masks = _rounds("masks", _masks, size, 3 if quick else 7, say)
    sums = _rounds("CKKS", _sums, size, 1 if quick else 3, say)
    checks = [
        at_most("largest error of the sum over the survivors", max(masks.errors), ERROR),
        at_most("slowest round", max(masks.seconds), SECONDS, "s"),
        at_most("largest error of the homomorphic sum over the survivors", max(sums.errors), CIPHER_ERROR),
    ]
    notes = ["The updates are drawn, not trained; drawing them is part of all times. One client drops out. Bytes to the clients hold the model, which here is of float64."]
    return Result("secure", [masks.row("masks", size), sums.row("CKKS", size)], checks, notes)


def _rounds(name: str, build: Callable[[ClientApp, InProcessGrid, Callable[[Step], None]], SumGrid], size: int, rounds: int, say: Say) -> _Measured:
    found, app = _Measured(), _app(size)
    plain = InProcessGrid(app, client_contexts(CLIENTS), shares=compute.shares(CLIENTS))
    hidden = build(app, plain, found.steps.append)
    survivors = [client for client in range(CLIENTS) if client != DROPPED]
    for number in range(1, rounds + 1):
        expected = np.sum([update(number, client, size) for client in survivors], axis=0)
        start = time.perf_counter()
        (reply,) = hidden.send_and_receive(_orders(number, size))
        found.seconds.append(time.perf_counter() - start)
        mean = messages.read_train_reply(reply).arrays["w"]
        found.errors.append(float(np.abs(mean * len(survivors) - expected).max()))
        start = time.perf_counter()
        combine = WeightedMean()
        combine.begin({"w": np.zeros(size)})
        for reply in plain.send_and_receive(_orders(number, size)):
            if not reply.has_error():
                combine.add(messages.client_of(reply.metadata.src_node_id), messages.read_train_reply(reply).arrays, 1.0)
        combine.result()
        found.open_s.append(time.perf_counter() - start)
        say(f"{name}, round {number}: {found.seconds[-1]:.2f} s, in the open {found.open_s[-1]:.2f} s, error {found.errors[-1]:.1e}")
    return found


def _masks(app: ClientApp, plain: InProcessGrid, on_step: Callable[[Step], None]) -> SumGrid:
    protect(app, SecureSettings(THRESHOLD, even=True), lambda number, client: seeded(seeds.derive(0, "bench", number, client)))
    return SecureGrid(plain, THRESHOLD, on_step)


def _sums(app: ClientApp, plain: InProcessGrid, on_step: Callable[[Step], None]) -> SumGrid:
    keys = ckks.Keys()
    encrypting(app, keys, CipherSettings(CLIENTS, even=True))
    return CipherGrid(plain, keys.parameters(), 2, on_step)


def update(number: int, client: int, size: int) -> NDArray[np.float64]:
    """What a client sends in a round [size]: normally distributed, a hundredth wide."""
    return 0.01 * seeds.generator(0, "update", number, client).standard_normal(size)


def _app(size: int) -> ClientApp:
    app = ClientApp()

    @app.train()
    def _train(message: Message, context: Context) -> Message:
        client, number = int(context.node_config[wire.PARTITION]), messages.read_train(message).round
        if client == DROPPED:
            raise RunError("This client drops out.")
        return messages.train_reply(message, {"w": update(number, client, size)}, FitResult(1, (), 0.0))

    return app


def _orders(number: int, size: int) -> list[Message]:
    record = messages.array_record({"w": np.zeros(size)})
    settings = ConfigRecord({**messages.settings_record(FitSettings()), wire.ROUND: number})
    return [
        Message(RecordDict({wire.ARRAYS: record, wire.CONFIG: settings}), dst_node_id=messages.node_of(client), message_type=messages.TRAIN, group_id=str(number))
        for client in range(CLIENTS)
    ]

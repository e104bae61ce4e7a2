"""What secure aggregation costs: a round of clients that do not train but send random updates, one of which drops out after sharing its secrets.

Timed from the orders to the mean in this process, with as many clients at a time as there are cores, and beside it the same round without masks. The
error is the largest difference of the sum over the survivors from the sum of their updates in float64.
"""

import statistics
import time
from typing import Any

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
from fedviz.federation.secure.client import SecureSettings, protect
from fedviz.federation.secure.keys import seeded
from fedviz.federation.secure.server import SecureGrid
from fedviz.federation.secure.sums import Step
from fedviz.federation.task import FitResult, FitSettings
from fedviz.models import compute

CLIENTS, DROPPED, THRESHOLD = 8, 3, 6
ERROR, SECONDS = 1e-5, 3.0


def measure(quick: bool, say: Say) -> Result:
    """Rounds of 8 clients with 1 million weights; `quick` takes a tenth of the weights and fewer rounds."""
    size, rounds = (100_000, 3) if quick else (1_000_000, 7)
    steps: list[Step] = []
    app = _app(size)
    protect(app, SecureSettings(THRESHOLD, even=True), lambda number, client: seeded(seeds.derive(0, "bench", number, client)))
    plain = InProcessGrid(app, client_contexts(CLIENTS), shares=compute.shares(CLIENTS))
    secure = SecureGrid(plain, THRESHOLD, steps.append)
    survivors = [client for client in range(CLIENTS) if client != DROPPED]
    errors, masked_s, open_s = [], [], []
    for number in range(1, rounds + 1):
        expected = np.sum([update(number, client, size) for client in survivors], axis=0)
        start = time.perf_counter()
        (reply,) = secure.send_and_receive(_orders(number, size))
        masked_s.append(time.perf_counter() - start)
        mean = messages.read_train_reply(reply).arrays["w"]
        errors.append(float(np.abs(mean * len(survivors) - expected).max()))
        start = time.perf_counter()
        combine = WeightedMean()
        combine.begin({"w": np.zeros(size)})
        for reply in plain.send_and_receive(_orders(number, size)):
            if not reply.has_error():
                combine.add(messages.client_of(reply.metadata.src_node_id), messages.read_train_reply(reply).arrays, 1.0)
        combine.result()
        open_s.append(time.perf_counter() - start)
        say(f"round {number}: {masked_s[-1]:.2f} s, without masks {open_s[-1]:.2f} s, error {errors[-1]:.1e}")
    last = [step for step in steps if step.round == rounds]
    row: dict[str, Any] = {
        "clients": CLIENTS,
        "dropped": 1,
        "weights": size,
        "s a round": statistics.median(masked_s),
        "slowest": max(masked_s),
        "without masks, s": statistics.median(open_s),
        "error of the sum": max(errors),
        "MB to the clients": sum(step.received_bytes for step in last) / 1e6,
        "MB from the clients": sum(step.sent_bytes for step in last) / 1e6,
    }
    checks = [at_most("largest error of the sum over the survivors", max(errors), ERROR), at_most("slowest round", max(masked_s), SECONDS, "s")]
    return Result("secure", [row], checks, ["The updates are drawn, not trained; drawing them is part of both times."])


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

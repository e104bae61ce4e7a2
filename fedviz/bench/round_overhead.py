"""What the federation costs beside training: CPU time per client and round, memory, and seconds against other frameworks.

Flower's Ray simulation and pfl are no requirements of fedviz. They are measured where `FEDVIZ_BENCH_PYTHON`, or this Python, can
import them (`pip install -r requirements-bench.txt`); where not, the result says so.
"""

import gc
import logging
import tempfile
import time
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fedviz.bench import tiny
from fedviz.bench.foreign import answer, lacking, pythons
from fedviz.bench.report import Check, Result, Say, at_least, at_most
from fedviz.core.config import RunConfig
from fedviz.core.events import RunStarted
from fedviz.core.registry import STRATEGIES
from fedviz.core.types import ClientInfo

LIMIT_MS = 5.0
LIMIT_RAY = 20.0
MEGABYTE = 250_000  # float32 weights


class Bare:
    """An experiment without texts whose clients are a given Flower app: what a run costs when training costs nothing."""

    def __init__(self, clients: int, rounds: int, initial: dict[str, NDArray[Any]], app: Any) -> None:
        self.config = RunConfig.parse({"scenario": "toy", "model": "toy", "federation": {"clients": clients, "rounds": rounds, "compare": False}})
        self.initial = initial
        self._app = app

    def strategy(self) -> Any:
        """FedAvg."""
        federation = self.config.federation
        return STRATEGIES.get("fedavg").build(federation.strategy, federation, 0)

    def app(self, on_batch: Any) -> Any:
        """The clients."""
        return self._app

    def started(self, first_round: int) -> RunStarted:
        """What stands."""
        federation = self.config.federation
        clients = tuple(ClientInfo(index=k, name=f"Client {k}", train_examples=64, test_examples=64) for k in range(federation.clients))
        size = sum(values.size for values in self.initial.values())
        return RunStarted(
            rounds=federation.rounds, first_round=first_round, classes=("0", "1", "2", "3"), clients=clients, trainable_parameters=size,
            total_parameters=size, message_bytes=4 * size,
        )  # fmt: skip


def echo_app() -> Any:
    """Clients that send back what they got, as a learner would: a copy in, a copy out."""
    from flwr.app import Context, Message
    from flwr.clientapp import ClientApp

    from fedviz.federation import messages
    from fedviz.federation.task import Evaluation, FitResult

    app = ClientApp()

    @app.train()
    def train(message: Message, context: Context) -> Message:
        arrays = {name: values.copy() for name, values in messages.read_train(message).arrays.items()}
        return messages.train_reply(message, arrays, FitResult(64, (), 0.5))

    @app.evaluate()
    def evaluate(message: Message, context: Context) -> Message:
        messages.read_evaluate(message)
        return messages.evaluate_reply(message, Evaluation(64, 32.0, np.eye(4, dtype=np.int64) * 16))

    return app


def measure(quick: bool, say: Say) -> Result:
    """The measurement; `quick` uses fewer rounds and repetitions."""
    logging.getLogger("flwr").setLevel(logging.ERROR)
    rows, checks, notes = [], [], []
    say("CPU time per client and round at 1 MB of weights")
    # the least of several short runs: what other programs take from the processor's caches only ever adds
    bare_ms, whole_ms = (min(_overhead_ms(4, folder) for _ in range(5 if quick else 20)) for folder in (False, True))
    rows.append(_row("fedviz, loop, drift and journal, 1 MB", bare_ms, "CPU ms per client and round"))
    rows.append(_row("the same and every checkpoint written, 1 MB", whole_ms, "CPU ms per client and round"))
    checks.append(at_most("CPU time per client and round at 1 MB, checkpoints included", whole_ms, LIMIT_MS, "ms"))
    say("Peak memory with 4 and with 40 clients at 1 MB of weights")
    few, many = _peak_mb(4), _peak_mb(40)
    rows += [_row("peak memory, 4 clients", few, "MB"), _row("peak memory, 40 clients", many, "MB")]
    checks.append(at_most("peak memory with 40 clients over that with 4", many - few, 5.0, "MB"))
    say("8 clients x 10 rounds of a tiny model")
    ours = [_ours(10) for _ in range(3)]
    seconds = sorted(one["seconds"] for one in ours)[1]
    rows.append(_row("fedviz, in process, tiny model", seconds, "s"))
    checks += _against(rows, notes, ours[0], seconds, quick, say)
    return Result("round_overhead", rows, checks, notes)


def _row(what: str, value: float | None, unit: str, ratio: float | None = None) -> dict[str, Any]:
    return {"what": what, "value": value, "unit": unit, "times fedviz": ratio}


def _against(rows: list[dict[str, Any]], notes: list[str], ours: dict[str, float], seconds: float, quick: bool, say: Say) -> list[Check]:
    checks = [at_least("accuracy of the tiny model", ours["accuracy"], 0.8)]
    for name, title, floor in (("ray", "Flower's Ray simulation", LIMIT_RAY), ("pfl", "pfl", None)):
        say(f"The same under {title}")
        found = _other(name, 10)
        if isinstance(found, str):
            notes.append(f"{title} was not measured: {found}")
            if floor is not None and not quick:  # a figure that is stated must be measured
                checks.append(Check(f"times faster than {title}", 0.0, "not measured", False))
            continue
        rows.append(_row(f"{title}, tiny model", found["seconds"], "s", found["seconds"] / seconds))
        if found["rounds_s"] != found["seconds"]:
            rows.append(_row(f"{title}, its rounds alone", found["rounds_s"], "s", found["rounds_s"] / seconds))
        if floor is not None:
            checks.append(at_least(f"times faster than {title}", found["seconds"] / seconds, floor))
        checks.append(at_most(f"difference of accuracy to {title}", abs(found["accuracy"] - ours["accuracy"]), 0.03))
    return checks


def _ours(rounds: int) -> dict[str, float]:
    """Whole runs with journal and checkpoints on disk."""
    from fedviz.federation.rounds import Hooks, Rounds
    from fedviz.runs.checkpoint import Checkpoints
    from fedviz.runs.journal import JournalWriter

    experiment = Bare(tiny.CLIENTS, rounds, {"w": np.zeros((tiny.FEATURES, tiny.CLASSES), np.float32)}, tiny.client_app())
    with tempfile.TemporaryDirectory() as place, JournalWriter(Path(place) / "journal.jsonl") as journal:
        kept = Checkpoints(Path(place) / "checkpoints")
        start = time.perf_counter()
        ended = Rounds(experiment, Hooks(emit=journal.append, save=kept.save_state, keep_client=kept.save_client)).run()  # type: ignore[arg-type]
        seconds = time.perf_counter() - start
    return {"seconds": seconds, "accuracy": tiny.accuracy(ended.state.arrays["w"])}


def _overhead_ms(rounds: int, folder: bool) -> float:
    """CPU milliseconds of this process per client and round, training and evaluation messages together."""
    from fedviz.federation.rounds import Hooks, Rounds
    from fedviz.runs.checkpoint import Checkpoints
    from fedviz.runs.journal import JournalWriter

    clients = 8
    rng = np.random.default_rng(0)
    initial = {f"layer.{k}": rng.standard_normal((100, MEGABYTE // 1000)).astype(np.float32) for k in range(10)}
    experiment = Bare(clients, rounds, initial, echo_app())
    with tempfile.TemporaryDirectory() as place, JournalWriter(Path(place) / "journal.jsonl") as journal:
        kept = Checkpoints(Path(place) / "checkpoints")
        hooks = Hooks(emit=journal.append, save=kept.save_state, keep_client=kept.save_client) if folder else Hooks(emit=journal.append)
        start = time.process_time()
        Rounds(experiment, hooks).run()  # type: ignore[arg-type]
        return (time.process_time() - start) / (clients * rounds) * 1000


def _peak_mb(clients: int) -> float:
    """Peak of traced memory over one round, in MB."""
    from fedviz.federation.rounds import Hooks, Rounds

    experiment = Bare(clients, 1, {"w": np.zeros(MEGABYTE, np.float32)}, echo_app())
    gc.collect()
    tracemalloc.start()
    Rounds(experiment, Hooks()).run()  # type: ignore[arg-type]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak / 1e6


def _other(name: str, rounds: int) -> dict[str, float] | str:
    """The measurement under another framework, in a process of its own; or why there is none."""
    if why := lacking(name):
        return why
    try:
        return answer([next(pythons()), "-m", "fedviz.bench.tiny", name, str(rounds)])
    except ValueError as error:
        return f"it did not run ({error})."

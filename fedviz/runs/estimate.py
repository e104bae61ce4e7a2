"""What a run will cost, before it starts: seconds, memory, bytes on the wire, training steps.

Bytes are exact: the arrays' names and shapes, and the keys of the records, follow from the configuration. Seconds come from counting
multiplications and from how fast a core of this machine multiplies matrices (timed once per process, some milliseconds), corrected by how
the newest finished run with the same model section compared with its own count. Memory is a count of what is held, plus the libraries.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from fedviz.core.config import RunConfig
from fedviz.core.errors import FedvizError
from fedviz.core.registry import COMPRESSION, OBJECTIVES, PRIVACY, SCENARIOS, STRATEGIES
from fedviz.core.seeds import derive
from fedviz.core.types import Timing
from fedviz.federation.fleet import Fleet
from fedviz.federation.secure.ckks import chunks
from fedviz.federation.strategies.schedule import schedule_of
from fedviz.federation.stream import window
from fedviz.federation.traffic import traffic, travelling, update_bytes
from fedviz.models import compute
from fedviz.runs.folder import RunFolder, list_runs, runs_root, view_of
from fedviz.runs.sizes import Sizes, added_shapes, encoder, sizes, trained_shapes, weights

EVALUATION_BATCH = 64
PLANNED = 10
"""So many rounds are planned in virtual time to tell what one takes."""
MOST_PLANNED = 4000
"""Orders to clients that are planned at most to tell how many answers arrive."""
_LIBRARIES_BYTES = 700 << 20
_LOAD_S = {"minilm": 2.0, "toy": 0.1, "smollm2": 2.0, "e5-small": 3.0}
_STEP_S = {"head": 0.001, "lora": 0.004, "full": 0.02}
"""Time of a training step beside its multiplications: Python, optimiser, small operations."""
_CIPHER_S = 0.01
"""Time of a ciphertext of homomorphic sums: encrypted, written, read and added. Clients take turns, since the library holds on to the interpreter."""
_EFFICIENCY = 0.7
"""Share of the speed of one large product that the model's smaller ones reach."""
_CHARACTERS_PER_TOKEN = {"minilm": 4.0, "toy": 7.0, "smollm2": 4.2, "e5-small": 3.0}
_CHINESE_PER_TOKEN = 1.2


_ADDED = 6
"""Copies of what is added to frozen matrices: in the model, before and after a round on the server, and in the sums between."""


@dataclass(frozen=True)
class Estimate:
    """`seconds` on this machine, `memory_bytes` of the process at its peak, `up_bytes` from and `down_bytes` to the clients over the
    whole run, `steps` of all clients' training; `basis` says where the seconds come from; `epsilon`: what all
    rounds spend of every client's privacy, None where nothing is promised, and `noise`: how many
    times as long as the longest update (or mean gradient) the noise is that the mean of a round (or step) gets for it."""

    seconds: float
    memory_bytes: int
    up_bytes: int
    down_bytes: int
    steps: int
    trainable_parameters: int
    basis: Literal["a former run", "a speed test"]
    epsilon: float | None = None
    noise: float = 0.0
    round_s: float | None = None
    """Virtual seconds of a round, the mean of the first ones; None where nothing arrives in one of them."""


@dataclass(frozen=True)
class Work:
    """The parts of a run in seconds, as counted: before the rounds, the rounds themselves, and the comparison after them."""

    prepare_s: float
    rounds_s: float
    compare_s: float


def estimate(config: RunConfig, root: Path | None = None) -> Estimate:
    """The estimate for a configuration. Raises `CarrierError` where the data that it must count is not fetched."""
    found = sizes(config)
    shapes = trained_shapes(config, found)
    trained = weights(shapes)
    counted = work(config, found)
    factor = _correction(config, runs_root(root))
    up, down = wire_bytes(config, found)
    guard = PRIVACY.get(config.privacy.name).build(config.privacy, config.federation, config.seed, found.train)
    spent = guard.spent(config.federation.rounds) if guard else None
    return Estimate(
        seconds=counted.prepare_s + (counted.rounds_s + counted.compare_s) * (factor or 1.0),
        memory_bytes=memory(config, found),
        up_bytes=up,
        down_bytes=down,
        steps=_steps(config, found),
        trainable_parameters=trained,
        basis="a speed test" if factor is None else "a former run",
        epsilon=spent and spent.epsilon,
        noise=spent.noise * _sent(config, found) ** 0.5 / spent.clip_norm if spent else 0.0,
        round_s=virtual_s(config, found),
    )


def _fleet(config: RunConfig, found: Sizes) -> Fleet:
    """The devices of the run. Classes are not counted apart: availability by data counts as always there."""
    return Fleet(config, np.array(found.train)[:, None], traffic(config, _trained(config, found), found.classes))


def _planned(fleet: Fleet) -> Iterator[Timing]:
    """The rounds of a run in virtual time, one after the other."""
    federation, seed = fleet.config.federation, derive(fleet.config.seed, "federation")
    rounds = range(1, federation.rounds + 1)
    if STRATEGIES.get(federation.strategy.name).asynchronous:
        schedule = schedule_of(fleet, federation.answers, seed)
        return (schedule.flush(number).timing(fleet) for number in rounds)
    return (fleet.timing(number, fleet.plan(number, fleet.sample(number, seed))) for number in rounds)


def virtual_s(config: RunConfig, found: Sizes) -> float | None:
    """What a round takes in virtual time, over the first `PLANNED` rounds."""
    timings = list(islice(_planned(_fleet(config, found)), PLANNED))
    arrived = all(any(lane.share > 0 for lane in timing.lanes) for timing in timings)
    return sum(timing.elapsed_s for timing in timings) / len(timings) if arrived else None


def wire_bytes(config: RunConfig, found: Sizes) -> tuple[int, int]:
    """Bytes (up, down) of all messages of the run: also orders to clients that then leave, are late or are not needed, and no answers of these.

    Under secure aggregation clients count that drop out, as if they had gone through the whole protocol.
    """
    fleet, federation = _fleet(config, found), config.federation
    each, evaluations = fleet.traffic, federation.clients * (federation.rounds + 1)
    first, asked, answered = _messages(fleet)
    less, rounds = sum(each.less) / max(1, len(each.less)), federation.rounds
    up = each.answer * answered + round(each.even * answered * (rounds // 2) / rounds - less * answered) + each.evaluated * evaluations + each.round_up * federation.rounds
    return up, round(-less * asked) + each.first * first + each.order * (asked - first) + each.evaluate * evaluations + each.round_down * federation.rounds


def _messages(fleet: Fleet) -> tuple[int, int, int]:
    """How many clients are asked in the first round and in all, and how many answers arrive; planned only where something can come between.

    Of a run of more than `MOST_PLANNED` orders the first rounds are planned, and the others count as these do on average.
    """
    config, federation = fleet.config, fleet.config.federation
    participation, asynchronous = config.participation, STRATEGIES.get(federation.strategy.name).asynchronous
    unsteady = participation.over_selection or participation.dropout or participation.late_joiners or federation.faulty_clients or config.network.deadline_s
    if not unsteady and not asynchronous and participation.availability.name in ("always", "data"):  # type: ignore[attr-defined]
        return federation.participants, federation.participants * federation.rounds, federation.participants * federation.rounds
    lanes = [timing.lanes for timing in islice(_planned(fleet), max(1, MOST_PLANNED // federation.clients))]
    asked = list(map(len, lanes))
    answered = sum(asked) if federation.secure_aggregation else sum(fleet.answers(lane) for one in lanes for lane in one)
    return asked[0], round(sum(asked) * federation.rounds / len(lanes)), round(answered * federation.rounds / len(lanes))


def _trained(config: RunConfig, found: Sizes) -> dict[str, NDArray[np.float32]]:
    """Every trained array by name, of zeros that take no memory."""
    return {name: np.broadcast_to(np.float32(0), shape) for name, shape in (trained_shapes(config, found) | added_shapes(config)).items()}


def _sent(config: RunConfig, found: Sizes) -> int:
    """How many weights travel."""
    return sum(values.size for values in travelling(config, _trained(config, found)).values())


def work(config: RunConfig, found: Sizes) -> Work:
    """The seconds of a run as counted from multiplications, with the machine's speed."""
    options, federation, size = config.model, config.federation, encoder(config)
    tuning, depth = options.tuning, size.layers  # type: ignore[attr-defined]
    tokens = _tokens(config, found)
    top = {"head": 0, "lora": min(getattr(options, "lora_layers", 0), depth), "full": depth}[tuning]
    layer_s = 2 * tokens * size.layer_weights / (speed() * _EFFICIENCY)
    cached = options.cache and tuning != "full"  # type: ignore[attr-defined]
    below_s = 0.0 if cached else (depth - top) * layer_s
    head_s = 2 * OBJECTIVES.get(config.objective.name).answers(config.objective, tokens) * size.vocabulary * size.width / (speed() * _EFFICIENCY)
    forward_s = below_s + top * layer_s + head_s
    train_s = forward_s + (top * layer_s + head_s) * (2 if tuning == "full" else 1)
    texts, tests = sum(found.train), sum(found.test)
    epochs, batch = _local(config, found)
    singly = PRIVACY.get(config.privacy.name).text_by_text
    epoch_s = texts * train_s + _STEP_S[tuning] * sum(n if singly else -(-n // batch) for n in found.train)
    share = federation.answers / federation.clients
    evaluate_s = (tests + sum(found.held)) * forward_s + federation.clients * _STEP_S[tuning]
    passes = federation.rounds * epochs * share
    strategy, plain = STRATEGIES.get(federation.strategy.name), epochs * _mean_steps(config, found)
    beside = strategy.extra_steps(federation.strategy, epochs, plain) / max(plain, 1)
    tested = 1 + strategy.personal + share * federation.watch_local
    ciphers = chunks(_sent(config, found) + 2) * federation.answers if federation.secure_aggregation and federation.secure_protocol == "ckks" else 0
    at_once, all_at_once, cores = (min(jobs, compute.cores()) for jobs in (federation.answers, federation.clients, compute.cores()))
    return Work(
        prepare_s=_LOAD_S.get(options.name, 1.0) + (texts + tests + sum(found.held)) * (depth - top) * layer_s * cached / cores,  # type: ignore[attr-defined]
        rounds_s=(1 + beside) * passes * epoch_s / at_once + (federation.rounds + 1) * tested * evaluate_s / all_at_once + federation.rounds * ciphers * _CIPHER_S,
        compare_s=(max(1.0, 2 / all_at_once) * passes * epoch_s + evaluate_s + 2 * evaluate_s / all_at_once) * federation.compare,
    )


@lru_cache(maxsize=1)
def speed() -> float:
    """Multiply-adds times two per second and core of a float32 product of the model's usual size, best of several, timed once per process."""
    compute.one_thread_for_numpy()
    a, b = np.ones((512, 384), np.float32), np.ones((384, 1536), np.float32)
    best = float("inf")
    for _ in range(6):
        start = time.perf_counter()
        a @ b
        best = min(best, time.perf_counter() - start)
    return 2 * a.size * b.shape[1] / best


def _steps(config: RunConfig, found: Sizes) -> int:
    federation = config.federation
    return round(_mean_steps(config, found) * federation.answers * federation.rounds * _local(config, found)[0])


def _mean_steps(config: RunConfig, found: Sizes) -> float:
    """Steps of an epoch of a client that takes part, on average over clients and rounds, which may have more and more texts."""
    there = [n for k, n in enumerate(found.train) if k not in config.federation.absent_clients]
    _epochs, batch = _local(config, found)
    rounds = range(1, config.federation.rounds + 1) if config.participation.drift != "none" else (1,)
    held = [end - start for number in rounds for start, end in (window(config, n, number) for n in there)]
    return sum(-(-n // batch) for n in held) / len(held)


def _local(config: RunConfig, found: Sizes) -> tuple[int, int]:
    """Epochs of a client in a round, and texts in a step of it."""
    federation = config.federation
    one_step = STRATEGIES.get(federation.strategy.name).one_step
    return (1, max(*found.train, 1)) if one_step else (federation.local_epochs, federation.batch_size)


def _tokens(config: RunConfig, found: Sizes) -> float:
    """Tokens of a text that are computed, padding included where it is."""
    options = config.model
    chinese = SCENARIOS.get(config.scenario.name).language == "zh"
    real = min(options.max_tokens, 2 + found.characters / (_CHINESE_PER_TOKEN if chinese else _CHARACTERS_PER_TOKEN.get(options.name, 4.0)))  # type: ignore[attr-defined]
    return real if options.bucket else options.max_tokens  # type: ignore[attr-defined]


def memory(config: RunConfig, found: Sizes) -> int:
    """Bytes of the whole process at its peak, as counted."""
    trained = weights(trained_shapes(config, found))
    options, size = config.model, encoder(config)
    tokens = _tokens(config, found)
    texts = sum(found.train) + sum(found.test) + sum(found.held)
    per_text = {"head": size.width, "lora": size.width * tokens, "full": 0}[options.tuning] * options.cache  # type: ignore[attr-defined]
    kept = {"head": 1, "lora": max(1, getattr(options, "lora_layers", 1)), "full": size.layers}[options.tuning]  # type: ignore[attr-defined]
    # what a step keeps of every layer through which it goes back; a gated layer keeps two more of its inner vectors
    activations = _local(config, found)[1] * tokens * kept * (10 * size.width + (4 if size.family == "llama" else 2) * size.inner)
    base = size.parameters
    strategy = STRATEGIES.get(config.federation.strategy.name)
    compression = config.federation.compression
    compressed = COMPRESSION.get(compression.name).remembered(compression)
    remembered = (compressed + strategy.remembered) * config.federation.clients + strategy.kept(config.federation.strategy)
    # trained weights: of each client that trains now its model, gradients, two moments and update; on the server the old, the new and the float64 sums of the mean; and what clients and server remember
    held = 4 + 5 * min(config.federation.answers, compute.cores())
    at_home = config.federation.clients * max(0, trained - _sent(config, found))
    hidden = (min(config.federation.answers, 2 * compute.cores()) + 2) * update_bytes(config, _trained(config, found)) * config.federation.secure_aggregation
    # hidden: answers that wait, and the sum
    return int(_LIBRARIES_BYTES + hidden + 4 * (texts * per_text + activations + base + (held + remembered) * trained + at_home + _ADDED * weights(added_shapes(config))))


def _correction(config: RunConfig, root: Path) -> float | None:
    """How much slower than counted the newest finished run with the same model section was."""
    for row in list_runs(root)[:20]:
        if row.status != "finished":
            continue
        folder = RunFolder(root / row.id)
        factor = _measured(str(folder.path))
        if factor is not None and factor[0] == config.model:
            return factor[1]
    return None


@lru_cache(maxsize=64)
def _measured(path: str) -> tuple[object, float] | None:
    folder = RunFolder(Path(path))
    try:
        done, view = folder.config(), view_of(folder)
        counted = work(done, sizes(done)).rounds_s
    except FedvizError:
        return None
    measured = sum(ended.elapsed_s for ended in view.rounds)
    return (done.model, min(10.0, max(0.1, measured / counted))) if counted > 0 and measured > 0 else None

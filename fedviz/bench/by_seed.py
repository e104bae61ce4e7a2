"""A long measurement, seed by seed: all work of a seed is done by one process, which so encodes the texts that its parts share once."""

import multiprocessing
import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import ExitStack
from multiprocessing.connection import wait
from typing import TypeVar

from fedviz.bench.report import Say
from fedviz.models import compute

Part = TypeVar("Part")


def measure_all(measured: Callable[[Part, int], None], waiting: Sequence[tuple[Part, int]], words: Callable[[Part], str], say: Say) -> None:
    """`measured(part, seed)` for all that waits, in its order, a process with one thread on each core; `words` are what a part is called when it is done.

    The first error ends all: what has not begun is dropped, and the error raised.
    """
    import torch

    with ExitStack() as running:
        pools = [running.enter_context(ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), _begin)) for _ in range(torch.get_num_threads())]  # a small model trains no faster on two threads
        started = {pools[seed % len(pools)].submit(measured, part, seed): (part, seed) for part, seed in waiting}
        try:
            for number, done in enumerate(as_completed(started), 1):
                done.result()
                part, seed = started[done]
                say(f"{number}/{len(started)} {words(part)}, seed {seed}")
        except BaseException:
            for pool in pools:
                pool.shutdown(wait=False, cancel_futures=True)  # else leaving the block would measure all the rest first
            raise


def _begin() -> None:
    """In each process: one thread, and an end as soon as the process that asked has gone, however it went; else a measurement that was killed would go on unseen."""
    compute.take(1)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=lambda: (wait([parent.sentinel]), os._exit(1)), daemon=True).start()

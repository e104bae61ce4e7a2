"""How the cores are shared: as many jobs side by side as there are cores, rather than one job on all of them.

A client's training step is many small products, which two threads do hardly faster than one; two clients on a core each are done a third
sooner, wait for nobody else's thread, and a browser that draws on one of the cores slows that one down and not both.
"""

import os
from functools import lru_cache
from typing import NamedTuple

import psutil


class Shares(NamedTuple):
    """`workers` jobs at a time, with `threads` threads of torch for each of them."""

    workers: int
    threads: int


@lru_cache(maxsize=1)
def cores() -> int:
    """Cores that this process may use: `OMP_NUM_THREADS` where somebody has set it, else the physical ones among those it is allowed."""
    said = os.environ.get("OMP_NUM_THREADS", "")
    if said.isdigit() and int(said):
        return int(said)
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(allowed, psutil.cpu_count(logical=False) or allowed)


def shares(jobs: int) -> Shares:
    """How many of so many equal jobs run at once, and with how many threads each."""
    workers = max(1, min(jobs, cores()))
    return Shares(workers, max(1, cores() // workers))


def take(threads: int) -> None:
    """Give the calling thread, and those that begin to compute later, so many threads of torch."""
    import torch

    torch.set_num_threads(threads)


@lru_cache(maxsize=1)
def one_thread_for_numpy() -> None:
    """NumPy's products on one thread from here on: its threads spin for a while after each, on cores that training could use."""
    from threadpoolctl import ThreadpoolController

    ThreadpoolController().select(internal_api="openblas").limit(limits=1)

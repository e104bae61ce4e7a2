"""The work orders of five machines, cut by time: what a machine had first is for training, what it had last for the test."""

from functools import lru_cache
from typing import NamedTuple

from fedviz.carriers.derived import derived_path, load_derived
from fedviz.carriers.store import carrier_path

MACHINES = ("A", "B", "C", "D", "E")
TRAIN_SHARE = 0.75


class Order(NamedTuple):
    """A work order: machine, ISO date, short text, functional location in capitals, cost booked in Australian dollars, and whether it is for the test."""

    machine: str
    date: str
    text: str
    location: str
    cost: float
    test: bool


def orders() -> tuple[Order, ...]:
    """All orders by date. The last quarter of each machine's days of work is for the test: no test order is older than a training order of its machine, and no day is in both parts. `CarrierError` where they are not fetched."""
    carrier_path("excavators")
    return _orders(str(derived_path("excavator-orders")))


@lru_cache(maxsize=2)
def _orders(path: str) -> tuple[Order, ...]:
    """`path` is the key of the cache alone."""
    rows = load_derived("excavator-orders")["orders"]
    dates = {machine: [date for own, date, *_ in rows if own == machine] for machine in MACHINES}
    first = {machine: some[int(TRAIN_SHARE * len(some))] for machine, some in dates.items()}
    return tuple(Order(machine, date, text, location, cost, date >= first[machine]) for machine, date, text, location, cost in rows)

"""What a run took until its global model first reached a target accuracy: nothing is extrapolated where it never did."""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import takewhile

from fedviz.core.i18n import N_
from fedviz.runs.run_view import RunView


@dataclass(frozen=True)
class Reached:
    """The first round whose global model reached the target, and what all rounds until its end took.

    `updates`: answers of clients to training that arrived; `up_bytes`, `down_bytes`: training and its protocol on the wire from and to the clients, rounds
    that were broken off included and tests left out; None where the journal does not tell them. `seconds`, `joules`, `money`: virtual, by the run's
    section Network; None in runs older than that.
    """

    round: int
    updates: int | None
    up_bytes: int | None
    down_bytes: int | None
    seconds: float | None
    joules: float | None
    money: float | None

    @property
    def wire_bytes(self) -> int | None:
        """Both ways."""
        return None if self.up_bytes is None or self.down_bytes is None else self.up_bytes + self.down_bytes


def reached(view: RunView, target: float) -> Reached | None:
    """The costs until the first round in which the accuracy on all test texts is at least `target`, in [0, 1]; None where no round is there yet."""
    number = next((number for number, values in view.global_metrics if values.get("accuracy", -1.0) >= target), None)
    if number is None:
        return None
    timings = [timing for _round, timing in takewhile(lambda pair: pair[0] <= number, view.timings)]
    costs = [sum(getattr(timing, name) for timing in timings) if view.timings else None for name in ("elapsed_s", "joules", "money")]
    return Reached(number, *_passed(view, number), *costs)


def _passed(view: RunView, number: int) -> tuple[int | None, int | None, int | None]:
    """Answers that arrived, bytes from the clients and bytes to them, of training until the end of a round."""
    known = {content.id: content for content in view.contents}
    rows = [row for at, passed in view.passed if at <= number for row in passed]
    if not view.passed or any(row.content not in known for row in rows):
        return None, None, None
    training = [(known[row.content], row) for row in rows if not known[row.content].message.startswith("evaluate")]
    sent = [(content.message, row) for content, row in training if content.direction == "sent"]
    answers = sum(row.messages for message, row in sent if message.startswith("train"))
    return answers, sum(row.bytes for _message, row in sent), sum(row.bytes for content, row in training if content.direction == "received")


@dataclass(frozen=True)
class Cost:
    """One of the costs: its words, and its number."""

    title: str
    of: Callable[[Reached], float | None]


def _mega(amount: int | None) -> float | None:
    return None if amount is None else amount / 1e6


COSTS: dict[str, Cost] = {
    "target_rounds": Cost(N_("Rounds"), lambda one: one.round),
    "target_updates": Cost(N_("Client updates"), lambda one: one.updates),
    "target_mb": Cost(N_("MB both ways"), lambda one: _mega(one.wire_bytes)),
    "target_up_mb": Cost(N_("MB from the clients"), lambda one: _mega(one.up_bytes)),
    "target_s": Cost(N_("Virtual seconds"), lambda one: one.seconds),
    "target_kj": Cost(N_("kJ"), lambda one: None if one.joules is None else one.joules / 1e3),
    "target_money": Cost(N_("Money"), lambda one: one.money),
}
"""The costs until a target is reached, by name."""


def sensible(accuracies: Iterable[float]) -> float:
    """A target that the best of these runs, or cells of them, should have passed some rounds before its end: 90 % of it, down to a multiple of 5 %; one half where there is none."""
    best = max(accuracies, default=None)
    return 0.5 if best is None else max(0.05, math.floor(0.9 * best * 20 + 1e-9) / 20)

"""What `fedviz.runs.contribution` finds, as plain records that a chart and a file can hold."""

from typing import Literal

from fedviz.core.types import Record

Measure = Literal["accuracy", "loss"]


class ClientValue(Record):
    """A client's contribution, in points of accuracy in [-1, 1] or in nats of loss saved, summed over the rounds; `error`: standard error of `shapley`; `rounds`: of those, how many it took part in."""

    client: int
    name: str
    shapley: float
    error: float
    leave_one_out: float
    rounds: int


class Contribution(Record):
    """The contributions of a run. `rounds` were looked at, `left_out` are kept too but were not; `exact` where every subset was evaluated in all of them.

    `gain`: what the models of all clients together gained over the models before, summed over these rounds.
    """

    run_id: str
    measure: Measure
    rounds: tuple[int, ...]
    left_out: tuple[int, ...]
    exact: bool
    orders: int
    evaluations: int
    gain: float
    clients: tuple[ClientValue, ...]

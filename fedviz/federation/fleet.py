"""The clients' devices and links, and what a round takes in virtual time: who is there, who is late, who leaves, who answered first.

Virtual time is computed from the configuration and the seed, so that runs repeat, and nobody waits for it. What does not arrive is not trained at
all: only its story is told. Deadline and over-selection: Bonawitz et al. 2019, Towards Federated Learning at Scale: System Design
(arXiv 1902.01046). Partial work: Li et al. 2020 (FedProx, arXiv 1812.06127).
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from fedviz.core.config import RunConfig
from fedviz.core.registry import AVAILABILITY, STRATEGIES
from fedviz.core.seeds import derive, generator
from fedviz.core.types import Lane, Timing
from fedviz.federation.availability.base import drawn
from fedviz.federation.stream import window
from fedviz.federation.traffic import Traffic

_J_PER_KWH = 3.6e6
_ARRIVED = ("arrived", "partial")


@dataclass(frozen=True)
class Needs:
    """Virtual seconds of a client for one round: until it has the model, until it has trained, until its answer has arrived."""

    down_s: float
    train_s: float
    up_s: float

    @property
    def total_s(self) -> float:
        """All three."""
        return self.down_s + self.train_s + self.up_s


class Fleet:
    """The devices of a run. `counts` [clients, classes]: training texts; `traffic`: what their messages weigh; `entities`: what each client's texts
    name, where clients are chosen by it.

    The steps that a strategy's clients take beside plain training are added here.
    """

    def __init__(self, config: RunConfig, counts: NDArray[np.int64], traffic: Traffic, entities: Sequence[frozenset[str]] = ()) -> None:
        self.config, self.counts, self.traffic, self._entities = config, counts, traffic, entities
        self._seed = derive(config.seed, "fleet")
        network, clients = config.network, config.federation.clients
        availability = config.participation.availability
        self._reach = AVAILABILITY.get(availability.name).build(availability, counts, self._seed)
        slow = np.array([network.slowdown if client in network.stragglers else 1.0 for client in range(clients)])
        self.speeds = self._spread("speeds", network.speed_spread) / slow
        self.links = self._spread("links", network.link_spread)
        self._strategy = STRATEGIES.get(config.federation.strategy.name)
        self._epochs = 1 if self._strategy.one_step else config.federation.local_epochs

    def _spread(self, what: str, deviation: float) -> NDArray[np.float64]:
        """One positive factor for each client; the typical one is 1."""
        return np.exp(deviation * generator(self._seed, what).standard_normal(self.config.federation.clients))

    def there(self, number: int) -> tuple[int, ...]:
        """The clients that can be asked in a round, at least one."""
        draws = generator(self._seed, "there", number).random(self.config.federation.clients)
        return drawn(self._reach(number), draws, self.config.present_at(number))

    def asked(self, number: int) -> int:
        """How many clients are asked in a round: those that are needed, and the over-selection, as far as they are there."""
        wanted = self.config.federation.participants * (1 + self.config.participation.over_selection)
        return max(1, min(math.ceil(wanted - 1e-9), len(self.there(number))))

    def sample(self, number: int, seed: int) -> tuple[int, ...]:
        """The clients that are asked in a round in which all begin at once, in order; `seed` is that of the federation's draws."""
        if not self._entities:
            return sampled(number, seed, self.there(number), self.asked(number))
        return complementary(generator(seed, "sample", number).permutation(self.there(number)), self._entities, self.asked(number))

    def texts(self, client: int, number: int) -> int:
        """How many texts a client trains on in a round."""
        start, end = window(self.config, int(self.counts[client].sum()), number)
        return end - start

    def needs(self, client: int, number: int, examples: int | None = None) -> Needs:
        """What a client needs for a round; `examples`: texts that it trains on (None: all that it holds)."""
        network, held = self.config.network, int(self.counts[client].sum()) if examples is None else examples
        link = float(self.links[client]) * 1e6 / 8
        return Needs(
            network.latency_s + self.traffic.down(number, client) / (network.down_mbit * link),
            self._passes(held) * held * network.text_s / float(self.speeds[client]),
            network.latency_s + self.traffic.up(number, client) / (network.up_mbit * link),
        )

    def _passes(self, texts: int) -> float:
        """How often a client of so many texts goes through them in a round, with the steps that its rule takes beside plain training."""
        federation = self.config.federation
        steps = self._epochs * (1 if self._strategy.one_step else -(-texts // federation.batch_size))
        return self._epochs * (1 + self._strategy.extra_steps(federation.strategy, self._epochs, steps) / max(steps, 1))

    def plan(self, number: int, asked: Sequence[int]) -> tuple[Lane, ...]:
        """What becomes of each client that is asked in a round in which all begin at once, by client."""
        network, participation = self.config.network, self.config.participation
        chance = generator(self._seed, "dropout", number)
        leaves, when = chance.random(self.config.federation.clients), chance.random(self.config.federation.clients)
        lanes = {}
        for client in sorted(asked):
            needs = self.needs(client, number, self.texts(client, number))
            lane = Lane(client=client, start_s=0.0, down_s=needs.down_s, train_s=needs.train_s, up_s=needs.up_s, fate="arrived")
            left_s = float(when[client]) * needs.total_s
            if leaves[client] < participation.dropout and left_s < (network.deadline_s or math.inf):
                lane = cut(lane, left_s, "dropped")
            elif network.deadline_s and needs.total_s > network.deadline_s:
                lane = self._late(lane, needs)
            lanes[client] = lane
        return self._first(lanes)

    def _late(self, lane: Lane, needs: Needs) -> Lane:
        """A client that is slower than the deadline: it sends what it has in time, or is cut off."""
        deadline = self.config.network.deadline_s
        left = deadline - needs.down_s - needs.up_s
        if self.config.network.late == "partial" and left > 0 and needs.train_s > 0:
            return Lane(client=lane.client, start_s=0.0, down_s=needs.down_s, train_s=left, up_s=needs.up_s, fate="partial", share=left / needs.train_s)
        return cut(lane, deadline, "late")

    def _first(self, lanes: dict[int, Lane]) -> tuple[Lane, ...]:
        """With over-selection the first to arrive count; when they are there, the others stop."""
        needed = self.config.federation.participants
        arrived = sorted((lane for lane in lanes.values() if lane.fate in _ARRIVED), key=lambda lane: (lane.end_s, lane.client))
        if self.config.participation.over_selection and len(arrived) >= needed:
            closed = arrived[needed - 1].end_s
            lanes = lanes | {lane.client: cut(lane, closed, "spare") for lane in arrived[needed:]}
            lanes |= {lane.client: cut(lane, closed, "spare") for lane in lanes.values() if lane.fate not in _ARRIVED and lane.end_s > closed}
        return tuple(lanes.values())

    def answers(self, lane: Lane) -> bool:
        """Whether the answer of a client arrives: it is in time, and nothing makes it fail."""
        return lane.fate in _ARRIVED and lane.client not in self.config.federation.faulty_clients

    def timing(self, number: int, lanes: Iterable[Lane], elapsed_s: float | None = None) -> Timing:
        """What a round took and cost. The server waits until the last of its clients has answered or left, or until the deadline.

        Whoever is asked costs the whole order, also who leaves or is stopped; of an answer that never arrives nothing counts.
        """
        lanes, network = tuple(lanes), self.config.network
        elapsed = max((lane.end_s for lane in lanes), default=0.0) if elapsed_s is None else elapsed_s
        sent = sum(self.traffic.down(number, lane.client) + self.traffic.up(number, lane.client) * self.answers(lane) for lane in lanes) + self.traffic.round_up + self.traffic.round_down
        joules = network.device_watts * sum(lane.train_s for lane in lanes) + network.joules_per_mb * sent / 1e6
        money = network.price_per_gb * sent / 1e9 + network.price_per_kwh * joules / _J_PER_KWH
        return Timing(lanes=lanes, elapsed_s=elapsed, bytes=sent, joules=joules, money=money, deadline_s=network.deadline_s)


def sampled(number: int, seed: int, there: Sequence[int], count: int) -> tuple[int, ...]:
    """So many of those that are there, drawn for a round, in order."""
    return tuple(sorted(int(k) for k in generator(seed, "sample", number).choice(there, count, replace=False)))


def complementary(order: Sequence[int], entities: Sequence[frozenset[str]], count: int) -> tuple[int, ...]:
    """`count` of the clients in `order`: the first, and then always who adds most entities, the earlier of equals. In order of number.

    Greedy maximum coverage, within 1 - 1/e of the best (Nemhauser, Wolsey and Fisher 1978).
    """
    left, covered = [int(client) for client in order], set[str]()
    chosen: list[int] = []
    while left and len(chosen) < count:
        client = max(left, key=lambda k: len(entities[k] - covered)) if chosen else left[0]
        left.remove(client)
        chosen.append(client)
        covered |= entities[client]
    return tuple(sorted(chosen))


def cut(lane: Lane, after_s: float, fate: Literal["late", "dropped", "spare"]) -> Lane:
    """A lane that ends early, so many seconds after it began."""
    down = min(lane.down_s, after_s)
    train = min(lane.train_s, after_s - down)
    return Lane(client=lane.client, start_s=lane.start_s, down_s=down, train_s=train, up_s=min(lane.up_s, after_s - down - train), fate=fate, share=0.0)


def reason(lane: Lane, deadline_s: float) -> str:
    """Why nothing of a client arrives, in one sentence; empty where something does."""
    reason = ""
    if lane.fate == "dropped":
        reason = f"This client dropped out of the round after {lane.end_s - lane.start_s:.3g} virtual seconds (`participation.dropout`)."
    if lane.fate == "late":
        reason = f"This client was too slow for the deadline of {deadline_s:g} virtual seconds (`network.deadline_s`)."
    if lane.fate == "spare":
        reason = "Enough other clients answered before this one (`participation.over_selection`)."
    return reason

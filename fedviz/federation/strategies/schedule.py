"""Who works when in an asynchronous federation, in virtual time: so many clients are always at work, and the server moves on at every K-th answer.

Nothing here depends on a weight. It follows from the devices and the seed alone, so that it is known before anything is trained, and a
run that goes on from a checkpoint computes it again instead of remembering it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from fedviz.core.seeds import generator
from fedviz.core.types import Lane, Timing
from fedviz.federation.fleet import Fleet, Needs, cut


@dataclass(frozen=True)
class Work:
    """One training of one client: when it began (virtual seconds from the start of the run), with the global model after how many flushes, and what it needs.

    `leaves_s`: so many seconds after its beginning the client leaves, and its answer never comes; None where it comes.
    """

    client: int
    began_s: float
    version: int
    needs: Needs
    leaves_s: float | None = None

    @property
    def ends_s(self) -> float:
        """When the answer arrives or the client has left, from the start of the run."""
        return self.began_s + (self.needs.total_s if self.leaves_s is None else self.leaves_s)


@dataclass(frozen=True)
class Flush:
    """What lies between two flushes of the buffer: the trainings that ended then, in the order in which they did.

    `number` counts from 1; `in_use`: the versions of the model with which somebody still works when it is over.
    """

    number: int
    start_s: float
    end_s: float
    done: tuple[Work, ...]
    in_use: frozenset[int]

    @property
    def by_client(self) -> dict[int, Work]:
        """The trainings by client; every client has at most one."""
        return {work.client: work for work in sorted(self.done, key=lambda work: work.client)}

    def staleness(self, client: int) -> int:
        """How often the server has moved on between a client's beginning and its answer; 0: not at all."""
        return self.number - 1 - self.by_client[client].version

    def lanes(self) -> tuple[Lane, ...]:
        """The trainings as lanes by client, in seconds from the flush before; who began earlier starts below 0."""
        lanes = []
        for client, work in self.by_client.items():
            needs, start = work.needs, work.began_s - self.start_s
            lane = Lane(client=client, start_s=start, down_s=needs.down_s, train_s=needs.train_s, up_s=needs.up_s, fate="arrived", staleness=self.staleness(client))
            lanes.append(lane if work.leaves_s is None else cut(lane, work.leaves_s, "dropped"))
        return tuple(lanes)

    def timing(self, fleet: Fleet) -> Timing:
        """What lies between the two flushes, with its cost."""
        return fleet.timing(self.number, self.lanes(), self.end_s - self.start_s)


class Schedule:
    """The flushes of a run, computed as far as they are asked for.

    `concurrency`: how many clients work at a time; `buffer`: after how many answers the server moves on; `there(number)`: who can be asked while the
    buffer of that number fills; `needs(client)`: how long a training takes; `dropout`: the probability with which a client leaves before its answer.

    Who is at work, in the buffer, or has left since the last flush is not asked again before the next one, so that a buffer holds one answer of a client
    at most. Where nobody is at work and nobody is left to ask, the buffer is emptied as it is. Of those that end at once the smaller number is first.
    """

    def __init__(
        self, concurrency: int, buffer: int, there: Callable[[int], Sequence[int]], needs: Callable[[int], Needs], dropout: float, seed: int
    ) -> None:
        self._concurrency, self._buffer, self._there, self._needs, self._dropout, self._seed = concurrency, buffer, there, needs, dropout, seed
        self._working: list[Work] = []
        self._flushes: list[Flush] = []
        self._begun = 0

    def flush(self, number: int) -> Flush:
        """The flush of that number, from 1."""
        while len(self._flushes) < number:
            self._flushes.append(self._next(len(self._flushes) + 1))
        return self._flushes[number - 1]

    def _next(self, number: int) -> Flush:
        start = now = self._flushes[-1].end_s if self._flushes else 0.0
        there, done, arrived = self._there(number), list[Work](), 0
        self._begin(number - 1, now, there, done)
        while self._working and arrived < self._buffer:
            first = min(self._working, key=lambda work: (work.ends_s, work.client))
            self._working.remove(first)
            done.append(first)
            now, arrived = first.ends_s, arrived + (first.leaves_s is None)
            if arrived < self._buffer:
                self._begin(number - 1, now, there, done)
        return Flush(number, start, now, tuple(done), frozenset(work.version for work in self._working))

    def _begin(self, version: int, now: float, there: Sequence[int], done: Sequence[Work]) -> None:
        """Let clients begin with the model of a version until enough are at work."""
        busy = {work.client for work in (*self._working, *done)}
        free = [client for client in there if client not in busy]
        while free and len(self._working) < self._concurrency:
            self._begun += 1
            client = free.pop(int(generator(self._seed, "begin", self._begun).integers(len(free))))
            self._working.append(Work(client, now, version, self._needs(client), self._leaves(client)))

    def _leaves(self, client: int) -> float | None:
        if not self._dropout:
            return None
        leaves, when = generator(self._seed, "dropout", self._begun).random(2)
        return float(when) * self._needs(client).total_s if leaves < self._dropout else None


def schedule_of(fleet: Fleet, buffer: int, seed: int) -> Schedule:
    """The schedule of a fleet whose server moves on at every so many answers; `seed` is that of the federation's draws."""
    config = fleet.config
    # an asynchronous strategy sends the same in every round
    return Schedule(config.federation.participants, buffer, fleet.there, lambda client: fleet.needs(client, 1), config.participation.dropout, seed)

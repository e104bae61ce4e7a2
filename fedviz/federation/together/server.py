"""The server: it asks for tags, counts what is equal, decides what may leave, and fuses what the parties then send.

The loop is its own and not `federation.rounds`: that one is made of weights (a strategy, checkpoints, an evaluation after each round), and here nothing is
trained. Grid, messages, books and events are the same, so that the journal of a construction reads like that of a run; a round is one step of the protocol.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

from flwr.app import Message
from flwr.serverapp import Grid

from fedviz.core import events as e
from fedviz.core import seeds
from fedviz.core.errors import FedvizError, RunError
from fedviz.federation import messages
from fedviz.federation.together import wire
from fedviz.federation.together.fusion import Fused, fuse
from fedviz.federation.together.names import Tags
from fedviz.federation.together.options import TogetherOptions
from fedviz.federation.together.release import Budget, held_by

T = TypeVar("T")


@dataclass
class Server:
    """One construction over a grid. `emit(event)` tells what happens; `passed(round)` closes the books of a step and gives the event, or None."""

    grid: Grid
    options: TogetherOptions
    seed: int
    emit: Callable[[e.Event], Any] = lambda event: None
    passed: Callable[[int], e.MessagesPassed | None] = lambda number: None
    _lists: dict[int, list[bytes]] = field(default_factory=dict)
    _directions: dict[str, str] = field(default_factory=dict)

    def run(self) -> Fused:
        """All steps. A party that fails drops out; `RunError` where nobody is left."""
        clients = [messages.client_of(node) for node in self.grid.get_node_ids()]
        if self.options.rule == "consent":
            with self._step(1, clients):
                sent = self._ask(wire.RELEASE, 1, {client: wire.agreement(self.options) for client in clients}, lambda client, reply: wire.read_clear(reply))
            rows = [(client, triple, 0) for client, found in sent.items() for triple in found]
            last = 2
        else:
            released, last = self._released(clients)
            wanted = {client: [place for place, tag in enumerate(tags) if tag in released] for client, tags in self._lists.items()}
            with self._step(last - 1, list(wanted)):
                asked = {client: wire.agreement(self.options) | wire.places(found) for client, found in wanted.items()}
                sent = self._ask(wire.RELEASE, last - 1, asked, lambda client, reply: wire.read_clear(reply, len(wanted[client])))
            lists = self._lists
            rows = [(client, triple, released[lists[client][place]]) for client, found in sent.items() for place, triple in zip(wanted[client], found, strict=True)]
        fused = fuse(rows, self.options)
        with self._step(last, clients):
            self._ask(wire.FUSED, last, {client: dict(wire.fused(fused.told)) for client in clients}, lambda client, reply: True)
        return fused

    def _released(self, clients: Sequence[int]) -> tuple[dict[bytes, int], int]:
        """What may leave: the count by tag, and the number of the last step."""
        with self._step(1, clients):
            offers = self._ask(wire.OFFER, 1, {client: wire.agreement(self.options) for client in clients}, lambda client, reply: wire.read_offer(reply))
        tags = {client: offered for client, (offered, _counts) in offers.items()}
        if self.options.alignment == "blinded":
            tags = self._blinded(tags)
        self._lists = {client: [row.tobytes() for row in rows] for client, rows in tags.items()}
        counts: dict[bytes, int] = {}
        for client, found in self._lists.items():
            for tag, count in zip(found, offers[client][1], strict=True):
                counts[tag] = counts.get(tag, 0) + int(count)
        last = 4 if self.options.alignment == "blinded" else 3
        if self.options.rule == "parties":
            return held_by(counts, self.options.least), last
        budget = Budget(self.options.epsilon, self.options.delta, self.options.most)
        return budget.released(counts, seeds.generator(self.seed, "together", "noise")), last

    def _blinded(self, tags: dict[int, Tags]) -> dict[int, Tags]:
        """Every list of points once through every other party. A party that fails here fails the construction: without its secret no list is complete."""
        ring = sorted(tags)
        with self._step(2, ring):
            for hop in range(1, len(ring)):
                tags = self._hop({ring[(place + hop) % len(ring)]: owner for place, owner in enumerate(ring)}, tags)
        return tags

    def _hop(self, owners: dict[int, int], tags: dict[int, Tags]) -> dict[int, Tags]:
        """Each list through one more party: `owners` says whose list goes through whom."""
        asked = {through: dict(wire.points(tags[owner])) for through, owner in owners.items()}
        back = self._ask(wire.BLIND, 2, asked, lambda client, reply: wire.read_points(reply, len(tags[owners[client]])))
        if silent := sorted(set(owners) - set(back)):
            raise RunError(f"Blinding needs the secret of every party that offered, but party {silent[0]} did not answer; start again without it.")
        return {owner: back[through] for through, owner in owners.items()}

    def _ask(self, step: str, number: int, asked: dict[int, dict[str, Any]], read: Callable[[int, Message], T]) -> dict[int, T]:
        """The answers that can be read, by party; `RunError` where there is none."""
        answers: dict[int, T] = {}
        reason = ""
        for reply in self.grid.send_and_receive([wire.question(step, client, number, content) for client, content in asked.items()]):
            client = messages.client_of(reply.metadata.src_node_id)
            if reply.has_error():
                reason = reason or reply.error.reason or ""
                self.emit(e.ClientFailed(round=number, client=client, phase="train", reason=reply.error.reason or ""))
                continue
            try:
                answers[client] = read(client, reply)
            except (FedvizError, LookupError, TypeError, ValueError, AttributeError) as error:
                why = str(error) if isinstance(error, FedvizError) else "its answer cannot be read"
                self.emit(e.ClientFailed(round=number, client=client, phase="train", reason=why[:300]))
        if asked and not answers:
            raise RunError(f"No party answered in the step {step.removeprefix('together_')}" + (f"; the first reason: {reason}" if reason else "."))
        return answers

    @contextmanager
    def _step(self, number: int, clients: Sequence[int]) -> Iterator[None]:
        """A step between its two events, with what passed in it; also where it is broken off."""
        self.emit(e.RoundStarted(round=number, clients=tuple(clients)))
        start = time.perf_counter()
        books: e.MessagesPassed | None = None
        try:
            yield
        finally:
            books = self.passed(number)
            if books is not None:
                self.emit(books)
        elapsed = time.perf_counter() - start
        if books is not None:
            self._directions |= {content.id: content.direction for content in books.contents}
        sent, received = (sum(row.bytes for row in books.rows if self._directions.get(row.content) == way) if books else 0 for way in ("sent", "received"))
        self.emit(e.RoundEnded(round=number, elapsed_s=elapsed, phases_s={"ask": elapsed}, sent_bytes=sent, received_bytes=received, weights_digest=""))

"""One client of a run as its journal tells it: a part of `RunView`."""

from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

from fedviz.core.types import ClientInfo

ClientState = Literal["idle", "training", "evaluating", "sending", "failed", "absent"]


class Span(NamedTuple):
    """What a client did without a break: its state in that time, the round, and from when to when (seconds since the epoch)."""

    state: ClientState
    round: int
    started_at: float
    ended_at: float


@dataclass(frozen=True)
class ClientView:
    """One client so far. Rounds and steps count from 1, losses in nats, bytes over all rounds including repeated ones."""

    info: ClientInfo
    state: ClientState = "idle"
    batches: tuple[tuple[int, int, float], ...] = ()
    """(round, step, loss) of every training step."""
    steps: int = 0
    """Planned steps of the current round; 0 until the first step is done."""
    metrics: tuple[tuple[int, dict[str, float]], ...] = ()
    """(round, name -> value) of the global model on this client's test part."""
    train_metrics: tuple[tuple[int, dict[str, float]], ...] = ()
    """(round, name -> value) of its local training."""
    own: tuple[tuple[int, dict[str, float]], ...] = ()
    """(round, name -> value) of the model that it had just trained, on its own test part; empty where that is not watched."""
    personal: tuple[tuple[int, dict[str, float]], ...] = ()
    """(round, name -> value) of its personal model on its own test part; empty where the strategy has none."""
    sent_bytes: int = 0
    received_bytes: int = 0
    failures: tuple[tuple[int, str], ...] = ()
    spans: tuple[Span, ...] = ()
    """Every time of work, sending or failure that is over; idle times are the gaps."""
    since: float = 0.0
    """When the present state began, in seconds since the epoch."""


def entered(client: ClientView, state: ClientState, at: float, number: int) -> ClientView:
    """The client in a new state; its time in the former one becomes a span, unless it did nothing then."""
    if state == client.state:
        return client
    done = () if client.state in ("idle", "absent") else (Span(client.state, number, client.since, at),)
    return replace(client, state=state, since=at, spans=client.spans + done)

"""Rounds of federated embeddings: FedE averages entities, FedR relations, isolation nothing; pooling is one party that holds everything.

FedE: Chen et al. 2021, FedE: Embedding Knowledge Graphs in Federated Setting (arXiv:2010.12882), eq. 2: an entity's row is the mean over the parties that hold it.
FedR: Zhang et al. 2022, Efficient Federated Learning on Knowledge Graphs via Privacy-preserving Relation Embedding Aggregation (arXiv:2203.09553).
Every party keeps the tables of its own best check, whatever is shared, so that isolation is not at a disadvantage.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from flwr.app import ConfigRecord, Message, MessageType, RecordDict

from fedviz.core import seeds
from fedviz.core.errors import RunError
from fedviz.core.passed import Direction
from fedviz.federation import messages, wire
from fedviz.federation.client_app import client_contexts
from fedviz.federation.embeddings.app import NAMES, embedding_app, ranking_in
from fedviz.federation.embeddings.parties import Party
from fedviz.federation.grid import InProcessGrid
from fedviz.kg.embed.models import ENTITY, RELATION, Tables, model_of
from fedviz.kg.embed.ranking import Ranking
from fedviz.kg.embed.training import EmbedOptions

WAYS: dict[str, tuple[str, ...]] = {"isolation": (), "FedE": (ENTITY,), "FedR": (RELATION,), "FedE and FedR": (ENTITY, RELATION)}
"""What is averaged, by the name of the way."""
Sizes = dict[str, int]


@dataclass(frozen=True, eq=False)
class Federated:
    """What a federation of embeddings came to: `judged` by party; `sent` [party]: the last tables that each sent, as the server saw them; `kept` [party]: its tables at its
    best check; `sent_bytes`, `received_bytes`: all messages to train; `rounds` that were run.
    """

    judged: tuple[Ranking, ...]
    sent: tuple[Tables, ...]
    kept: tuple[Tables, ...]
    up_bytes: int
    down_bytes: int
    rounds: int

    @property
    def mrr(self) -> float:
        """The mean over all held-out triples of all parties."""
        return mean_mrr(self.judged)


def mean_mrr(found: Sequence[Ranking]) -> float:
    """MRR over all ranks of several parties."""
    return sum(each.mrr * each.count for each in found) / max(1, sum(each.count for each in found))


def federate(
    parties: Sequence[Party], sizes: Sizes, shared: Sequence[str], options: EmbedOptions, epochs: int = 2, progress: Callable[[int, int], None] = lambda done, total: None,
    saw: Callable[[int, Message, Direction], object] = lambda party, message, direction: None,
) -> Federated:  # fmt: skip
    """Train until no party's own check grows any more, or `options.epochs` are over. `sizes`: entities and relations of the whole graph; `saw(party, message, direction)` is told
    of every message. `RunError` where a party fails; what `progress` raises ends it.
    """
    model = model_of(options.model)
    server = model.start(sizes[ENTITY], sizes[RELATION], options.width, seeds.derive(options.seed, "embeddings", "server"))
    contexts = client_contexts(len(parties))
    grid = InProcessGrid(
        embedding_app(parties, shared, options, epochs), contexts, lambda party, order: saw(party, order, "received"),
        lambda party, reply: None if reply.has_error() else saw(party, reply, "sent"),
    )  # fmt: skip
    sent: list[Tables] = [{} for _ in parties]
    best, stale, bytes_up, bytes_down, number = [-1.0] * len(parties), 0, 0, 0, 0
    rounds = max(1, options.epochs // epochs)

    def ask(kind: str, number: int) -> list[Message]:
        nonlocal bytes_down, bytes_up
        orders = []
        for place, party in enumerate(parties):
            rows = {NAMES[name]: server[name][party.places[name]] for name in shared}
            content = RecordDict({wire.ARRAYS: messages.array_record(rows), wire.CONFIG: ConfigRecord({wire.ROUND: number})})
            bytes_down += messages.content_bytes(content) if kind == MessageType.TRAIN else 0
            orders.append(grid.create_message(content, kind, messages.node_of(place), str(number)))
        replies = list(grid.send_and_receive(orders))
        for name, reply in enumerate(replies, 1):
            if reply.has_error():
                raise RunError(f"Party {name} failed: {reply.error.reason}")
            bytes_up += messages.content_bytes(reply.content) if kind == MessageType.TRAIN else 0
        return replies

    for number in range(1, rounds + 1):
        sent = [_tables(reply) for reply in ask(MessageType.TRAIN, number)]
        server = averaged(server, parties, sent, shared)
        progress(number, rounds)
        if number % max(1, options.every // epochs) and number < rounds:
            continue
        now = [ranking_in(reply).mrr for reply in ask(wire.EMBED_CHECK, number)]
        stale = 0 if any(new > old for new, old in zip(now, best, strict=True)) else stale + 1
        best = [max(pair) for pair in zip(now, best, strict=True)]
        if stale >= options.patience:
            break
    found = tuple(ranking_in(reply) for reply in ask(wire.EMBED_JUDGE, number))
    kept = tuple(messages.arrays_of(context.state[wire.BEST]) for context in contexts)  # type: ignore[arg-type]
    return Federated(found, tuple(sent), kept, bytes_up, bytes_down, number)


def averaged(server: Tables, parties: Sequence[Party], sent: Sequence[Tables], shared: Sequence[str]) -> dict[str, np.ndarray]:
    """The server's tables after a round: each row the mean over the parties that hold it; rows that nobody holds stay."""
    after = dict(server)
    for name in shared:
        total, holders = np.zeros_like(server[name], dtype=np.float64), np.zeros(len(server[name]))
        for party, tables in zip(parties, sent, strict=True):
            total[party.places[name]] += tables[name]
            holders[party.places[name]] += 1
        mean = total / np.maximum(holders, 1)[:, None]
        after[name] = np.where(holders[:, None] > 0, mean, server[name]).astype(server[name].dtype)
    return after


def _tables(reply: Message) -> Tables:
    rows = messages.arrays_of(reply.content[wire.ARRAYS])  # type: ignore[arg-type]
    return {name: rows[key] for name, key in NAMES.items() if key in rows}

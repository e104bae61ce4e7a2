"""The clients' side over Flower: an app that trains becomes one that also answers the four questions of secure aggregation.

The masked vector is `[weight x update, weight, weight x loss]`, arrays in the order of their names: the server learns the three sums. The
threshold is the client's own setting, not a word of the server.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from math import isnan
from typing import Any

import numpy as np
from flwr.app import ConfigRecord, Context, Message, RecordDict
from flwr.clientapp import ClientApp
from numpy.typing import NDArray

from fedviz.core.errors import RunError
from fedviz.federation import messages, wire
from fedviz.federation.secure import fixed_point, keys
from fedviz.federation.secure.party import Party, PublicKeys, share_bytes

SEEN = 48
"""Values of a vector that a viewer is shown."""


@dataclass(frozen=True)
class Sight:
    """Some values of a client's update, and of what it sends as fractions of the range of its integers or bytes in [-1, 1). For the viewer of a demonstration; it never travels.

    `cipher_bytes`: what the client's ciphertexts weigh, and `head`: the first bytes of them that are no header; none under masks.
    """

    round: int
    client: int
    update: tuple[float, ...]
    masked: tuple[float, ...]
    cipher_bytes: int = 0
    head: bytes = b""


OnSight = Callable[[Sight], None]


@dataclass(frozen=True)
class SecureSettings:
    """What clients and server agree on before a run: how many must help to lift a mask, and whether every client counts the same."""

    threshold: int
    even: bool


def protect(app: ClientApp, settings: SecureSettings, source: Callable[[int, int], keys.Source], on_sight: OnSight = lambda sight: None) -> None:
    """Let an app of clients answer the protocol too. `source(round, client)` gives that client's random bytes.

    A message out of its turn, of a former round or one that makes no sense is refused by an error, and the server counts the client out.
    """
    parties: dict[int, Party] = {}

    def party_of(record: ConfigRecord, context: Context) -> Party:
        party = parties.get(int(context.node_config[wire.PARTITION]))
        if party is None or party.round != record[wire.ROUND]:
            raise RunError(f"A message of secure aggregation is refused: it speaks of round {record[wire.ROUND]}, in which this client has no keys.")
        return party

    @app.query("secure_keys")
    def _keys(message: Message, context: Context) -> Message:
        client, number = int(context.node_config[wire.PARTITION]), int(message.content[wire.SECURE][wire.ROUND])
        if client in parties and parties[client].round >= number:
            raise RunError(f"A message of secure aggregation is refused: it asks for the keys of round {number} again.")
        parties[client] = Party(client, number, settings.threshold, source(number, client))
        public = parties[client].keys()
        return _reply(message, {wire.SEAL_KEYS: public.seal, wire.MASK_KEYS: public.mask})

    @app.query("secure_shares")
    def _shares(message: Message, context: Context) -> Message:
        record = message.content[wire.SECURE]
        party = party_of(record, context)
        listed = zip(record[wire.CLIENTS], record[wire.SEAL_KEYS], record[wire.MASK_KEYS], strict=True)
        sealed = party.shares({client: PublicKeys(seal, mask) for client, seal, mask in listed})
        return _reply(message, {wire.CLIENTS: list(sealed), wire.SEALED: list(sealed.values())})

    @app.train("masked")
    def _masked(message: Message, context: Context) -> Message:
        record = message.content[wire.SECURE]
        party = party_of(record, context)
        party.open(dict(zip(record[wire.CLIENTS], record[wire.SEALED], strict=True)))
        trained = train(app, message, context, settings.even)
        words = party.masked(trained.values(1.0))
        on_sight(Sight(party.round, party.client, some(trained.update), some(fixed_point.decode(words[:-2]) / fixed_point.bound(1))))
        return trained.reply(message, {wire.MASKED: words})

    @app.query("secure_unmask")
    def _unmask(message: Message, context: Context) -> Message:
        record = message.content[wire.SECURE]
        own, mask = party_of(record, context).unmask(list(record[wire.SURVIVORS]))
        values: dict[str, Any] = {wire.SURVIVORS: list(own), wire.OWN_SHARES: _packed(own.values())}
        if mask:  # Flower cannot count the bytes of an empty list
            values |= {wire.CLIENTS: list(mask), wire.KEY_SHARES: _packed(mask.values())}
        return _reply(message, values)


@dataclass(frozen=True, eq=False)
class Trained:
    """What a client has after its training, before it hides it: its update [d], its weight in the mean and its mean loss; `own` is sent in the open, where there is any."""

    update: NDArray[np.float64]
    weight: float
    loss: float
    own: Any

    def values(self, tally: float) -> NDArray[np.float64]:
        """What the server shall learn the sum of [d + 2]: the weighted update, then weight and weighted loss times `tally`."""
        return np.concatenate([self.weight * self.update, [tally * self.weight, tally * self.weight * self.loss]])

    def reply(self, message: Message, hidden: messages.Arrays) -> Message:
        """The answer to the server, with the hidden values as arrays."""
        content = RecordDict({wire.ARRAYS: messages.array_record(hidden)})
        if self.own is not None:  # counts over the client's test texts, in the open as those of the evaluation are
            content[wire.OWN] = self.own
        return Message(content, reply_to=message)


def train(app: ClientApp, message: Message, context: Context, even: bool) -> Trained:
    """Let the app train as if the message were a plain one. `even`: every client counts the same."""
    old, kind = messages.arrays_of(message.content[wire.ARRAYS]), message.metadata.message_type
    message.metadata.message_type = messages.TRAIN
    try:
        reply = app(message, context)
        report = messages.read_train_reply(reply)
    finally:
        message.metadata.message_type = kind
    loss = 0.0 if isnan(report.loss) else report.loss  # a client that keeps its loss to itself
    return Trained(flat(report.arrays, old), 1.0 if even else float(report.examples), loss, reply.content.get(wire.OWN))


def flat(arrays: messages.Arrays, old: messages.Arrays) -> NDArray[np.float64]:
    """The difference of two models as one vector [d], arrays in the order of their names."""
    return np.concatenate([np.subtract(arrays[name], old[name], dtype=np.float64).reshape(-1) for name in sorted(arrays)])


def some(values: NDArray[np.float64]) -> tuple[float, ...]:
    """At most `SEEN` values of a vector, evenly spread."""
    return tuple(values[np.linspace(0, len(values) - 1, min(SEEN, len(values))).astype(int)].tolist())


def _packed(shares: Collection[int]) -> list[bytes]:
    return [share_bytes(share) for share in shares]


def _reply(message: Message, values: Mapping[str, Any]) -> Message:
    return Message(RecordDict({wire.SECURE: ConfigRecord(dict(values))}), reply_to=message)

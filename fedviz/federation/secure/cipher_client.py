"""The clients' side of homomorphic sums over Flower: an app that trains becomes one that encrypts its update, and decrypts a sum once a round.

Encrypted is `[weight x update, weight / 64, weight x loss / 64]`, arrays in the order of their names: the server learns the three sums. The secret key is
the same for all clients, and lies in their memory alone: it stands in no message, no checkpoint and no Flower context.
"""

from dataclasses import dataclass

from flwr.app import Context, Message, RecordDict
from flwr.clientapp import ClientApp

from fedviz.core.errors import RunError
from fedviz.federation import messages, wire
from fedviz.federation.secure import ckks
from fedviz.federation.secure.client import OnSight, Sight, some, train

TALLY = 1 / 64
"""Weights and losses are sent in these units, since the sum of many texts is larger than any sum of updates."""
HEAD = 24
"""Bytes of a ciphertext that a viewer is shown as they are."""


@dataclass(frozen=True)
class CipherSettings:
    """What clients and server agree on before a run: how many clients a sum has at most, and whether every client counts the same."""

    clients: int
    even: bool


def encrypting(app: ClientApp, keys: ckks.Keys, settings: CipherSettings, on_sight: OnSight = lambda sight: None) -> None:
    """Let an app of clients answer encrypted, too. A second sum in the same round is refused by an error."""
    done: dict[int, int] = {}

    @app.train("encrypted")
    def _encrypted(message: Message, context: Context) -> Message:
        trained = train(app, message, context, settings.even)
        cipher = keys.encrypt(ckks.encode(trained.values(TALLY), settings.clients))
        number, client = int(message.content[wire.CONFIG][wire.ROUND]), int(context.node_config[wire.PARTITION])
        sent = cipher.reshape(-1)[ckks.HEADER :]
        on_sight(Sight(number, client, some(trained.update), some(sent / 128 - 1), cipher.size, sent[:HEAD].tobytes()))
        return trained.reply(message, {wire.ENCRYPTED: cipher})

    @app.query("decrypt")
    def _decrypt(message: Message, context: Context) -> Message:
        record, client = message.content[wire.SECURE], int(context.node_config[wire.PARTITION])
        number, size = int(record[wire.ROUND]), int(record[wire.VALUES])
        if done.get(client, 0) >= number:
            raise RunError(f"A message of homomorphic sums is refused: it asks client {client} to decrypt another sum of round {number}.")
        done[client] = number
        words = keys.decrypt(messages.arrays_of(message.content[wire.ARRAYS])[wire.ENCRYPTED], size)
        return Message(RecordDict({wire.ARRAYS: messages.array_record({wire.DECRYPTED: words})}), reply_to=message)

"""The server's side of homomorphic sums: a Flower grid that adds the ciphertexts of a round's training and has one client decrypt the sum.

Clients that drop out are missing from the sum and from nothing else: it is exact over those that came, as long as there are two. The client that decrypts is the
first that came, or the next one where it fails.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from flwr.app import ConfigRecord, Message, RecordDict

from fedviz.core.errors import RunError
from fedviz.federation import messages, wire
from fedviz.federation.secure import ckks
from fedviz.federation.secure.cipher_client import TALLY
from fedviz.federation.secure.sums import MalformedError, Step, SumGrid, number_of


class CipherGrid(SumGrid):
    """A grid over another one; messages other than those of training pass through. `parameters`: those of the clients' keys, without any key; `least`: how many clients a sum has."""

    def __init__(self, inner: Any, parameters: bytes, least: int, on_step: Callable[[Step], None] = lambda step: None) -> None:
        super().__init__(inner, least, on_step)
        self._parameters = parameters

    def _sum(self, orders: list[Message]) -> Message:
        number, self._reason = number_of(orders), ""
        old = messages.arrays_of(orders[0].content[wire.ARRAYS])
        size = sum(values.size for values in old.values()) + 2
        for order in orders:
            order.metadata.message_type = wire.CIPHER_TRAIN
        adder = ckks.Adder(self._parameters, size)
        came = list(self._ask("encrypted", number, orders, lambda client, reply: adder.add(messages.arrays_of(reply.content[wire.ARRAYS])[wire.ENCRYPTED])))
        words = self._decrypted(number, adder.total(), size, came)
        sums = ckks.decode(words)
        sums[-2:] /= TALLY
        return self._reply(orders, old, came, sums)

    def _decrypted(self, number: int, total: ckks.Cipher, size: int, came: list[int]) -> ckks.Words:
        """The sum in the clear, from the first client that can tell it."""
        content = {wire.ARRAYS: messages.array_record({wire.ENCRYPTED: total}), wire.SECURE: ConfigRecord({wire.ROUND: number, wire.VALUES: size})}
        self._reason = ""  # that of a client that is missing from the sum is not the reason that nobody decrypts it
        for client in came:
            question = Message(RecordDict(dict(content)), dst_node_id=messages.node_of(client), message_type=wire.CIPHER_DECRYPT, group_id=str(number))
            answers = self._ask("decrypt", number, [question], lambda client, reply: _read_sum(reply, size), least=0)
            if answers:
                return answers[client]
        why = f"; the first reason: {self._reason}" if self._reason else ""
        raise RunError(f"Round {number} has no client that could decrypt the sum{why}")


def _read_sum(reply: Message, size: int) -> ckks.Words:
    words = messages.arrays_of(reply.content[wire.ARRAYS])[wire.DECRYPTED]
    if words.dtype != np.int64 or words.shape != (size,):
        raise MalformedError("a sum has one integer for each weight and two more")
    return words

"""The server's side: a Flower grid that turns the replies to a round's training into one, which holds their weighted mean.

Four steps, as in the paper: keys, shares, masked inputs, unmasking. Who fails in a step takes no part in the later ones; the sum is exact over those
whose masked input arrived, as long as every step keeps at least the threshold of clients.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from flwr.app import ConfigRecord, Message, RecordDict

from fedviz.core.errors import RunError
from fedviz.federation import messages, wire
from fedviz.federation.secure import fixed_point, keys, masks, shamir
from fedviz.federation.secure.party import PublicKeys, share_of
from fedviz.federation.secure.sums import MalformedError, SumGrid, number_of


class SecureGrid(SumGrid):
    """A grid over another one; messages other than those of training pass through. `threshold`: how many clients every step must keep."""

    def _sum(self, orders: list[Message]) -> Message:
        number, self._reason = number_of(orders), ""
        old = messages.arrays_of(orders[0].content[wire.ARRAYS])
        by_client = {messages.client_of(order.metadata.dst_node_id): order for order in orders}

        def query(kind: str, contents: Mapping[int, Mapping[str, Any]]) -> list[Message]:
            return [
                Message(RecordDict({wire.SECURE: ConfigRecord({wire.ROUND: number, **content})}), dst_node_id=messages.node_of(client), message_type=kind, group_id=str(number))
                for client, content in contents.items()
            ]

        public = self._ask("keys", number, query(wire.SECURE_KEYS, {client: {} for client in by_client}), _read_keys)
        listed = {wire.CLIENTS: list(public), wire.SEAL_KEYS: [one.seal for one in public.values()], wire.MASK_KEYS: [one.mask for one in public.values()]}
        sealed = self._ask("shares", number, query(wire.SECURE_SHARES, dict.fromkeys(public, listed)), lambda client, reply: _read_sealed(reply, set(public) - {client}))
        for client in sealed:
            for_it = {sender: texts[client] for sender, texts in sealed.items() if sender != client}
            record = ConfigRecord({wire.ROUND: number, wire.CLIENTS: list(for_it), wire.SEALED: list(for_it.values())})
            by_client[client].content = RecordDict({**by_client[client].content, wire.SECURE: record})  # Flower gives all orders the same content
            by_client[client].metadata.message_type = wire.SECURE_TRAIN
        total = np.zeros(sum(values.size for values in old.values()) + 2, np.uint64)
        survivors = list(self._ask("masked", number, [by_client[client] for client in sealed], lambda client, reply: _add_up(reply, total)))
        dropped = [client for client in sealed if client not in survivors]
        last = query(wire.SECURE_UNMASK, dict.fromkeys(survivors, {wire.SURVIVORS: survivors}))
        shares = self._ask("unmask", number, last, lambda client, reply: _read_shares(reply, survivors, dropped))
        self._lift(total, number, shares, survivors, dropped, public)
        return self._reply(orders, old, survivors, fixed_point.decode(total))

    def _lift(
        self,
        total: fixed_point.Words,
        number: int,
        shares: Mapping[int, "_Shares"],
        survivors: list[int],
        dropped: list[int],
        public: Mapping[int, PublicKeys],
    ) -> None:
        """Take the survivors' own masks from the sum, and what they share with those that dropped out."""
        for client in survivors:
            secret = shamir.join({helper + 1: own[client] for helper, (own, _) in shares.items()}, self._threshold)
            masks.apply_own(total, _secret(secret), number, add=False)
        for client in dropped:
            secret = _secret(shamir.join({helper + 1: mask[client] for helper, (_, mask) in shares.items()}, self._threshold))
            if keys.key_pair(secret).public != public[client].mask:
                raise RunError("The shares of secure aggregation do not fit together.")
            masks.apply_shared(total, client, secret, [(other, public[other].mask) for other in survivors], number, add=True)


_Shares = tuple[dict[int, int], dict[int, int]]


def _secret(value: int) -> bytes:
    try:
        return value.to_bytes(keys.KEY_BYTES, "big")
    except OverflowError:
        raise RunError("The shares of secure aggregation do not fit together.") from None


def _read_keys(client: int, reply: Message) -> PublicKeys:
    record = reply.content[wire.SECURE]
    public = PublicKeys(record[wire.SEAL_KEYS], record[wire.MASK_KEYS])
    if {len(public.seal), len(public.mask)} != {keys.KEY_BYTES}:
        raise MalformedError("keys have 32 bytes")
    return public


def _read_sealed(reply: Message, others: set[int]) -> dict[int, bytes]:
    record = reply.content[wire.SECURE]
    sealed = dict(zip(record[wire.CLIENTS], record[wire.SEALED], strict=True))
    if set(sealed) != others:
        raise MalformedError("there must be shares for every other client")
    return sealed


def _add_up(reply: Message, total: fixed_point.Words) -> None:
    words = messages.arrays_of(reply.content[wire.ARRAYS])[wire.MASKED]
    if words.dtype != total.dtype or words.shape != total.shape:
        raise MalformedError("a masked vector has one integer for each weight and two more")
    np.add(total, words, out=total)


def _read_shares(reply: Message, survivors: list[int], dropped: list[int]) -> _Shares:
    record = reply.content[wire.SECURE]
    own = dict(zip(record[wire.SURVIVORS], map(share_of, record[wire.OWN_SHARES]), strict=True))
    mask = dict(zip(record.get(wire.CLIENTS, []), map(share_of, record.get(wire.KEY_SHARES, [])), strict=True))
    if set(own) != set(survivors) or set(mask) != set(dropped):
        raise MalformedError("there must be one share for every client")
    return own, mask

"""One client's part in one round of secure aggregation: a machine of steps, each of which happens once and in its order.

What it holds is secret and lives until the client takes part in another round, or the run ends: it stands in no message, no checkpoint and no Flower context.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fedviz.core.errors import RunError
from fedviz.federation.secure import fixed_point, keys, masks, shamir

NEXT = {"keys": "shares", "shares": "sealed shares", "sealed shares": "masked", "masked": "unmask", "unmask": "nothing more"}
"""What may follow each step of the protocol; training lies between the sealed shares and the masked values."""


@dataclass(frozen=True)
class PublicKeys:
    """What a client shows to all: the key for sealing shares to it, and the key of the masks that it shares. 32 bytes each."""

    seal: bytes
    mask: bytes


class Party:
    """The secrets of a client in a round. `threshold` is how many must help to lift a mask; every method may be called once, in the order they stand here."""

    def __init__(self, client: int, round_number: int, threshold: int, source: keys.Source) -> None:
        self.client, self.round = client, round_number
        self._threshold, self._source, self._step = threshold, source, "keys"
        self._seal, self._mask = keys.key_pair(source(keys.KEY_BYTES)), keys.key_pair(source(keys.KEY_BYTES))
        self._own = source(keys.KEY_BYTES)
        self._known: dict[int, PublicKeys] = {}
        self._held: dict[int, tuple[int, int]] = {}

    def keys(self) -> PublicKeys:
        """The first step: the public keys."""
        self._enter("keys")
        return PublicKeys(self._seal.public, self._mask.public)

    def shares(self, known: Mapping[int, PublicKeys]) -> dict[int, bytes]:
        """The second: a sealed pair of shares for each other client, of the own mask's secret and of the private mask key."""
        self._enter("shares")
        if known.get(self.client) != PublicKeys(self._seal.public, self._mask.public) or len(set(known.values())) < len(known):
            raise RunError("A list of keys of secure aggregation is refused: a client's own keys are not in it, or two clients have the same.")
        self._enough(len(known))
        points = [client + 1 for client in known]
        own, mask = (
            shamir.split(int.from_bytes(secret, "big"), self._threshold, points, lambda: keys.element(self._source)) for secret in (self._own, self._mask.private)
        )
        self._known = dict(known)
        self._held[self.client] = own[self.client + 1], mask[self.client + 1]
        return {
            other: keys.seal(self._seal.private, public.seal, self._path(self.client, other), share_bytes(own[other + 1]) + share_bytes(mask[other + 1]))
            for other, public in known.items()
            if other != self.client
        }

    def open(self, sealed: Mapping[int, bytes]) -> None:
        """The third: take the sealed shares of the other clients that still take part."""
        self._enter("sealed shares")
        if self.client in sealed or not set(sealed) <= set(self._known):
            raise RunError("A list of sealed shares of secure aggregation is refused: it names a client that does not take part.")
        self._enough(len(sealed) + 1)
        for other, text in sealed.items():
            pair = keys.unseal(self._seal.private, self._known[other].seal, self._path(other, self.client), text)
            self._held[other] = share_of(pair[: shamir.SHARE_BYTES]), share_of(pair[shamir.SHARE_BYTES :])

    def masked(self, values: NDArray[np.float64]) -> fixed_point.Words:
        """The fourth: the values [d] as integers under all masks [d]."""
        self._enter("masked")
        words = fixed_point.encode(values, len(self._held))
        masks.apply_own(words, self._own, self.round, add=True)
        masks.apply_shared(words, self.client, self._mask.private, [(other, self._known[other].mask) for other in self._held if other != self.client], self.round, add=True)
        return words

    def unmask(self, survivors: Sequence[int]) -> tuple[dict[int, int], dict[int, int]]:
        """The last: shares of the survivors' own masks, and of the mask keys of those that dropped out. Never both of one client."""
        self._enter("unmask")
        if self.client not in survivors or len(set(survivors)) != len(survivors) or not set(survivors) <= set(self._held):
            raise RunError("A list of survivors of secure aggregation is refused: it must name this client, and only clients that take part.")
        self._enough(len(survivors))
        own = {client: self._held[client][0] for client in survivors}
        return own, {client: mask for client, (_, mask) in self._held.items() if client not in own}

    def _enter(self, step: str) -> None:
        if step != self._step:
            raise RunError(f"A message of secure aggregation is refused: client {self.client} expects {self._step} in round {self.round}, but got {step}.")
        self._step = NEXT[step]

    def _enough(self, clients: int) -> None:
        if clients < self._threshold:
            raise RunError(f"Secure aggregation needs {self._threshold} clients in every step, but only {clients} are left.")

    def _path(self, sender: int, receiver: int) -> str:
        return f"{self.round}/{sender}/{receiver}"


def share_bytes(share: int) -> bytes:
    """A share as bytes."""
    return share.to_bytes(shamir.SHARE_BYTES, "big")


def share_of(text: bytes) -> int:
    """The share of such bytes; `RunError` where they are none."""
    value = int.from_bytes(text, "big")
    if len(text) != shamir.SHARE_BYTES or value >= shamir.PRIME:
        raise RunError("A share of secure aggregation is damaged.")
    return value

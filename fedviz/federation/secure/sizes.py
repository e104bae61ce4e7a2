"""How many bytes a round of secure aggregation sends, as Flower counts them, where no client drops out."""

from fedviz.federation import wire
from fedviz.federation.npy import npy_bytes
from fedviz.federation.secure import ckks
from fedviz.federation.secure.keys import KEY_BYTES
from fedviz.federation.secure.shamir import SHARE_BYTES

_NUMBER, _TAG = 8, 16
"""Bytes of a number in a record, and of a seal's signature."""


def vector_bytes(protocol: str, weights: int) -> int:
    """Bytes in which one client sends so many weights of its update under a protocol, and its weight and loss with them."""
    if protocol == "ckks":
        return len(wire.ENCRYPTED) + npy_bytes("|u1", (ckks.chunks(weights + 2), ckks.CIPHER_BYTES))
    return len(wire.MASKED) + npy_bytes("<u8", (weights + 2,))


def round_bytes(protocol: str, clients: int, weights: int) -> tuple[int, int]:
    """Bytes (from the clients, to them) of one round, the hidden vectors instead of models; the orders to train themselves are not counted."""
    vector = vector_bytes(protocol, weights)
    if protocol == "ckks":
        decrypted = len(wire.DECRYPTED) + npy_bytes("<i8", (weights + 2,))
        return clients * vector + decrypted, vector + len(wire.ROUND) + len(wire.VALUES) + 2 * _NUMBER
    keys = len(wire.SEAL_KEYS) + len(wire.MASK_KEYS) + 2 * KEY_BYTES
    sealed = len(wire.CLIENTS) + len(wire.SEALED) + (clients - 1) * (_NUMBER + 2 * SHARE_BYTES + _TAG)
    unmask = len(wire.SURVIVORS) + len(wire.OWN_SHARES) + clients * (_NUMBER + SHARE_BYTES)
    listed = len(wire.CLIENTS) + len(wire.SEAL_KEYS) + len(wire.MASK_KEYS) + clients * (_NUMBER + 2 * KEY_BYTES)
    survivors = len(wire.SURVIVORS) + clients * _NUMBER
    down = 4 * (len(wire.ROUND) + _NUMBER) + listed + sealed + survivors
    return clients * (keys + sealed + vector + unmask), clients * down

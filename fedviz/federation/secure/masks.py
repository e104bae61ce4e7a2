"""Masks: vectors of integers modulo 2^64 that look random to whoever lacks the key.

Client u adds to its vector a mask of its own, and for every other client v one that both know: u adds it where u < v and subtracts it where
u > v. In the sum of all clients the shared masks cancel.
"""

from collections.abc import Iterable

import numpy as np
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from fedviz.federation.secure.fixed_point import Words
from fedviz.federation.secure.keys import agreed, derived

_CHUNK = 2**17
"""Words that a mask makes at a time: 1 MiB, so that it costs no second vector of the model's size."""


def apply_mask(words: Words, key: bytes, add: bool) -> None:
    """Add to words [d], or subtract from them, the stream of a key (AES-256 in counter mode, little-endian), in place and modulo 2^64."""
    stream = Cipher(algorithms.AES(key), modes.CTR(bytes(16))).encryptor()  # each key makes one stream, so the counter may start at 0
    zeros, buffer = bytes(8 * min(_CHUNK, len(words))), bytearray(8 * min(_CHUNK, len(words)) + 15)
    operation = np.add if add else np.subtract
    for start in range(0, len(words), _CHUNK):
        part = words[start : start + _CHUNK]
        stream.update_into(zeros[: 8 * len(part)], buffer)
        operation(part, np.frombuffer(buffer, "<u8", len(part)), out=part)


def apply_own(words: Words, secret: bytes, round_number: int, add: bool) -> None:
    """Add or subtract the mask of a client's own secret."""
    apply_mask(words, derived(secret, f"own mask/{round_number}"), add)


def apply_shared(words: Words, client: int, private: bytes, others: Iterable[tuple[int, bytes]], round_number: int, add: bool) -> None:
    """Add, or take away again, the masks that a client shares with others, given as (client, public key)."""
    for other, public in others:
        low, high = sorted((client, other))
        apply_mask(words, agreed(private, public, f"shared mask/{round_number}/{low}/{high}"), add == (client < other))

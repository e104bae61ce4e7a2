"""Keys of secure aggregation: X25519 for agreeing on secrets, HKDF-SHA256 for turning them into keys, ChaCha20-Poly1305 for sealing shares.

A `Source` gives random bytes. **A deployment takes them from the operating system (`os.urandom`). Here they are derived from the run's seed, so
that a run repeats to the bit: whoever knows the seed can lift every mask.**
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from fedviz.core.errors import RunError
from fedviz.federation.secure import shamir

Source = Callable[[int], bytes]
KEY_BYTES = 32
_NONCE = bytes(12)
"""Every key seals one message only, so that the nonce need not differ."""


def seeded(seed: int) -> Source:
    """Bytes that follow from a seed (SHAKE-256 of the seed and a counter), for a demonstration that repeats; never for a deployment."""
    drawn = 0

    def draw(count: int) -> bytes:
        nonlocal drawn
        drawn += 1
        return hashlib.shake_256(f"{seed}/{drawn}".encode()).digest(count)

    return draw


def element(source: Source) -> int:
    """An element of Shamir's field; all are equally likely, since what falls outside is drawn again."""
    while True:
        value = int.from_bytes(source(shamir.SHARE_BYTES), "big") >> (8 * shamir.SHARE_BYTES - shamir.PRIME.bit_length())
        if value < shamir.PRIME:
            return value


@dataclass(frozen=True)
class KeyPair:
    """An X25519 key pair of 32 bytes each."""

    private: bytes
    public: bytes


def key_pair(private: bytes) -> KeyPair:
    """The pair of a private key of 32 random bytes."""
    public = X25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw()
    return KeyPair(private, public)


def agreed(private: bytes, public: bytes, purpose: str) -> bytes:
    """The key of 32 bytes that both ends of a pair compute for a purpose; `RunError` where the other's key is none."""
    try:
        secret = X25519PrivateKey.from_private_bytes(private).exchange(X25519PublicKey.from_public_bytes(public))
    except ValueError:
        raise RunError("A public key of secure aggregation is damaged.") from None
    return derived(secret, purpose)


def derived(secret: bytes, purpose: str) -> bytes:
    """A key of 32 bytes for one purpose (HKDF-SHA256)."""
    return HKDF(algorithm=hashes.SHA256(), length=KEY_BYTES, salt=None, info=f"fedviz secure aggregation/{purpose}".encode()).derive(secret)


def seal(private: bytes, public: bytes, path: str, text: bytes) -> bytes:
    """Encrypt and sign a text for the holder of `public`; `path` names round, sender and receiver, and is part of the key."""
    return ChaCha20Poly1305(agreed(private, public, f"seal/{path}")).encrypt(_NONCE, text, path.encode())


def unseal(private: bytes, public: bytes, path: str, sealed: bytes) -> bytes:
    """What `seal` closed; `RunError` where it was changed, or made for another round, sender or receiver."""
    try:
        return ChaCha20Poly1305(agreed(private, public, f"seal/{path}")).decrypt(_NONCE, sealed, path.encode())
    except InvalidTag:
        raise RunError("A sealed share of secure aggregation was changed on its way, or belongs to another round.") from None

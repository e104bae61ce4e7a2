"""Names that can be compared and not read: keyed HMAC, or blinding by a secret of each party.

**Keyed.** All parties share a key, the server lacks it: `HMAC-SHA256(key, name)` (RFC 2104). Whoever gets hold of the key, or of one party that
lends it, can hash every name of a dictionary and compare: a leaked key shows all names that can be guessed.

**Blinded.** Diffie-Hellman private set intersection (Meadows 1986, IEEE S&P; Huberman, Franklin and Hogg 1999, EC) over many parties: a name becomes a
point of Curve25519, every party multiplies it by a secret of its own (X25519, RFC 7748), and since the order does not matter, equal names are equal points
once all have done so. A guess can be tested only with the secrets of all parties. openmined-psi, the library for this, pins protobuf to a version that
Flower's environment does not have, and knows two parties at a time.

In both, a party that lies about what it holds can offer a guess and see whether it comes back.
"""

import hashlib
import hmac
import unicodedata
from collections.abc import Sequence

import numpy as np
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from numpy.typing import NDArray

from fedviz.core import seeds
from fedviz.federation.secure.keys import seeded

Tags = NDArray[np.uint8]
"""Tags of names, one a row: [names, bytes]."""
KEYED_BYTES, POINT_BYTES = 16, 32
_PRIME = 2**255 - 19
_A = 486662


def normalised(name: str) -> str:
    """What counts of a name: letters and digits without case, in compatibility form; everything else parts words."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    return " ".join("".join(char if char.isalnum() or unicodedata.category(char)[0] == "M" else " " for char in folded).split())


def triple_name(head: str, relation: str, tail: str) -> str:
    """The name of a triple, from those of its parts."""
    return "\x1f".join(map(normalised, (head, relation, tail)))


def shared_key(seed: int) -> bytes:
    """The parties' key. It follows from the seed, so that a demonstration repeats; a deployment draws it and keeps it from the server."""
    return seeded(seeds.derive(seed, "together", "key"))(32)


def own_secret(seed: int, client: int) -> bytes:
    """A party's secret scalar, from the seed as the key is."""
    return seeded(seeds.derive(seed, "together", "secret", client))(32)


def keyed(key: bytes, names: Sequence[str]) -> Tags:
    """The HMAC of each name [names, 16]."""
    return _rows([hmac.digest(key, name.encode(), "sha256")[:KEYED_BYTES] for name in names], KEYED_BYTES)


def points(names: Sequence[str]) -> Tags:
    """Each name as a point of Curve25519 [names, 32]: hashes are tried until one is the x-coordinate of the curve and not of its twist, which anybody could tell apart."""
    return _rows([_point(name) for name in names], POINT_BYTES)


def blinded(secret: bytes, tags: Tags) -> Tags:
    """Points multiplied by a secret. Blinding with several secrets gives the same in any order."""
    scalar = X25519PrivateKey.from_private_bytes(secret)
    return _rows([scalar.exchange(X25519PublicKey.from_public_bytes(row.tobytes())) for row in tags], POINT_BYTES)


def _point(name: str) -> bytes:
    number = 0
    while True:
        digest = hashlib.sha256(number.to_bytes(4, "big") + name.encode()).digest()
        x = int.from_bytes(digest, "little") & (2**255 - 1)
        if x < _PRIME and pow(x * (x * x + _A * x + 1), (_PRIME - 1) // 2, _PRIME) == 1:
            return x.to_bytes(POINT_BYTES, "little")
        number += 1


def _rows(found: list[bytes], width: int) -> Tags:
    return np.frombuffer(b"".join(found), np.uint8).reshape(len(found), width)

"""A fixed direction for every entity: hashed signs, so that nothing is fitted and nothing has to be shared.

A random projection keeps inner products on average (Johnson and Lindenstrauss 1984; signs: Achlioptas, Database-friendly random projections,
2003). The sign vectors of two entities are nearly orthogonal, by about 1 / sqrt(dimensions).
"""

import hashlib
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

_BITS = 512  # of one BLAKE2b digest


@lru_cache(maxsize=65_536)
def direction(entity: str, dimensions: int) -> NDArray[np.float32]:
    """Unit vector [dimensions] of signs / sqrt(dimensions), a function of the entity's id alone: equal on every client, machine and version."""
    digests = b"".join(hashlib.blake2b(f"{part}:{entity}".encode(), digest_size=64).digest() for part in range(-(-dimensions // _BITS)))
    bits = np.unpackbits(np.frombuffer(digests, np.uint8))[:dimensions]
    vector = (2.0 * bits - 1.0).astype(np.float32) / np.float32(np.sqrt(max(dimensions, 1)))
    vector.setflags(write=False)
    return vector

"""Randomness as an argument: every generator is derived from the run's seed and a path of names.

The same (root, path) gives the same stream on every machine and engine, and two paths give independent streams
(the path is hashed with BLAKE2b, so that `("client", 1, 11)` and `("client", 11, 1)` differ). Nobody seeds a global
generator. Source of the scheme: JAX's `fold_in`; independence by hashing as in NumPy's `SeedSequence`.
"""

import hashlib

import numpy as np


def derive(root: int, *path: str | int) -> int:
    """A 63-bit seed for `path` under `root` (63 bits, because torch and SQLite take signed integers)."""
    words = [repr(int(root))] + [f"{type(part).__name__}:{part}" for part in path]
    digest = hashlib.blake2b("\x1f".join(words).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little") >> 1


def generator(root: int, *path: str | int) -> np.random.Generator:
    """A NumPy generator (PCG64) for `path` under `root`."""
    return np.random.default_rng(derive(root, *path))

"""Small whole numbers as bits: `np.packbits`, one plane of bits after the other."""

import numpy as np
from numpy.typing import NDArray


def packed_bytes(count: int, bits: int) -> int:
    """Bytes of so many numbers of so many bits: every plane is filled up to a whole byte."""
    return bits * -(-count // 8)


def pack(codes: NDArray[np.uint16], bits: int) -> NDArray[np.uint8]:
    """Numbers [n] below `2**bits` as bytes [`packed_bytes(n, bits)`]."""
    return np.concatenate([np.packbits((codes >> plane & 1).astype(np.uint8)) for plane in range(bits)])


def unpack(packed: NDArray[np.uint8], count: int, bits: int) -> NDArray[np.uint16]:
    """The numbers [count] of `pack`."""
    codes = np.zeros(count, np.uint16)
    for plane, octets in enumerate(packed.reshape(bits, -1)):
        codes |= np.unpackbits(octets, count=count).astype(np.uint16) << plane
    return codes

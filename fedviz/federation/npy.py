"""How many bytes `np.save` writes for an array, without writing it."""

import io
import math
from functools import lru_cache

import numpy as np


@lru_cache(maxsize=4096)
def npy_bytes(dtype: str, shape: tuple[int, ...], fortran: bool = False) -> int:
    """Header and values of an array of this type ("<f4") and shape; `fortran` for column-major memory."""
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": dtype, "fortran_order": fortran, "shape": shape})
    return header.tell() + np.dtype(dtype).itemsize * math.prod(shape)

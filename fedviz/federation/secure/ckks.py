"""Homomorphic sums: a server adds vectors that it cannot read (CKKS: Cheon, Kim, Kim and Song 2017, Asiacrypt; by TenSEAL over Microsoft SEAL).

Ring of degree 8192, one prime of 60 bits for the values and one that the library wants beside it: 120 bits in all, of the 218 at which the
Homomorphic Encryption Standard (2018) still sees 128 bits of security. A ciphertext holds 4096 numbers at the scale 2^41 and has 131,217 bytes.

CKKS is approximate: what is decrypted carries noise. So clients round to multiples of 2^-24 before they encrypt, and whoever decrypts rounds again. The noise
of a sum (its standard deviation is about 2^-9 of a multiple for one client) is then gone, which has two uses: a run repeats to the bit though every ciphertext is
fresh, and the key is kept, since the noise of a decrypted sum would give it away to whoever knows the ciphertext (Li and Micciancio 2021, Eurocrypt).
"""

from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fedviz.core.errors import RunError

Words = NDArray[np.int64]
Cipher = NDArray[np.uint8]
"""Ciphertexts as they travel [chunks, CIPHER_BYTES]."""

DEGREE, PRIMES, SCALE = 8192, (60, 60), 2.0**41
SLOTS = DEGREE // 2
CIPHER_BYTES, HEADER = 131_217, 133
"""Bytes of a ciphertext as TenSEAL writes it, and how many of them come before the first coefficient."""
FRACTION_BITS = 24
_ONE = 2.0**FRACTION_BITS
_LARGEST = 2.0**17
"""What a sum stays below: with the scale 2^58, half of what the prime of 60 bits can tell apart by its sign."""
_OFF = 0.25
"""How far from a whole number a decrypted value may lie; a hundred clients' noise has a standard deviation of 0.02."""


def chunks(size: int) -> int:
    """How many ciphertexts hold so many values."""
    return -(-size // SLOTS)


def bound(clients: int) -> float:
    """How large a value may be, so that the sum of so many can be read."""
    return _LARGEST / clients


def encode(values: NDArray[np.float64], clients: int) -> Words:
    """Values [d] as whole multiples of 2^-24 [d], one of `clients` summands; `RunError` where one is too large or not finite."""
    wrong = ~(np.abs(values) < bound(clients))
    if wrong.any():
        raise RunError(f"Homomorphic sums of {clients} clients need every value of an update times its weight below {bound(clients):g}, but got {values[wrong][0]:g}.")
    return np.rint(values * _ONE).astype(np.int64)


def decode(words: Words) -> NDArray[np.float64]:
    """Whole multiples of 2^-24 [d] as values [d]."""
    return words / _ONE


class Keys:
    """The secret key that all clients of a run share and the server lacks, fresh from the operating system's randomness: it follows from no seed."""

    def __init__(self) -> None:
        library = _library()
        self._context = library.context(
            library.SCHEME_TYPE.CKKS, DEGREE, coeff_mod_bit_sizes=list(PRIMES), encryption_type=library.ENCRYPTION_TYPE.SYMMETRIC, n_threads=1
        )
        self._context.global_scale = SCALE

    def parameters(self) -> bytes:
        """What the server is given: degree and primes, and no key of any kind."""
        return self._context.serialize(save_public_key=False, save_secret_key=False, save_galois_keys=False, save_relin_keys=False)

    def encrypt(self, words: Words) -> Cipher:
        """Words [d] as ciphertexts [chunks, CIPHER_BYTES], the last one filled up with zeros."""
        library, padded = _library(), np.zeros((chunks(len(words)), SLOTS))
        padded.reshape(-1)[: len(words)] = decode(words)
        return _rows([library.ckks_vector(self._context, row).serialize() for row in padded])

    def decrypt(self, cipher: Cipher, size: int) -> Words:
        """The words of a sum [size]; `RunError` where it is none of words that were encrypted with this key."""
        if cipher.dtype != np.uint8 or cipher.shape != (chunks(size), CIPHER_BYTES):
            raise RunError(f"A sum of {size} values must come as {chunks(size)} ciphertexts of {CIPHER_BYTES} bytes, but got an array of shape {cipher.shape}.")
        scaled = np.concatenate([vector.decrypt() for vector in _read(self._context, cipher)])[:size] * _ONE
        words = np.rint(scaled)
        if not (np.abs(scaled - words) < _OFF).all() or np.abs(words).max(initial=0.0) > bound(1) * _ONE:
            raise RunError("The sum of the clients' ciphertexts cannot be decrypted: one of them is damaged, or was made with another key.")
        return words.astype(np.int64)


class Adder:
    """The server's side: adds the ciphertexts of clients without any key. `parameters`: those of the clients' `Keys`; `size`: values of a vector."""

    def __init__(self, parameters: bytes, size: int) -> None:
        self._context, self._chunks = _library().context_from(parameters), chunks(size)
        self._total: list[Any] = []

    @property
    def holds_secret_key(self) -> bool:
        """Whether it could decrypt what it adds."""
        return self._context.has_secret_key()

    def add(self, cipher: Cipher) -> None:
        """Add one client's ciphertexts, all or none of them; `RunError` where they are not of this sum."""
        if cipher.dtype != np.uint8 or cipher.shape != (self._chunks, CIPHER_BYTES):
            raise RunError(f"A client must send {self._chunks} ciphertexts of {CIPHER_BYTES} bytes, but got an array of shape {cipher.shape}.")
        vectors = _read(self._context, cipher)
        try:
            self._total = [total + vector for total, vector in zip(self._total, vectors, strict=True)] if self._total else vectors
        except (ValueError, RuntimeError):
            raise RunError("A client's ciphertexts are not of the scale of the others.") from None

    def total(self) -> Cipher:
        """The sum as ciphertexts [chunks, CIPHER_BYTES]; nobody without the key can read it."""
        return _rows([vector.serialize() for vector in self._total])


def _read(context: Any, cipher: Cipher) -> list[Any]:
    try:
        vectors = [_library().ckks_vector_from(context, row.tobytes()) for row in cipher]
    except (ValueError, RuntimeError):
        raise RunError("A ciphertext of homomorphic sums is damaged, or was made with other parameters.") from None
    if any(vector.size() != SLOTS for vector in vectors):
        raise RunError(f"A ciphertext of homomorphic sums must hold {SLOTS} values.")
    return vectors


def _rows(texts: list[bytes]) -> Cipher:
    return np.frombuffer(b"".join(texts), np.uint8).reshape(len(texts), -1)


def installed() -> bool:
    """Whether TenSEAL is there; looking does not load it."""
    return find_spec("tenseal") is not None


def _library() -> Any:
    """TenSEAL, of which not every platform has a build; it loads where it is used and nowhere else."""
    try:
        import tenseal
    except ImportError:
        raise RunError("Homomorphic sums need the library TenSEAL, which is not installed here: pip install tenseal==0.3.18, or choose masks.") from None
    return tenseal

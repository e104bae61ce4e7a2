"""Frozen activations, computed once: a bounded memory of the process that a second run finds filled."""

import threading
from collections import OrderedDict
from collections.abc import Hashable

from torch import Tensor

LIMIT_BYTES = 512 * 2**20


class ActivationCache:
    """Tensors by key, the least recently used forgotten first once `limit_bytes` are exceeded. Safe between threads.

    A learner keeps hold of what it needs itself, so forgetting never breaks a run; it only costs the next one time.
    """

    def __init__(self, limit_bytes: int = LIMIT_BYTES) -> None:
        self.limit_bytes = limit_bytes
        self._lock = threading.Lock()
        self._entries: OrderedDict[Hashable, Tensor] = OrderedDict()
        self._bytes = 0

    def get(self, key: Hashable) -> Tensor | None:
        """The tensor of that key, or None; counts as a use."""
        with self._lock:
            if key not in self._entries:
                return None
            self._entries.move_to_end(key)
            return self._entries[key]

    def put(self, key: Hashable, value: Tensor) -> None:
        """Remember `value`, which must own its memory (not be a view of something larger)."""
        with self._lock:
            if key in self._entries:
                return
            self._entries[key] = value
            self._bytes += value.nbytes
            while self._bytes > self.limit_bytes and len(self._entries) > 1:
                self._bytes -= self._entries.popitem(last=False)[1].nbytes

    @property
    def held_bytes(self) -> int:
        """Bytes of all remembered tensors."""
        return self._bytes

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._entries.clear()
            self._bytes = 0


SHARED = ActivationCache()
"""The process's own: keyed by weights, cut and precision, and tokens."""

"""Keeps the books of a run: what every message held, by name, type, shape and bytes, and how many of them each client received and sent.

What a message looks like is written down when it is met for the first time; after that it is only counted. So the journal stays small, and the
ledger of a run (`fedviz.runs.ledger`) rests on the messages themselves and not on a list that somebody wrote.
"""

import hashlib
import threading
from collections.abc import Iterator
from typing import Any

from flwr.app import ArrayRecord, Message, RecordDict

from fedviz.core.events import MessagesPassed
from fedviz.core.passed import Content, Direction, Entry, Passed
from fedviz.federation.messages import MemoryArray
from fedviz.federation.npy import npy_bytes

MOST = 64
"""Contents that a run describes; messages that look otherwise are only counted, under an empty id."""

_Fact = tuple[str, str, str, tuple[int, ...], int]


class Contents:
    """The books since the last `closed`. Messages may come on several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: dict[tuple[Any, ...], str] = {}
        self._new: list[Content] = []
        self._counts: dict[tuple[int, str], tuple[int, int]] = {}

    def saw(self, client: int, message: Message, direction: Direction) -> int:
        """Enter a message; gives its bytes as Flower counts them."""
        facts = tuple(_facts(message.content))
        size = sum(fact[-1] for fact in facts)
        kind = message.metadata.message_type
        with self._lock:
            content = self._known.get((kind, direction, facts))
            if content is None:
                content = self._describe(kind, direction, facts)
            count, total = self._counts.get((client, content), (0, 0))
            self._counts[client, content] = count + 1, total + size
        return size

    def closed(self, number: int) -> MessagesPassed:
        """What passed since the last time, as an event of that round; the counts begin anew."""
        with self._lock:
            rows = tuple(Passed(client, content, *counts) for (client, content), counts in sorted(self._counts.items()))
            new, self._new, self._counts = tuple(self._new), [], {}
        return MessagesPassed(round=number, contents=new, rows=rows)

    def _describe(self, kind: str, direction: Direction, facts: tuple[_Fact, ...]) -> str:
        if len(self._known) >= MOST:
            return ""
        digest = hashlib.blake2b(repr((kind, direction, facts)).encode(), digest_size=4).hexdigest()
        self._known[kind, direction, facts] = digest
        entries = tuple(Entry(record=record, name=name, type=dtype, shape=shape, bytes=size) for record, name, dtype, shape, size in facts)
        self._new.append(Content(id=digest, message=kind, direction=direction, entries=entries))
        return digest


def _facts(content: RecordDict) -> Iterator[_Fact]:
    """(record, name, type, shape, bytes) of everything in a message; the bytes add up to `messages.content_bytes`."""
    for record, held in content.items():
        for name, value in held.items():
            if not isinstance(held, ArrayRecord):
                dtype, shape = _type(value)
                yield record, name, dtype, shape, type(held)({name: value}).count_bytes()
            elif isinstance(value, MemoryArray):
                array = value.ndarray
                fortran = array.flags.f_contiguous and not array.flags.c_contiguous
                yield record, name, value.dtype, value.shape, len(name) + npy_bytes(array.dtype.str, array.shape, fortran)
            else:
                yield record, name, value.dtype, tuple(value.shape), len(name) + len(value.data)


def _type(value: Any) -> tuple[str, tuple[int, ...]]:
    """The type and shape of what is no array: `int`, `list of bytes`, ..."""
    if isinstance(value, list):
        return f"list of {type(value[0]).__name__}" if value else "list", (len(value),)
    return type(value).__name__, (len(value),) if isinstance(value, str | bytes) else ()
